package dev.holdfast.control.instant;

import dev.holdfast.store.fault.ForwardingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Loses, at the end of the system, of what was not synced: of each sector, the last of the writes, from any one on. */
final class CrashingDisk extends ForwardingDisk {
    private static final int SECTOR_BYTES = 512;

    private final Map<Path, Tracked> files = new HashMap<>();
    boolean syncsFail;

    private record Write(long position, byte[] bytes) {}

    private static final class Tracked {
        byte[] synced = {};
        final List<Write> writes = new ArrayList<>();
    }

    @Override
    public synchronized DiskFile create(Path file) throws IOException {
        files.put(file, new Tracked());
        return tracked(super.create(file), file);
    }

    @Override
    public synchronized DiskFile open(Path file, boolean writable) throws IOException {
        Tracked tracked = files.computeIfAbsent(file, path -> new Tracked());
        tracked.synced = Files.readAllBytes(file);
        return tracked(super.open(file, writable), file);
    }

    private DiskFile tracked(DiskFile file, Path path) {
        return new ForwardingFile(file) {
            @Override
            public void write(ByteBuffer source, long position) throws IOException {
                synchronized (CrashingDisk.this) {
                    byte[] bytes = new byte[source.remaining()];
                    source.duplicate().get(bytes);
                    files.get(path).writes.add(new Write(position, bytes));
                    super.write(source, position);
                }
            }

            @Override
            public void sync() throws IOException {
                synchronized (CrashingDisk.this) {
                    if (syncsFail) {
                        throw new IOException("the disk failed");
                    }
                    files.get(path).synced = Files.readAllBytes(path);
                    files.get(path).writes.clear();
                }
            }
        };
    }

    /** Ends the system: files have what may be left of them. */
    synchronized void crash(Random random) throws IOException {
        for (Map.Entry<Path, Tracked> each : files.entrySet()) {
            Files.write(each.getKey(), left(each.getValue(), random));
        }
        files.clear();
    }

    private static byte[] left(Tracked file, Random random) {
        long end = file.synced.length;
        for (Write each : file.writes) {
            end = Math.max(end, each.position + each.bytes.length);
        }
        byte[] left = Arrays.copyOf(file.synced, (int) end);
        Map<Long, Integer> kept = new HashMap<>();
        for (int i = 0; i < file.writes.size(); i++) {
            Write write = file.writes.get(i);
            int number = i;
            for (long sector = write.position / SECTOR_BYTES;
                    sector * SECTOR_BYTES < write.position + write.bytes.length;
                    sector++) {
                int last = kept.computeIfAbsent(sector, key -> random.nextInt(file.writes.size() + 1));
                if (number < last) {
                    long from = Math.max(write.position, sector * SECTOR_BYTES);
                    long to = Math.min(write.position + write.bytes.length, (sector + 1) * SECTOR_BYTES);
                    System.arraycopy(write.bytes, (int) (from - write.position), left, (int) from, (int) (to - from));
                }
            }
        }
        return left;
    }
}
