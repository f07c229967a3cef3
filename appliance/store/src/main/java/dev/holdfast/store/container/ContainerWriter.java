package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.Hasher;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Fills one container. Threads encrypt in parallel and append one after another, so that the file never has a hole
 * before a durable frame: everything up to a successful {@link #sync()} survives a crash whole.
 *
 * <p>While open the file ends in {@code .open}; {@link #seal()} gives it its final name. After any failed write the
 * container takes no more frames and no ordinal is used twice. Safe for use by several threads; the creator closes it.
 */
public final class ContainerWriter implements AutoCloseable {
    /** Containers are sealed at about this size. */
    public static final int TARGET_BYTES = 64 << 20;

    public static final String OPEN_SUFFIX = ".open";
    private static final int BUFFER_BYTES = 1 << 20;
    /** Writes begin at multiples of this, so that the disk can take them past the page cache. */
    private static final int BLOCK_BYTES = 1 << 12;

    /** Room to encrypt a frame in. */
    private static final Spares<byte[]> FRAMES =
            new Spares<>(() -> new byte[FrameHeader.paddedBytes(FrameHeader.MAX_STORED_BYTES)]);

    private final Disk disk;
    private final Path finalPath;
    private final Disk.DiskFile file;
    private final ContainerHeader header;
    private final VaultKeys vault;
    private final SecretKey frameKey;
    private final SecretKey trailerKey;
    /** Of what {@link #pretend} encrypts, which nobody sees. */
    private final SecretKey decoyKey;

    private final int targetBytes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final List<FrameEntry> entries = new ArrayList<>();
    /** Freed when the writer closes rather than when the collector notices. */
    private final Arena arena = Arena.ofShared();

    /** What follows in the file from {@link #bufferStart} on. */
    private final ByteBuffer buffer;

    private long bufferStart;
    /** How many bytes of the buffer were hashed and written. */
    private int flushed;

    private final Hasher hasher;
    private long reserved = ContainerHeader.BYTES;
    private int nextOrdinal;
    private final AtomicInteger decoys = new AtomicInteger();
    private int outstanding;
    private boolean full;
    private boolean sealed;
    private @Nullable IOException failure;

    /**
     * Creates the container's file, open for appending.
     *
     * @param finalPath the name it gets when sealed
     */
    public ContainerWriter(Disk disk, Path finalPath, VaultKeys vault, ContainerHeader header, int targetBytes)
            throws IOException {
        this.disk = disk;
        this.finalPath = finalPath;
        this.header = header;
        this.vault = vault;
        this.targetBytes = targetBytes;
        this.hasher = header.hash().hasher();
        int room = (Math.min(BUFFER_BYTES, targetBytes) + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        this.buffer = arena.allocate(room, BLOCK_BYTES).asByteBuffer();
        this.frameKey = vault.containerKey(header.epoch(), header.uuid(), 0);
        this.trailerKey = vault.containerKey(header.epoch(), header.uuid(), 1);
        this.decoyKey = vault.containerKey(header.epoch(), header.uuid(), 2);
        try {
            this.file = disk.create(openPath(finalPath));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
        lock.lock();
        try {
            emit(header.encode());
        } finally {
            lock.unlock();
        }
    }

    public static Path openPath(Path finalPath) {
        return finalPath.resolveSibling(finalPath.getFileName() + OPEN_SUFFIX);
    }

    public ContainerHeader header() {
        return header;
    }

    /**
     * Encrypts and appends a chunk. It is durable after the next {@link #sync()}.
     *
     * @return where it went, or null where the container is full, or a write to it failed before: use another
     * @throws FormatException where the chunk is not in the form that is stored; nothing was written
     */
    public @Nullable FrameEntry append(ChunkId id, ChunkKind kind, int owner, Packed packed) throws IOException {
        packed.requireCanonical();
        if (packed.codec() == Codec.RAW) {
            throw FormatException.corrupt("a chunk of codec RAW exists on the wire only");
        }
        int storedLength = packed.length() + Aead.TAG_BYTES;
        int ordinal;
        lock.lock();
        try {
            int bytes = FrameHeader.paddedBytes(storedLength);
            if (full || (reserved + bytes > targetBytes && nextOrdinal > 0)) {
                full = true;
                return null;
            }
            reserved += bytes;
            outstanding++;
            ordinal = nextOrdinal++;
        } finally {
            lock.unlock();
        }
        try {
            return FRAMES.use(frame -> {
                FrameHeader draft =
                        new FrameHeader(ordinal, storedLength, packed.rawLength(), packed.codec(), kind, owner, id, 0);
                byte[] aad = draft.aad(header.uuid());
                int crc = sealBody(frameKey, ordinal, aad, packed, frame);
                System.arraycopy(draft.with(crc).encode(), 0, frame, 0, FrameHeader.BYTES);
                return emitFrame(frame, new FrameEntry(id, 0, storedLength, ordinal, owner, kind));
            });
        } finally {
            lock.lock();
            try {
                if (--outstanding == 0) {
                    idle.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Does the work of {@link #append} without storing anything, so that its time does not tell whether a chunk was stored already.
     *
     * @return the offset that the chunk's frame would have had
     */
    public long pretend(Packed packed) throws IOException {
        int unused = FRAMES.use(frame -> {
            int crc = sealBody(decoyKey, decoys.getAndIncrement(), new byte[0], packed, frame);
            return crc + header.hash().hash(frame, FrameHeader.BYTES, packed.length())[0];
        });
        lock.lock();
        try {
            // What was computed must be needed, or it is not computed.
            return unused == Integer.MIN_VALUE ? bufferStart : bufferStart + buffer.position();
        } finally {
            lock.unlock();
        }
    }

    /** Encrypts into a frame, behind where its header goes, and returns the checksum of that. */
    private static int sealBody(SecretKey key, int ordinal, byte[] aad, Packed packed, byte[] frame) {
        int length = packed.length() + Aead.TAG_BYTES;
        Aead.seal(
                key,
                FrameHeader.nonce(ordinal),
                aad,
                packed.array(),
                packed.offset(),
                packed.length(),
                frame,
                FrameHeader.BYTES);
        int end = FrameHeader.BYTES + length;
        Arrays.fill(frame, end, FrameHeader.paddedBytes(length), (byte) 0);
        return FrameHeader.crc(frame, FrameHeader.BYTES, length);
    }

    private FrameEntry emitFrame(byte[] frame, FrameEntry draft) throws IOException {
        lock.lock();
        try {
            requireHealthy();
            FrameEntry entry = new FrameEntry(
                    draft.id(),
                    bufferStart + buffer.position(),
                    draft.storedLength(),
                    draft.ordinal(),
                    draft.owner(),
                    draft.kind());
            emit(frame, FrameHeader.paddedBytes(draft.storedLength()));
            entries.add(entry);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    private void emit(byte[] bytes) throws IOException {
        emit(bytes, bytes.length);
    }

    /** Under the lock: buffers bytes, and writes whenever the buffer is full. */
    private void emit(byte[] bytes, int length) throws IOException {
        for (int at = 0; at < length; ) {
            int part = Math.min(buffer.remaining(), length - at);
            buffer.put(bytes, at, part);
            at += part;
            if (!buffer.hasRemaining()) {
                flush();
            }
        }
    }

    /** Under the lock: hashes and writes what is buffered, while the processor's caches still have it. */
    private void flush() throws IOException {
        int end = buffer.position();
        if (end == flushed) {
            return;
        }
        hasher.update(buffer.slice(flushed, end - flushed));
        // A block that was written when it was not full is written again as a whole.
        int from = flushed / BLOCK_BYTES * BLOCK_BYTES;
        try {
            file.write(buffer.slice(from, end - from), bufferStart + from);
        } catch (IOException e) {
            throw fail(e);
        }
        flushed = end;
        if (!buffer.hasRemaining()) {
            bufferStart += end;
            flushed = 0;
            buffer.clear();
        }
    }

    private IOException fail(IOException cause) {
        failure = cause;
        full = true;
        return cause;
    }

    private void requireHealthy() throws IOException {
        if (failure != null) {
            throw new IOException("container " + finalPath + " failed before: " + failure.getMessage(), failure);
        }
    }

    /** Brings every frame whose append has returned to stable storage. */
    public void sync() throws IOException {
        lock.lock();
        try {
            if (sealed) {
                return;
            }
            requireHealthy();
            flush();
        } finally {
            lock.unlock();
        }
        // Outside the lock, so that appends go on while the disk works.
        try {
            file.sync();
        } catch (IOException e) {
            lock.lock();
            try {
                throw fail(e);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether no frame was appended, and none will be. */
    public boolean isEmpty() {
        finishAppends();
        lock.lock();
        try {
            return entries.isEmpty() && failure == null;
        } finally {
            lock.unlock();
        }
    }

    /** No further appends are taken; those under way finish. */
    private void finishAppends() {
        lock.lock();
        try {
            full = true;
            while (outstanding > 0) {
                idle.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Looks at a container that is complete, before it gets its final name. */
    public interface Review {
        void look(Path open) throws IOException;
    }

    /**
     * Waits for appends under way, writes trailer and footer, syncs, reads the trailer back, and renames the file.
     *
     * @return everything in it, in file order
     */
    public List<FrameEntry> seal() throws IOException {
        return seal(this::requireReadable);
    }

    /** As {@link #seal()}, where the caller has more to check before the file counts. */
    public List<FrameEntry> sealReviewed(Review review) throws IOException {
        return seal(open -> {
            requireReadable(open);
            review.look(open);
        });
    }

    private void requireReadable(Path open) throws IOException {
        try (ContainerReader reader = ContainerReader.open(disk, open, vault, false)) {
            if (!reader.readTrailer().equals(entries)) {
                throw FormatException.corrupt("container " + open + ": the trailer that was written reads differently");
            }
        }
    }

    private List<FrameEntry> seal(Review review) throws IOException {
        finishAppends();
        lock.lock();
        try {
            requireHealthy();
            long trailerOffset = bufferStart + buffer.position();
            byte[] trailer = sealTrailer(header, trailerKey, entries);
            emit(trailer);
            flush();
            emit(new Footer(trailerOffset, trailer.length, entries.size(), hasher.digest()).encode());
            flush();
            try {
                file.sync();
                review.look(openPath(finalPath));
                disk.rename(openPath(finalPath), finalPath);
                Path directory = finalPath.getParent();
                if (directory != null) {
                    disk.syncDirectory(directory);
                }
            } catch (IOException e) {
                throw fail(e);
            }
            sealed = true;
            return List.copyOf(entries);
        } finally {
            lock.unlock();
        }
    }

    /** Random nonce, then the sealed entries; a key of its own, so that sealing twice after a crash is harmless. */
    static byte[] sealTrailer(ContainerHeader header, SecretKey trailerKey, List<FrameEntry> entries) {
        ByteWriter plain = new ByteWriter(entries.size() * FrameEntry.BYTES);
        entries.forEach(entry -> entry.write(plain));
        byte[] nonce = Keyring.random(Aead.NONCE_BYTES);
        byte[] sealed = Aead.seal(trailerKey, nonce, trailerAad(header, entries.size()), plain.toByteArray());
        return new ByteWriter(nonce.length + sealed.length)
                .raw(nonce)
                .raw(sealed)
                .toByteArray();
    }

    static byte[] trailerAad(ContainerHeader header, int frames) {
        return new ByteWriter(64).raw(header.encode()).u32(frames).toByteArray();
    }

    /** Closes the file, sealed or not; an unsealed one is recovered at the next start. */
    @Override
    public void close() throws IOException {
        finishAppends();
        lock.lock();
        try {
            full = true;
            if (arena.scope().isAlive()) {
                arena.close();
            }
            failure = failure == null ? new IOException("it is closed") : failure;
            file.close();
        } finally {
            lock.unlock();
        }
    }
}
