package dev.holdfast.protocol.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** An appliance answers each request, and a client makes each backup, with threads of their own. */
class PackedMemoryTest {
    private static final int THREADS = 400;
    /** A context to compress with takes 1.3 MB: 520 MB in all, if each thread left one behind. */
    private static final long MOST_KIB = 200 << 10;

    @Test
    void threadsThatPackLeaveNoMemoryBehind() throws Exception {
        // Nothing of the size of the data is allocated in the heap, which would be measured too.
        byte[] data = new byte[Packed.MAX_RAW_BYTES];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 31 >> 8);
        }
        Packed small = Packed.compress(data, 4096, 3);
        inThreads(20, data, small);
        long before = residentKib();
        inThreads(THREADS, data, small);
        assertThat(residentKib() - before)
                .as("KiB that %d threads left behind", THREADS)
                .isLessThan(MOST_KIB);
    }

    private static void inThreads(int threads, byte[] data, Packed small) throws Exception {
        for (int i = 0; i < threads; i++) {
            Thread thread = Thread.startVirtualThread(() -> {
                try {
                    Packed.compress(data, 3);
                    small.unpack();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            thread.join();
        }
    }

    /** Memory of this process that is no file's, in KiB. */
    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("RssAnon:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
