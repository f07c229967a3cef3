package dev.holdfast.bench;

import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.check.Scrub;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The scrub's rate beside what the disk gives to somebody who only reads, from the disk where the kernel's cache can be
 * dropped (root), and once more from that cache.
 */
final class ScrubBench {
    private static final int CHUNK = 1 << 20;
    private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");

    private ScrubBench() {}

    /** Arguments: a directory, gigabytes. */
    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        long bytes = (long) (Double.parseDouble(arguments[1]) * 1e9);
        Files.createDirectories(directory);
        try (Store store = new StoreFixture(directory.resolve("store")).open()) {
            long made = 0;
            for (int round = 0; made < bytes; round++) {
                List<byte[]> content = new ArrayList<>();
                for (int i = 0; i < 64; i++) {
                    content.add(StoreFixture.random(round * 64L + i, CHUNK));
                    made += CHUNK;
                }
                StoreFixture.backup(store, 1, content);
            }
            store.archiving().sealOpen();
            for (int round = 0; round < 3; round++) {
                boolean cold = dropCache();
                double plain = plain(store);
                dropCache();
                double scrub = scrub(store);
                System.out.printf(
                        "%s: plain reading %.0f MB/s, scrub %.0f MB/s: %.2f%n",
                        cold ? "from the disk" : "from the cache", plain / 1e6, scrub / 1e6, scrub / plain);
            }
            double warmPlain = plain(store);
            double warm = scrub(store);
            System.out.printf(
                    "from the cache: plain reading %.0f MB/s, scrub %.0f MB/s on one core; 50 TB in 30 days need 19 MB/s%n",
                    warmPlain / 1e6, warm / 1e6);
        }
    }

    private static boolean dropCache() {
        try {
            Files.writeString(DROP, "3\n");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static double plain(Store store) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(1 << 20);
        long bytes = 0;
        long began = System.nanoTime();
        for (Archiving.Local each : store.archiving().local()) {
            try (FileChannel file = FileChannel.open(each.file())) {
                block.clear();
                for (int count = file.read(block); count > 0; count = file.read(block)) {
                    bytes += count;
                    block.clear();
                }
            }
        }
        return bytes * 1e9 / (System.nanoTime() - began);
    }

    private static double scrub(Store store) throws IOException {
        long began = System.nanoTime();
        Scrub.Outcome outcome = store.scrub().run(0, Integer.MAX_VALUE, (what, done, total) -> {}, () -> false);
        if (!outcome.damaged().isEmpty()) {
            throw new IOException("damaged: " + outcome.damaged());
        }
        return outcome.bytes() * 1e9 / (System.nanoTime() - began);
    }
}
