package dev.holdfast.store.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.fault.ForwardingDisk;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How much room there is for containers, on file systems of any size. */
class VolumesTest {
    private static final long CONTAINER = ContainerWriter.TARGET_BYTES;
    private static final long GB = 1_000_000_000;
    private static final Path FIRST = Path.of("/first");
    private static final Path SECOND = Path.of("/second");

    private final Sized disk = new Sized();

    private record Size(Object fileSystem, long total, long free) {}

    /** A disk whose file systems are as large as the test says. */
    private static final class Sized extends ForwardingDisk {
        private final Map<Path, Size> sizes = new HashMap<>();

        private Size size(Path path) throws IOException {
            Size size = sizes.get(path);
            if (size == null) {
                throw new NoSuchFileException(path.toString());
            }
            return size;
        }

        @Override
        public long freeBytes(Path path) throws IOException {
            return size(path).free;
        }

        @Override
        public long totalBytes(Path path) throws IOException {
            return size(path).total;
        }

        @Override
        public Object fileSystem(Path path) throws IOException {
            return size(path).fileSystem;
        }
    }

    private Volumes volumes(Path... roots) {
        return new Volumes(disk, List.of(roots), 5);
    }

    @Test
    void freeRoomLeavesOutTheReserveAndANewContainer() {
        disk.sizes.put(FIRST, new Size("a", 10 * GB, 3 * GB));
        assertThat(volumes(FIRST).freeBytes()).isEqualTo(3 * GB - GB / 2 - CONTAINER);
    }

    @Test
    void volumesOnOneFileSystemShareItsRoom() {
        disk.sizes.put(FIRST, new Size("a", 10 * GB, 3 * GB));
        disk.sizes.put(SECOND, new Size("a", 10 * GB, 3 * GB));
        assertThat(volumes(FIRST, SECOND).freeBytes()).isEqualTo(volumes(FIRST).freeBytes());
        disk.sizes.put(SECOND, new Size("b", 10 * GB, 3 * GB));
        assertThat(volumes(FIRST, SECOND).freeBytes())
                .isEqualTo(2 * volumes(FIRST).freeBytes());
    }

    @Test
    void volumeThatIsNotThereHasNoRoom() {
        disk.sizes.put(FIRST, new Size("a", 10 * GB, 3 * GB));
        assertThat(volumes(FIRST, SECOND).freeBytes()).isEqualTo(volumes(FIRST).freeBytes());
    }

    @Test
    void noRoomIsLeftExactlyWhereBackupsAreRefused() throws IOException {
        for (long free : new long[] {0, GB / 2, GB / 2 + CONTAINER, GB / 2 + CONTAINER + 1, 2 * GB}) {
            disk.sizes.put(FIRST, new Size("a", 10 * GB, free));
            Room room = new Room(
                    7 * GB,
                    20_000 * GB,
                    volumes(FIRST).freeBytes(),
                    volumes(FIRST).diskBytes());
            assertThat(room.leftBytes() == 0)
                    .as("%d free", free)
                    .isEqualTo(volumes(FIRST).emptiest() < 0);
        }
    }

    @Test
    void capacityIsTheLesserOfProfileAndFileSystems() {
        Room small = new Room(2 * GB, 20_000 * GB, 6 * GB, 10 * GB);
        assertThat(small.capacityBytes()).isEqualTo(8 * GB);
        assertThat(small.leftBytes()).isEqualTo(6 * GB);
        assertThat(small.usedPercent()).isEqualTo(25);
        assertThat(small.limitedByFileSystems()).isTrue();
        Room large = new Room(2 * GB, 4 * GB, 600 * GB, 1000 * GB);
        assertThat(large.capacityBytes()).isEqualTo(4 * GB);
        assertThat(large.leftBytes()).isEqualTo(2 * GB);
        assertThat(large.usedPercent()).isEqualTo(50);
        assertThat(large.limitedByFileSystems()).isFalse();
        Room over = new Room(5 * GB, 4 * GB, 600 * GB, 1000 * GB);
        assertThat(over.leftBytes()).isZero();
        assertThat(over.usedPercent()).isEqualTo(100);
        assertThat(new Room(0, 4 * GB, 0, 10 * GB).usedPercent()).isEqualTo(100);
    }
}
