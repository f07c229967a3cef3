package dev.holdfast.agent.mount;

import dev.holdfast.agent.fs.NativeMemory;
import dev.holdfast.protocol.chunk.Digest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Chunks that were used lately, in memory outside the heap: in blocks, so that it never takes more than it may. */
final class ChunkMemory {
    private static final int BLOCK_BYTES = 16 << 10;

    private final MemorySegment memory;
    private final int[] free;
    private int freeCount;
    private final Map<Digest, int[]> chunks = new LinkedHashMap<>(16, 0.75f, true);

    ChunkMemory(long bytes) throws IOException {
        int blocks = (int) Math.min(Integer.MAX_VALUE, bytes / BLOCK_BYTES);
        memory = NativeMemory.reserve((long) blocks * BLOCK_BYTES);
        free = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            free[i] = blocks - 1 - i;
        }
        freeCount = blocks;
    }

    synchronized boolean has(Digest digest) {
        return chunks.containsKey(digest);
    }

    /** @return whether the chunk was there */
    synchronized boolean copy(Digest digest, int offset, int length, MemorySegment to, long at) {
        int[] blocks = chunks.get(digest);
        if (blocks == null) {
            return false;
        }
        for (int done = 0; done < length; ) {
            int from = offset + done;
            int part = Math.min(length - done, BLOCK_BYTES - from % BLOCK_BYTES);
            long source = (long) blocks[from / BLOCK_BYTES] * BLOCK_BYTES + from % BLOCK_BYTES;
            MemorySegment.copy(memory, source, to, at + done, part);
            done += part;
        }
        return true;
    }

    synchronized void put(Digest digest, byte[] bytes) {
        int wanted = (bytes.length + BLOCK_BYTES - 1) / BLOCK_BYTES;
        if (wanted > free.length || chunks.containsKey(digest)) {
            return;
        }
        var eldest = chunks.entrySet().iterator();
        while (freeCount < wanted) {
            for (int block : eldest.next().getValue()) {
                free[freeCount++] = block;
            }
            eldest.remove();
        }
        int[] blocks = new int[wanted];
        for (int i = 0; i < wanted; i++) {
            blocks[i] = free[--freeCount];
            int part = Math.min(BLOCK_BYTES, bytes.length - i * BLOCK_BYTES);
            MemorySegment.copy(
                    bytes, i * BLOCK_BYTES, memory, ValueLayout.JAVA_BYTE, (long) blocks[i] * BLOCK_BYTES, part);
        }
        chunks.put(digest, blocks);
    }
}
