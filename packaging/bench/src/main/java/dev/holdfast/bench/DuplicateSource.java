package dev.holdfast.bench;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * A long stream that is mostly what came before, as virtual machine images of one office are: 64 MiB blocks out of a pool of eight, and in
 * each of them one stretch of 64 KiB in two hundred that is new. Never on a disk.
 */
public final class DuplicateSource {
    private static final int BLOCK = 64 << 20;
    private static final int POOL = 8;
    private static final int STRETCH = 64 << 10;
    private static final int FRESH_ONE_IN = 200;

    private DuplicateSource() {}

    public static void main(String[] arguments) throws IOException {
        long bytes = Long.parseLong(arguments[0].replace("_", ""));
        SplittableRandom random = new SplittableRandom(7);
        byte[][] pool = new byte[POOL][BLOCK];
        for (byte[] block : pool) {
            random.nextBytes(block);
        }
        byte[] fresh = new byte[STRETCH];
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
            for (long done = 0; done < bytes; ) {
                byte[] block = pool[random.nextInt(POOL)];
                for (int at = 0; at < BLOCK && done < bytes; ) {
                    // Runs of old data, then a little that is new.
                    int run = Math.min(BLOCK - at, (1 + random.nextInt(2 * FRESH_ONE_IN)) * STRETCH);
                    int length = (int) Math.min(run, bytes - done);
                    out.write(block, at, length);
                    at += run;
                    done += length;
                    if (at < BLOCK && done < bytes) {
                        random.nextBytes(fresh);
                        int part = (int) Math.min(STRETCH, bytes - done);
                        out.write(fresh, 0, part);
                        done += part;
                        at += STRETCH;
                    }
                }
            }
        }
    }
}
