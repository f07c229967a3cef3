package dev.holdfast.control.image;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import dev.holdfast.protocol.chunk.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that were read and verified before, in a file of the appliance, for requests of a few kilobytes: those would read, decrypt and
 * hash the whole chunk each time. The system keeps what is used of the file in memory that nothing else needs. Chunks that were not used
 * for half an hour are dropped. Safe for use by several threads.
 *
 * <p>Only speed depends on it: what cannot be written or read is read from the store instead.
 */
public final class ChunkFile implements Closeable {
    private static final System.Logger LOG = System.getLogger(ChunkFile.class.getName());
    private static final Duration UNUSED = Duration.ofMinutes(30);
    /** Removed contents leave their slots a little later than new ones come. */
    private static final int SPARE_SLOTS = 32;
    /** Slots that are taken between two looks at the space that is left. */
    private static final int LOOK_SLOTS = 256;

    private final SealedSlots slots;
    private final Space space;
    private final Cache<Digest, Content> contents;
    private final int most;
    /** Below the highest slot that was used. */
    private final Deque<Integer> free = new ArrayDeque<>();
    /** From it on, no slot was used since the file was empty. */
    private int untouched;

    private int allowed;
    private long last;
    private volatile boolean closed;

    /** Where a chunk is. */
    private record Content(int slot, long number, int length) {}

    /** Tells how much of the file system the file may take. */
    public interface Space {
        /** Whether so many bytes more would leave enough for others. */
        boolean allows(long bytes) throws IOException;
    }

    private ChunkFile(SealedSlots slots, int most, Space space) {
        this.slots = slots;
        this.most = most + SPARE_SLOTS;
        this.space = space;
        this.contents = Caffeine.newBuilder()
                .maximumSize(most)
                .expireAfterAccess(UNUSED)
                .scheduler(Scheduler.systemScheduler())
                .executor(Runnable::run)
                .removalListener(this::removed)
                .build();
    }

    /**
     * Makes the file.
     *
     * @param bytes that it takes at most
     */
    public static ChunkFile make(Path directory, long bytes, Space space) throws IOException {
        long most = Math.clamp(bytes / SealedSlots.SLOT_BYTES - SPARE_SLOTS, 0, Integer.MAX_VALUE / 2);
        return new ChunkFile(SealedSlots.make(directory), (int) most, space);
    }

    /**
     * Reads a part of a chunk.
     *
     * @param target takes {@code length} bytes
     * @return false where the chunk is not here; then the target has its former position
     */
    boolean read(Digest digest, int offset, int length, ByteBuffer target) {
        Content content = contents.getIfPresent(digest);
        if (content == null || length > content.length - offset) {
            return false;
        }
        int position = target.position();
        try {
            slots.read(content.slot, content.number, content.length, offset, length, target);
            return true;
        } catch (IOException e) {
            // The slot got another content meanwhile, or the disk fails.
            target.position(position);
            contents.asMap().remove(digest, content);
            return false;
        }
    }

    boolean has(Digest digest) {
        return contents.getIfPresent(digest) != null;
    }

    /**
     * Keeps a chunk.
     *
     * @param replace whether others may be dropped for it
     */
    void put(Digest digest, byte[] array, int offset, int length, boolean replace) {
        if (length > SealedSlots.CHUNK_BYTES || contents.asMap().containsKey(digest)) {
            return;
        }
        Content content = take(length, replace);
        if (content == null) {
            return;
        }
        boolean kept = false;
        try {
            slots.write(content.slot, content.number, array, offset, length);
            kept = contents.asMap().putIfAbsent(digest, content) == null;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a chunk could not be cached", e);
        } finally {
            if (!kept) {
                free(content);
            }
        }
    }

    private @Nullable Content take(int length, boolean replace) {
        if (!replace && contents.estimatedSize() >= most - SPARE_SLOTS) {
            return null;
        }
        synchronized (free) {
            Integer slot = closed ? null : free.poll();
            if (slot == null && mayGrow()) {
                slot = untouched++;
            }
            return slot == null ? null : new Content(slot, ++last, length);
        }
    }

    private boolean mayGrow() {
        if (closed || untouched == most) {
            return false;
        }
        if (untouched == allowed) {
            try {
                if (!space.allows((long) LOOK_SLOTS * SealedSlots.SLOT_BYTES)) {
                    return false;
                }
            } catch (IOException e) {
                return false;
            }
            allowed = Math.min(most, allowed + LOOK_SLOTS);
        }
        return true;
    }

    private void removed(@Nullable Digest digest, @Nullable Content content, RemovalCause cause) {
        if (content != null) {
            free(content);
        }
    }

    private void free(Content content) {
        synchronized (free) {
            free.push(content.slot);
            if (free.size() == untouched && !closed) {
                empty();
            }
        }
    }

    private void empty() {
        try {
            slots.clear();
            free.clear();
            untouched = 0;
            allowed = 0;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the space of cached chunks could not be given back", e);
        }
    }

    /** Drops all chunks, so that their space is free. */
    public void clear() {
        contents.invalidateAll();
        contents.cleanUp();
    }

    /** What the file has at present, at most. */
    public long bytes() {
        synchronized (free) {
            return (long) untouched * SealedSlots.SLOT_BYTES;
        }
    }

    /** Requests after it find nothing. */
    @Override
    public void close() throws IOException {
        closed = true;
        clear();
        slots.close();
    }
}
