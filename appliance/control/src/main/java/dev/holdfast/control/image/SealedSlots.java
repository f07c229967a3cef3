package dev.holdfast.control.image;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.store.envelope.Aead;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * A file without a name, of slots for one chunk each. It is encrypted by a key that only this process has, in blocks, so that a part of a
 * chunk costs little to read. Each content has a number that is used once: it is the nonce of its blocks, so that a slot that has another
 * content meanwhile, or is being written, fails authentication. Safe for use by several threads.
 */
final class SealedSlots implements Closeable {
    /** Of a chunk at most; that of disks. */
    static final int CHUNK_BYTES = 256 << 10;

    private static final int BLOCK_BYTES = 8 << 10;
    private static final int SEALED_BYTES = BLOCK_BYTES + Aead.TAG_BYTES;
    private static final int CONTENT_BYTES = CHUNK_BYTES / BLOCK_BYTES * SEALED_BYTES;
    private static final int PAGE_BYTES = 4096;
    /** What a slot takes in the file. */
    static final int SLOT_BYTES = (CONTENT_BYTES + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    private static final byte[] NO_AAD = {};
    private static final Spares<Buffers> BUFFERS = new Spares<>(Buffers::new);

    private final FileChannel file;
    private final SecretKey key;

    private SealedSlots(FileChannel file, SecretKey key) {
        this.file = file;
        this.key = key;
    }

    private static final class Buffers {
        private final byte[] sealed = new byte[CONTENT_BYTES];
        private final byte[] plain = new byte[BLOCK_BYTES];
        private final byte[] nonce = new byte[Aead.NONCE_BYTES];

        byte[] nonce(long content, int block) {
            ByteBuffer.wrap(nonce).putLong(content).putInt(block);
            return nonce;
        }
    }

    /** Makes the file. Its space is free again when it is closed, or the process ends. */
    static SealedSlots make(Path directory) throws IOException {
        Path name = Files.createTempFile(
                directory,
                "chunks-",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileChannel file;
        try {
            file = FileChannel.open(name, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
        } finally {
            Files.delete(name);
        }
        byte[] secret = new byte[Aead.KEY_BYTES];
        new SecureRandom().nextBytes(secret);
        return new SealedSlots(file, new SecretKeySpec(secret, "AES"));
    }

    /** @param content is used once */
    void write(int slot, long content, byte[] array, int offset, int length) throws IOException {
        BUFFERS.<Boolean, IOException>use(buffers -> {
            int sealed = 0;
            for (int block = 0; block * BLOCK_BYTES < length; block++) {
                int from = offset + block * BLOCK_BYTES;
                int bytes = Math.min(BLOCK_BYTES, offset + length - from);
                Aead.seal(key, buffers.nonce(content, block), NO_AAD, array, from, bytes, buffers.sealed, sealed);
                sealed += bytes + Aead.TAG_BYTES;
            }
            ByteBuffer out = ByteBuffer.wrap(buffers.sealed, 0, sealed);
            for (long at = place(slot); out.hasRemaining(); ) {
                at += file.write(out, at);
            }
            return true;
        });
    }

    private static long place(int slot) {
        return (long) slot * SLOT_BYTES;
    }

    /**
     * Reads a part of a chunk.
     *
     * @param chunkLength of the chunk
     * @param target takes {@code length} bytes
     * @throws FormatException where the slot does not have this content
     */
    void read(int slot, long content, int chunkLength, int offset, int length, ByteBuffer target) throws IOException {
        int first = offset / BLOCK_BYTES;
        int behind = (offset + length + BLOCK_BYTES - 1) / BLOCK_BYTES;
        BUFFERS.<Boolean, IOException>use(buffers -> {
            int sealedLength = sealedEnd(behind, chunkLength) - first * SEALED_BYTES;
            fill(ByteBuffer.wrap(buffers.sealed, 0, sealedLength), place(slot) + (long) first * SEALED_BYTES);
            for (int block = first; block < behind; block++) {
                int start = block * BLOCK_BYTES;
                int blockLength = Math.min(BLOCK_BYTES, chunkLength - start);
                Aead.open(
                        key,
                        buffers.nonce(content, block),
                        NO_AAD,
                        buffers.sealed,
                        (block - first) * SEALED_BYTES,
                        blockLength + Aead.TAG_BYTES,
                        buffers.plain,
                        0,
                        "a block of a cached chunk");
                int from = Math.max(offset, start);
                int to = Math.min(offset + length, start + blockLength);
                target.put(buffers.plain, from - start, to - from);
            }
            return true;
        });
    }

    private static int sealedEnd(int blocks, int chunkLength) {
        return Math.min(blocks * BLOCK_BYTES, chunkLength) + blocks * Aead.TAG_BYTES;
    }

    private void fill(ByteBuffer sealed, long position) throws IOException {
        for (long at = position; sealed.hasRemaining(); ) {
            int count = file.read(sealed, at);
            if (count < 0) {
                throw new EOFException("the slot was never written");
            }
            at += count;
        }
    }

    /** Gives all space back. */
    void clear() throws IOException {
        file.truncate(0);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
