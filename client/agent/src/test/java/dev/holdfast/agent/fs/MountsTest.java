package dev.holdfast.agent.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
    private static final String TABLE = """
            22 27 0:21 / /proc rw,relatime - proc proc rw
            27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
            40 27 0:45 /@home /home rw - btrfs /dev/mapper/vg-lv rw,subvol=/@home
            41 27 8:17 / /srv/two\\040words\\134 rw - xfs /dev/sdb1 rw
            42 27 8:17 /a /srv/bind rw - xfs /dev/sdb1 rw
            43 27 8:33 / /srv/bind rw - ext4 /dev/sdc1 rw
            44 27 8:17 /gone//deleted /srv/deleted rw - xfs /dev/sdb1 rw
            garbage
            """;

    private static Mounts.Mount mount(long id, String path) throws Exception {
        return Mounts.parse(TABLE).of(id, TreePath.parse(path)).orElseThrow();
    }

    @Test
    void pathIsOnTheDeepestMountAboveItAndTheLastOneThere() throws Exception {
        assertThat(mount(0, "/etc/fstab").source()).isEqualTo("/dev/vda");
        assertThat(mount(0, "/homes").source()).isEqualTo("/dev/vda");
        assertThat(mount(0, "/home/ann").root()).isEqualTo(TreePath.parse("/@home"));
        assertThat(mount(0, "/srv/two words\\\\/x").type()).isEqualTo("xfs");
        assertThat(mount(0, "/srv/bind/x").source()).isEqualTo("/dev/sdc1");
        assertThat(mount(0, "/srv/deleted/x").root()).isNull();
        // Where the kernel says which one, that counts.
        assertThat(mount(42, "/srv/bind/x").source()).isEqualTo("/dev/sdb1");
        assertThat(mount(99, "/srv/bind/x").source()).isEqualTo("/dev/sdc1");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void realDirectoriesLieOnWhatTheSystemSays(@TempDir Path work) throws Exception {
        Path directory = Files.createDirectories(work.resolve("real/sub"));
        Path link = Files.createSymbolicLink(work.resolve("link"), directory.getParent());
        Platform platform = Platform.current();
        TreePath direct = TreePath.parse(directory.toString());
        TreePath behind = TreePath.parse(link + "/sub");
        TreePath itself = TreePath.parse(link.toString());
        TreePath missing = TreePath.parse(work + "/missing");
        List<SourceMount> found = platform.mounts(List.of(direct, behind, itself, missing), List.of(itself));
        assertThat(found).extracting(SourceMount::path).containsExactly(direct, behind, itself);
        assertThat(found.get(0).type()).isEqualTo(Files.getFileStore(directory).type());
        assertThat(found.get(1).samePlace(found.get(0))).isTrue();
        assertThat(found.get(1).inside()).isEqualTo(found.get(0).inside());
        assertThat(found.get(2).inside().toString()).endsWith("/link");
        TreePath processes = TreePath.parse("/proc/self");
        SourceMount proc = platform.mounts(List.of(processes), List.of()).getFirst();
        assertThat(proc.type()).isEqualTo("proc");
        assertThat(proc.samePlace(found.get(0))).isFalse();
    }
}
