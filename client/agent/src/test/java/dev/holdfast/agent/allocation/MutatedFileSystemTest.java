package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.agent.image.DiskImages;
import dev.holdfast.agent.image.Disks;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File systems that were made to harm: whatever they say, the look at them ends, and nothing outside of them is left out. */
class MutatedFileSystemTest {
    private static final long MIB = 1 << 20;
    private static final long START = 2 * MIB;
    private static final long BYTES = 320 * MIB;
    private static final int ROUNDS = 2;

    @TempDir
    Path temporary;

    @BeforeEach
    void requireRoot() {
        assumeTrue(Platform.current().privileged(), "only root makes loop devices");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
    }

    private static void tool(String input, String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var to = process.outputWriter()) {
            to.write(input);
        }
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    }

    /** A disk with one partition, in which the file system is. */
    private Path disk(String... make) throws Exception {
        Path made = temporary.resolve("made");
        Files.deleteIfExists(made);
        try (RandomAccessFile file = new RandomAccessFile(made.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        List<String> words = new ArrayList<>(List.of(make));
        words.add(made.toString());
        tool("", words.toArray(String[]::new));
        Path disk = temporary.toRealPath().resolve("disk.img");
        Files.deleteIfExists(disk);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(START + BYTES + 4 * MIB);
        }
        tool("label: dos\nstart=4096,size=" + BYTES / 512 + "\n", "sfdisk", "--quiet", disk.toString());
        tool("", "dd", "if=" + made, "of=" + disk, "bs=1M", "seek=2", "conv=notrunc,sparse", "status=none");
        return disk;
    }

    /** Changes some bytes of what is not zero. */
    private static void mutate(Path disk, Random random) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            int changes = 1 + random.nextInt(12);
            for (int left = changes, tries = 0; left > 0 && tries < 200_000; tries++) {
                // Mostly where superblocks are.
                long at = START + random.nextLong(random.nextInt(3) > 0 ? 80 << 10 : BYTES);
                file.seek(at);
                if (file.read() > 0) {
                    file.seek(at);
                    file.write(random.nextInt(256));
                    left--;
                }
            }
        }
    }

    @Test
    void nothingOutsideIsLeftOut() throws Exception {
        List<String[]> kinds = List.of(
                new String[] {"mkfs.ext4", "-q"},
                new String[] {"mkfs.xfs", "-q"},
                new String[] {"mkfs.btrfs", "-q"},
                new String[] {"mkfs.ntfs", "-q", "-F", "-f"},
                new String[] {"mkfs.fat", "-F", "32"});
        int seed = 0;
        for (String[] kind : kinds) {
            Path disk = disk(kind);
            assertThat(leftOut(disk)).as(kind[0]).isPositive();
            byte[] pristine = Files.readAllBytes(disk);
            for (int round = 0; round < ROUNDS; round++) {
                Files.write(disk, pristine);
                mutate(disk, new Random(seed++));
                leftOut(disk);
            }
        }
    }

    private static long leftOut(Path disk) throws IOException {
        List<String> told = new ArrayList<>();
        try (Disks disks = AllocatedDisks.of(DiskImages.open(Platform.current(), List.of(disk), null), told::add)) {
            BlockSource blocks = disks.all().getFirst().blocks();
            assertThat(told.isEmpty() || blocks.unallocatedBytes() == 0)
                    .as("what is in doubt is read: %s", told)
                    .isTrue();
            assertThat(new String(disks.describe("host", Instant.EPOCH)).contains("\"leftOut\""))
                    .isEqualTo(blocks.unallocatedBytes() > 0);
            FreeBlocks free = ((AllocatedBlocks) blocks).free();
            assertThat(free.nextFree(0)).isGreaterThanOrEqualTo(START + MIB);
            assertThat(free.nextFree(START + BYTES - MIB)).isEqualTo(Long.MAX_VALUE);
            return blocks.unallocatedBytes();
        }
    }
}
