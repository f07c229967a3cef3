package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guest agent by a program that answers as virsh 9.0 does. */
class LibvirtAgentTest {
    @TempDir
    Path dir;

    private final List<String> remarks = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private LibvirtAgent agent(String state, String script) throws IOException {
        Path virsh = dir.resolve("virsh");
        Files.writeString(
                virsh,
                "#!/bin/sh\nshift 3\necho \"$1\" >>" + dir.resolve("log") + "\ncase $1 in\n" + script + "\nesac\n");
        Files.setPosixFilePermissions(virsh, PosixFilePermissions.fromString("rwx------"));
        Machine machine = new Machine("mail", "a13088d4-944a-4e31-92a1-d7a08a4847e9", "", "", false, List.of());
        return new LibvirtAgent(
                new Virsh(virsh, List.of("-c", "test:///default")),
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
                });
    }

    private List<String> asked() throws IOException {
        return Files.readAllLines(dir.resolve("log"));
    }

    @Test
    void fileSystemsAreHeldForTheMomentOnly() throws Exception {
        LibvirtAgent agent = agent("connected", """
                domfsfreeze) echo 'Froze 2 filesystem(s)' ;;
                domfsthaw) echo 'Thawed 2 filesystem(s)' ;;""");
        assertThat(agent.there()).isTrue();
        assertThat(agent.during(() -> assertThat(asked()).containsExactly("domfsfreeze")))
                .isEqualTo(2);
        assertThat(asked()).containsExactly("domfsfreeze", "domfsthaw");
        assertThatThrownBy(() -> agent.during(() -> {
                    throw new IOException("no moment");
                }))
                .hasMessage("no moment");
        assertThat(asked()).endsWith("domfsfreeze", "domfsthaw");
        assertThat(warnings).isEmpty();
        assertThat(remarks).isEmpty();
    }

    @Test
    void anAgentThatDoesNotAnswerIsAWarningAndTheBackupGoesOn() throws Exception {
        LibvirtAgent agent = agent("connected", """
                domfsfreeze) echo 'error: Unable to freeze filesystems' >&2
                  echo 'error: Guest agent is not responding: QEMU guest agent is not connected' >&2; exit 1 ;;
                domfsthaw) exit 1 ;;""");
        List<String> made = new ArrayList<>();
        assertThat(agent.during(() -> made.add("moment"))).isZero();
        assertThat(made).containsExactly("moment");
        assertThat(asked()).containsExactly("domfsfreeze", "domfsthaw", "domfsthaw");
        assertThat(warnings.getFirst())
                .contains(
                        "were not frozen: virsh domfsfreeze: Unable to freeze filesystems: Guest agent is not responding");
        assertThat(warnings.get(1)).contains("may still be frozen", "virsh -c test:///default domfsthaw a13088d4");
    }

    @Test
    void withoutAnAgentThatIsTold() throws Exception {
        assertThat(agent("", "").there()).isFalse();
        assertThat(remarks).singleElement().asString().contains("what a power failure would leave");
        assertThat(warnings).isEmpty();
        assertThat(agent("disconnected", "").there()).isFalse();
        assertThat(warnings).singleElement().asString().contains("its guest agent is disconnected", "--no-freeze");
    }
}
