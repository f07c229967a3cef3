package dev.holdfast.vault.remote;

import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Ranges of containers that were fetched from a vault, on the local disk: blocks of 1 MiB, one sparse file a container,
 * the least recently used container is dropped first. Neighbouring blocks that are missing are fetched together.
 * Nothing in it is trusted beyond the frames' own seals, and it starts empty. Safe for use by several threads.
 */
final class BlockCache implements AutoCloseable {
    static final int BLOCK_BYTES = 1 << 20;
    private static final int MAX_FETCH_BLOCKS = 8;
    private static final int READ_AHEAD_BLOCKS = 3;
    /** Most containers in the cache; each is an open file. */
    private static final int MAX_FILES = 512;

    private final Path directory;
    private final long capacity;
    private final Map<Integer, Cached> containers = new LinkedHashMap<>(16, 0.75f, true);
    private long used;

    /** Fetches a range from where it is stored. */
    interface Source {
        byte[] fetch(long position, int count) throws IOException;
    }

    private static final class Cached {
        final Path path;
        final FileChannel file;
        final BitSet present = new BitSet();
        /** Readers at this moment; a container in use is not dropped. */
        int users;

        Cached(Path path) throws IOException {
            this.path = path;
            this.file = FileChannel.open(
                    path,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.SPARSE));
        }
    }

    /** @param directory its content is deleted */
    BlockCache(Path directory, long capacity) throws IOException {
        this.directory = directory;
        this.capacity = capacity;
        AtomicFile.createDirectory(directory);
        try (DirectoryStream<Path> old = Files.newDirectoryStream(directory)) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
    }

    /** Fills {@code target} from {@code position} of a container; returns bytes read, fewer only at its end. */
    int read(int container, long length, ByteBuffer target, long position, Source source) throws IOException {
        int wanted = (int) Math.max(0, Math.min(target.remaining(), length - position));
        if (wanted == 0) {
            return 0;
        }
        Cached cached = acquire(container);
        try {
            int first = (int) (position / BLOCK_BYTES);
            int last = (int) ((position + wanted - 1) / BLOCK_BYTES);
            // One fetch at a time per container: a second reader finds the blocks in the cache.
            synchronized (cached) {
                fetchMissing(cached, length, first, last, source);
                ByteBuffer part = target.slice(target.position(), wanted);
                for (long at = position; part.hasRemaining(); ) {
                    int count = cached.file.read(part, at);
                    if (count < 0) {
                        throw new IOException("the cache " + cached.path + " was truncated");
                    }
                    at += count;
                }
            }
            target.position(target.position() + wanted);
            return wanted;
        } finally {
            release(cached);
        }
    }

    private void fetchMissing(Cached cached, long length, int first, int last, Source source) throws IOException {
        for (int block = cached.present.nextClearBit(first);
                block <= last;
                block = cached.present.nextClearBit(block)) {
            // Sequential readers get more than they asked for.
            boolean sequential = block > 0 && cached.present.get(block - 1);
            int useful = sequential ? (int) Math.min(last + READ_AHEAD_BLOCKS, (length - 1) / BLOCK_BYTES) : last;
            int end = block + 1;
            while (end <= useful && end - block < MAX_FETCH_BLOCKS && !cached.present.get(end)) {
                end++;
            }
            long from = (long) block * BLOCK_BYTES;
            int count = (int) (Math.min(length, (long) end * BLOCK_BYTES) - from);
            ByteBuffer bytes = ByteBuffer.wrap(source.fetch(from, count));
            for (long at = from; bytes.hasRemaining(); ) {
                at += cached.file.write(bytes, at);
            }
            cached.present.set(block, end);
            synchronized (containers) {
                used += (long) (end - block) * BLOCK_BYTES;
            }
        }
    }

    private Cached acquire(int container) throws IOException {
        synchronized (containers) {
            Cached cached = containers.get(container);
            if (cached == null) {
                cached = new Cached(directory.resolve(String.format("%08x.blocks", container)));
                containers.put(container, cached);
            }
            cached.users++;
            return cached;
        }
    }

    private void release(Cached cached) throws IOException {
        synchronized (containers) {
            cached.users--;
            for (var each = containers.values().iterator();
                    (used > capacity || containers.size() > MAX_FILES) && each.hasNext(); ) {
                Cached eldest = each.next();
                if (eldest.users == 0) {
                    each.remove();
                    used -= (long) eldest.present.cardinality() * BLOCK_BYTES;
                    eldest.file.close();
                    Files.deleteIfExists(eldest.path);
                }
            }
        }
    }

    /** Forgets a container: what is cached of it was found damaged. */
    void drop(int container) throws IOException {
        synchronized (containers) {
            Cached cached = containers.get(container);
            if (cached != null && cached.users == 0) {
                containers.remove(container);
                used -= (long) cached.present.cardinality() * BLOCK_BYTES;
                cached.file.close();
                Files.deleteIfExists(cached.path);
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (containers) {
            for (Cached cached : containers.values()) {
                cached.file.close();
                Files.deleteIfExists(cached.path);
            }
            containers.clear();
            used = 0;
        }
    }
}
