package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guest agent by a program that answers as virsh 9.0 does. */
class LibvirtAgentTest {
    @TempDir
    Path dir;

    private final List<String> remarks = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private FakeVirsh virsh;

    @BeforeEach
    void start() throws IOException {
        virsh = new FakeVirsh(dir);
    }

    private LibvirtAgent agent(String state) {
        Machine machine = new Machine("mail", FakeVirsh.UUID, "", "", false, List.of());
        return new LibvirtAgent(
                virsh.virsh(),
                new LibvirtDomain(machine, "1", "", state, List.of(), Set.of()),
                new VmDisks.Told() {
                    @Override
                    public void remark(String text) {
                        remarks.add(text);
                    }

                    @Override
                    public void warning(String text) {
                        warnings.add(text);
                    }
                },
                false);
    }

    private LibvirtAgent connected(String freeze, String thaw) throws IOException {
        virsh.answer("domfsfreeze", freeze);
        virsh.answer("domfsthaw", thaw);
        return agent("connected");
    }

    private static String error(String text) {
        return "echo 'error: Unable to freeze filesystems' >&2; echo 'error: " + text + "' >&2; exit 1";
    }

    private List<String> asked() throws IOException {
        return virsh.commands();
    }

    @Test
    void fileSystemsAreHeldForTheMomentOnly() throws Exception {
        LibvirtAgent agent = connected("echo 'Froze 2 filesystem(s)'", "echo 'Thawed 2 filesystem(s)'");
        assertThat(agent.there()).isTrue();
        assertThat(agent.during(() -> assertThat(asked()).containsExactly("domfsfreeze")))
                .isEqualTo(2);
        assertThat(asked()).containsExactly("domfsfreeze", "domfsthaw");
        assertThatThrownBy(() -> agent.during(() -> {
                    throw new IOException("no moment");
                }))
                .hasMessage("no moment");
        assertThat(asked()).endsWith("domfsfreeze", "domfsthaw");
        assertThat(agent.thaw()).isTrue();
        assertThat(asked()).hasSize(4);
        assertThat(warnings).isEmpty();
        assertThat(remarks).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Guest agent is not responding: QEMU guest agent is not connected",
                "internal error: unable to execute QEMU agent command 'guest-fsfreeze-freeze': The command"
                        + " guest-fsfreeze-freeze has been disabled for this instance"
            })
    void whatTheAgentRefusedToHoldIsNotThawedAndTheBackupGoesOn(String answer) throws Exception {
        LibvirtAgent agent = connected(error(answer.replace("'", "`")), "exit 1");
        List<String> made = new ArrayList<>();
        assertThat(agent.during(() -> made.add("moment"))).isZero();
        assertThat(made).containsExactly("moment");
        assertThat(asked()).containsExactly("domfsfreeze");
        assertThat(agent.held()).isFalse();
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains(
                        "were not frozen: virsh domfsfreeze: Unable to freeze filesystems: " + answer.substring(0, 20));
    }

    /** The client's program is killed, its connection lost; libvirt goes on, and freezes later. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill -9 $$",
                "echo 'error: Disconnected from qemu:///system due to end of file' >&2; exit 1",
                "echo 'error: Guest agent is not responding: Guest agent disappeared while executing command' >&2;"
                        + " exit 1"
            })
    void aFreezeWhoseEndIsUnknownIsThawedUntilThatSucceeds(String freeze) throws Exception {
        LibvirtAgent agent = connected(freeze, error("Timed out during operation: cannot acquire state change lock"));
        assertThat(agent.during(() -> {})).isZero();
        assertThat(agent.thaw()).isFalse();
        assertThat(agent.held()).isTrue();
        assertThat(warnings).hasSize(2);
        assertThat(warnings.getFirst()).contains("were not frozen: virsh domfsfreeze: ");
        assertThat(warnings.get(1))
                .contains("mail MAY STILL BE FROZEN", "virsh -c test:///default domfsthaw " + FakeVirsh.UUID);
        virsh.answer("domfsthaw", "echo 'Thawed 2 filesystem(s)'");
        assertThat(agent.thaw()).isTrue();
        assertThat(agent.held()).isFalse();
        assertThat(remarks).singleElement().asString().contains("are thawed now");
        int asked = asked().size();
        assertThat(agent.thaw()).isTrue();
        assertThat(asked()).hasSize(asked);
    }

    @Test
    void commandsEndInTheirTimeAllTogether() throws Exception {
        virsh.answer("backup-begin", "exec sleep 1000");
        Virsh limited = virsh.virsh().within(1);
        assertThatThrownBy(() -> limited.run("backup-begin"))
                .isNotInstanceOf(Virsh.RefusedException.class)
                .hasMessageContaining("backup-begin: libvirt did not answer within 1 s");
        assertThatThrownBy(() -> limited.run("version")).hasMessageContaining("no time is left");
        assertThat(asked()).containsExactly("backup-begin");
    }

    @Test
    void withoutAnAgentThatIsTold() throws Exception {
        assertThat(agent("").there()).isFalse();
        assertThat(remarks).singleElement().asString().contains("what a power failure would leave");
        assertThat(warnings).isEmpty();
        assertThat(agent("disconnected").there()).isFalse();
        assertThat(warnings).singleElement().asString().contains("its guest agent is disconnected", "--no-freeze");
    }
}
