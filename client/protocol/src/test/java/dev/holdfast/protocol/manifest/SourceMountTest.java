package dev.holdfast.protocol.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.bytes.FormatException;
import org.junit.jupiter.api.Test;

class SourceMountTest {
    private static SourceMount mount(String type, String identity, String point, String inside) throws FormatException {
        return new SourceMount(
                TreePath.parse("/srv/data"), type, identity, TreePath.parse(point), TreePath.parse(inside));
    }

    @Test
    void sameFileSystemIsTheSamePlaceWhereverItIsMounted() throws FormatException {
        SourceMount disk = mount("ext4", "UUID a", "/srv/data", "/");
        assertThat(disk.samePlace(mount("ext4", "UUID a", "/srv/data", "/"))).isTrue();
        // Mounted one level up, where its directory has the same content; by the driver of an older kernel.
        assertThat(mount("ext3", "UUID a", "/srv", "/data").samePlace(mount("ext4", "UUID a", "/", "/data")))
                .isTrue();
        // A snapshot of a subvolume that is mounted in its place each night.
        assertThat(mount("btrfs", "UUID a", "/srv/data", "/snap/1")
                        .samePlace(mount("btrfs", "UUID a", "/srv/data", "/snap/2")))
                .isTrue();
        assertThat(mount("nfs", "nas:/data", "/srv/data", "/").samePlace(mount("nfs4", "nas:/data", "/srv/data", "/")))
                .isTrue();
    }

    @Test
    void anotherFileSystemOrAnotherDirectoryOfItIsAnotherPlace() throws FormatException {
        SourceMount disk = mount("ext4", "UUID a", "/srv/data", "/");
        assertThat(disk.samePlace(mount("ext4", "UUID b", "/", "/srv/data"))).isFalse();
        assertThat(disk.samePlace(mount("ext4", "UUID b", "/srv/data", "/"))).isFalse();
        assertThat(disk.samePlace(mount("tmpfs", "", "/srv/data", "/"))).isFalse();
        // A subvolume or a bind mount that is not mounted: what is above it is the same file system.
        assertThat(mount("btrfs", "UUID a", "/srv/data", "/@data")
                        .samePlace(mount("btrfs", "UUID a", "/", "/@/srv/data")))
                .isFalse();
    }

    @Test
    void whatCannotBeComparedIsNoChange() throws FormatException {
        assertThat(mount("ext4", "UUID a", "/", "/srv/data").samePlace(mount("ext4", "", "/", "/srv/data")))
                .isTrue();
        assertThat(mount("overlay", "", "/", "/srv/data").samePlace(mount("overlay", "", "/", "/srv/data")))
                .isTrue();
    }
}
