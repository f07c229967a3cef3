package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is a machine, and not what has its name or socket. */
class MachineSourceTest {
    private static final String UUID = "5f0c8a4e-0d4b-4c6c-9b7e-1f2a3b4c5d6e";
    private static final VmDisks.Told SILENT = new VmDisks.Told() {
        @Override
        public void remark(String text) {}

        @Override
        public void warning(String text) {}
    };

    @TempDir
    Path dir;

    private Path node() throws IOException {
        return Files.createDirectories(dir.resolve("vms/web"));
    }

    private MachineSource source() {
        return new MachineSource(
                dir.resolve("qmp").toString(), List.of(), Optional.empty(), true, Optional.empty(), Optional.empty());
    }

    @Test
    void anotherMachineAtTheSocketIsNotBackedUp() throws Exception {
        try (FakeMachine machine = new FakeMachine(dir.resolve("qmp"))) {
            MachineIdentity found = source().identity();
            source().only(found).save(node());
            MachineSource saved = MachineSource.of(node()).orElseThrow();
            assertThat(saved.enrolled()).contains(found);
            assertThat(saved.list(node(), SILENT)).hasSize(1);
            // The choice of some disks changes nothing about that.
            MachineSource wrong = source().only(new MachineIdentity(UUID, found.name()));
            for (MachineSource each : List.of(wrong, wrong.only(List.of("disk0")))) {
                assertThatThrownBy(() -> each.list(node(), SILENT))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("this node is the machine 'fake', UUID " + UUID)
                        .hasMessageContaining(dir.resolve("qmp") + " is another one: 'fake', UUID 00000000")
                        .hasMessageContaining("--name web --force");
                assertThatThrownBy(() -> each.open(node(), SILENT).close()).hasMessageContaining("is another one");
            }
            assertThat(machine.bitmaps).isEmpty();
        }
    }

    @Test
    void machinesAreKnownByTheirUuidElseByTheirName() {
        MachineIdentity web = new MachineIdentity(UUID, "web");
        assertThat(web.isSame(new MachineIdentity(UUID, "renamed"))).isTrue();
        assertThat(web.isSame(new MachineIdentity(MachineIdentity.NO_UUID, "web")))
                .isFalse();
        MachineIdentity nameless = new MachineIdentity(MachineIdentity.NO_UUID, "web");
        assertThat(nameless.isSame(new MachineIdentity(MachineIdentity.NO_UUID, "web")))
                .isTrue();
        assertThat(nameless.isSame(new MachineIdentity(MachineIdentity.NO_UUID, "other")))
                .isFalse();
        assertThat(nameless.isSame(web)).isFalse();
    }

    @Test
    void anotherMachineOfLibvirtWithTheNameIsNotTheOneThatWasEnrolled() throws Exception {
        FakeVirsh virsh = new FakeVirsh(dir);
        virsh.machine();
        assertThat(MachineSource.gone(virsh.virsh(), new MachineIdentity(FakeVirsh.UUID, "old name")))
                .isEmpty();
        assertThat(MachineSource.gone(virsh.virsh(), new MachineIdentity(UUID, "mail"))
                        .orElse(""))
                .contains("does not have it any more");
    }

    @Test
    void aFileThatDoesNotNameTheMachineIsRefused() throws Exception {
        Files.writeString(node().resolve("machine.json"), "{\"version\":1,\"machine\":\"libvirt:web\"}");
        assertThatThrownBy(() -> MachineSource.of(node())).hasMessageContaining("enrol the machine again");
    }
}
