package dev.holdfast.control.instant;

import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Xts;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The file of what machines write to a disk: whole blocks at the offsets of the disk, encrypted where the recovery has a key. Safe for use
 * by several threads; those who write the same block take turns.
 */
final class BlockData implements Closeable {
    private static final int BLOCK_BYTES = Overlay.BLOCK_BYTES;
    /** A range that begins and ends within blocks touches one more. */
    private static final int ROOM_BYTES = Overlay.REGION_BYTES + BLOCK_BYTES;

    private static final Spares<Buffers> BUFFERS = new Spares<>(Buffers::new);

    private final Disk.DiskFile file;
    private final int disk;
    private final Optional<Xts> cipher;

    private static final class Buffers {
        private final byte[] sealed = new byte[ROOM_BYTES];
        private final byte[] plain = new byte[ROOM_BYTES];
    }

    /**
     * Owns the file.
     *
     * @param disk its number in the recovery
     */
    BlockData(Disk.DiskFile file, int disk, Optional<Xts> cipher) {
        this.file = file;
        this.disk = disk;
        this.cipher = cipher;
    }

    /** Fills a buffer from blocks that were written. */
    void read(long offset, ByteBuffer target) throws IOException {
        if (cipher.isEmpty()) {
            file.read(target, offset);
            requireFull(target, offset + target.remaining());
            return;
        }
        long end = offset + target.remaining();
        for (long at = offset; at < end; ) {
            long to = Math.min(end, (at / Overlay.REGION_BYTES + 1) * Overlay.REGION_BYTES);
            readSealed(cipher.get(), at, (int) (to - at), target);
            at = to;
        }
    }

    private static void requireFull(ByteBuffer target, long end) throws EOFException {
        if (target.hasRemaining()) {
            throw new EOFException("the overlay ends before " + end);
        }
    }

    private void readSealed(Xts xts, long offset, int length, ByteBuffer target) throws IOException {
        long first = offset / BLOCK_BYTES;
        int blocks = (int) (Overlay.blocks(offset + length) - first);
        BUFFERS.<Boolean, IOException>use(buffers -> {
            ByteBuffer sealed = ByteBuffer.wrap(buffers.sealed, 0, blocks * BLOCK_BYTES);
            file.read(sealed, first * BLOCK_BYTES);
            requireFull(sealed, offset + length);
            for (int i = 0; i < blocks; i++) {
                int at = i * BLOCK_BYTES;
                xts.decrypt(disk, first + i, buffers.sealed, at, BLOCK_BYTES, buffers.plain, at);
            }
            target.put(buffers.plain, (int) (offset - first * BLOCK_BYTES), length);
            return true;
        });
    }

    /** @param source whole blocks, within one region */
    void write(long block, ByteBuffer source) throws IOException {
        if (cipher.isEmpty()) {
            file.write(source, block * BLOCK_BYTES);
            return;
        }
        Xts xts = cipher.get();
        int length = source.remaining();
        BUFFERS.<Boolean, IOException>use(buffers -> {
            source.get(buffers.plain, 0, length);
            for (int at = 0; at < length; at += BLOCK_BYTES) {
                xts.encrypt(disk, block + at / BLOCK_BYTES, buffers.plain, at, BLOCK_BYTES, buffers.sealed, at);
            }
            file.write(ByteBuffer.wrap(buffers.sealed, 0, length), block * BLOCK_BYTES);
            return true;
        });
    }

    void sync() throws IOException {
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
