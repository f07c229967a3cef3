package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups that fail since nobody serves the disks; what they leave, and what the next one does about it. */
class LibvirtDisksTest {
    @TempDir
    Path dir;

    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private FakeVirsh virsh;

    @BeforeEach
    void start() throws IOException {
        virsh = new FakeVirsh(dir);
        virsh.machine();
    }

    private void backup() {
        LibvirtDisks.Request request = new LibvirtDisks.Request(
                "mail", List.of(), true, Optional.empty(), dir.resolve("state"), new VmDisks.Told() {
                    @Override
                    public void remark(String text) {
                        told.add(text);
                    }

                    @Override
                    public void warning(String text) {
                        told.add("warning: " + text);
                    }
                });
        assertThatThrownBy(() -> LibvirtDisks.open(request, virsh.virsh())).isInstanceOf(IOException.class);
    }

    private boolean journal() throws IOException {
        try (Stream<Path> files = Files.walk(dir.resolve("state"))) {
            return files.anyMatch(each -> each.endsWith("running"));
        }
    }

    @Test
    void aThawThatFailedIsMadeUpForByTheNextBackup() throws Exception {
        backup();
        assertThat(virsh.commands()).containsSubsequence("domfsfreeze", "backup-begin", "domfsthaw");
        assertThat(journal()).isFalse();
        assertThat(told).noneMatch(each -> each.startsWith("warning"));

        virsh.refuse("domfsthaw", "Timed out during operation: cannot acquire state change lock");
        backup();
        assertThat(told).anyMatch(each -> each.startsWith("warning") && each.contains("MAY STILL BE FROZEN"));
        assertThat(journal()).isTrue();
        // Also one that does not freeze anything itself keeps that in mind.
        virsh.refuse("domfsfreeze", "Guest agent is not responding: QEMU guest agent is not connected");
        backup();
        assertThat(journal()).isTrue();

        virsh.machine();
        virsh.forget();
        backup();
        assertThat(virsh.commands().indexOf("domfsthaw"))
                .isBetween(0, virsh.commands().indexOf("domfsfreeze"));
        assertThat(journal()).isFalse();
    }
}
