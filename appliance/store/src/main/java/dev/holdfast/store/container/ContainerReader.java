package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.Hasher;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** Reads one container, sealed or open. Safe for use by several threads; the opener closes it. */
public final class ContainerReader implements AutoCloseable {
    private static final int SCAN_BYTES = 1 << 20;
    private static final int MAX_TRAILER_BYTES = 1 << 28;

    private final Path path;
    private final Disk.DiskFile file;
    private final ContainerHeader header;
    private final VaultKeys vault;
    private final SecretKey frameKey;
    private final SecretKey trailerKey;

    private ContainerReader(Path path, Disk.DiskFile file, ContainerHeader header, VaultKeys vault) throws IOException {
        this.path = path;
        this.file = file;
        this.header = header;
        this.vault = vault;
        this.frameKey = vault.containerKey(header.epoch(), header.uuid(), 0);
        this.trailerKey = vault.containerKey(header.epoch(), header.uuid(), 1);
    }

    /** @throws FormatException where the file is not a container of this vault */
    public static ContainerReader open(Disk disk, Path path, VaultKeys vault, boolean writable) throws IOException {
        return open(disk.open(path, writable), path, vault);
    }

    /**
     * As above, from a file that is open; it is closed with the reader, and where this fails.
     *
     * @param path names it in errors
     */
    public static ContainerReader open(Disk.DiskFile file, Path path, VaultKeys vault) throws IOException {
        try {
            byte[] bytes = read(file, 0, ContainerHeader.BYTES);
            ContainerHeader header = ContainerHeader.parse(bytes);
            if (!header.vault().equals(vault.id())) {
                throw FormatException.corrupt("it belongs to vault " + header.vault() + ", not " + vault.id());
            }
            if (header.hash() != vault.hash()) {
                throw FormatException.corrupt("it uses " + header.hash().label() + ", its vault "
                        + vault.hash().label());
            }
            return new ContainerReader(path, file, header, vault);
        } catch (FormatException e) {
            file.close();
            throw FormatException.corrupt("container " + path + ": " + e.getMessage());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public ContainerHeader header() {
        return header;
    }

    public Path path() {
        return path;
    }

    private static byte[] read(Disk.DiskFile file, long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        read(file, offset, length, bytes);
        return bytes;
    }

    private static void read(Disk.DiskFile file, long offset, int length, byte[] into) throws IOException {
        int count = file.read(ByteBuffer.wrap(into, 0, length), offset);
        if (count < length) {
            throw FormatException.corrupt("truncated: " + count + " of " + length + " bytes at offset " + offset);
        }
    }

    /** A stretch of the file that covers several frames, read at once. */
    public byte[] readRange(long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        readRange(offset, length, bytes);
        return bytes;
    }

    /** As above, into an array that is long enough. */
    public void readRange(long offset, int length, byte[] into) throws IOException {
        try {
            read(file, offset, length, into);
        } catch (FormatException e) {
            throw damaged(offset, e);
        }
    }

    /** Reads, checks and decrypts one frame; the chunk stays packed. */
    public Packed readFrame(FrameEntry entry) throws IOException {
        byte[] bytes = readRange(entry.offset(), FrameHeader.BYTES + entry.storedLength());
        return decrypt(entry, bytes, 0);
    }

    /** As {@link #readFrame}, from bytes that {@link #readRange} returned. */
    public Packed decrypt(FrameEntry entry, byte[] bytes, int at) throws IOException {
        return decrypt(entry, bytes, at, new byte[packedBytes(entry.storedLength())], 0);
    }

    /** How long a chunk is, packed, that takes so many bytes in a container. */
    public static int packedBytes(int storedLength) {
        return Math.max(0, storedLength - Aead.TAG_BYTES);
    }

    /** As above, into an array, which the result refers to. */
    public Packed decrypt(FrameEntry entry, byte[] bytes, int at, byte[] to, int toOffset) throws IOException {
        try {
            FrameHeader head = FrameHeader.parse(bytes, at);
            if (!head.id().equals(entry.id()) || head.storedLength() != entry.storedLength()) {
                throw FormatException.corrupt("it holds another chunk");
            }
            if (head.storedLength() > bytes.length - at - FrameHeader.BYTES) {
                throw FormatException.corrupt("it is longer than what was read");
            }
            Aead.open(
                    frameKey,
                    FrameHeader.nonce(head.ordinal()),
                    head.aad(header.uuid()),
                    bytes,
                    at + FrameHeader.BYTES,
                    head.storedLength(),
                    to,
                    toOffset,
                    "frame");
            return new Packed(head.codec(), head.rawLength(), to, toOffset, packedBytes(head.storedLength()));
        } catch (FormatException e) {
            throw damaged(entry.offset(), e);
        }
    }

    private FormatException damaged(long offset, FormatException cause) {
        return FormatException.corrupt("container " + path + ", frame at " + offset + ": " + cause.getMessage());
    }

    /** The entries of a sealed container, decrypted from its trailer. */
    public List<FrameEntry> readTrailer() throws IOException {
        try {
            Footer footer = footer();
            byte[] trailer = read(file, footer.trailerOffset(), footer.trailerLength());
            byte[] plain = Aead.open(
                    trailerKey,
                    Arrays.copyOf(trailer, Aead.NONCE_BYTES),
                    ContainerWriter.trailerAad(header, footer.frames()),
                    Arrays.copyOfRange(trailer, Aead.NONCE_BYTES, trailer.length),
                    "trailer");
            ByteReader in = new ByteReader(plain);
            List<FrameEntry> entries = new ArrayList<>(footer.frames());
            while (in.hasRemaining()) {
                entries.add(FrameEntry.read(in));
            }
            if (entries.size() != footer.frames()) {
                throw FormatException.corrupt("trailer lists " + entries.size() + " of " + footer.frames() + " frames");
            }
            return entries;
        } catch (FormatException e) {
            throw FormatException.corrupt("container " + path + ": " + e.getMessage());
        }
    }

    private Footer footer() throws IOException {
        long size = file.size();
        if (size < ContainerHeader.BYTES + Footer.BYTES) {
            throw FormatException.corrupt("too short to be sealed");
        }
        Footer footer = Footer.parse(read(file, size - Footer.BYTES, Footer.BYTES));
        if (footer.trailerLength() < Aead.NONCE_BYTES + Aead.TAG_BYTES
                || footer.trailerLength() > MAX_TRAILER_BYTES
                || footer.trailerOffset() < ContainerHeader.BYTES
                || footer.trailerOffset() + footer.trailerLength() != size - Footer.BYTES) {
            throw FormatException.corrupt("footer points outside the container");
        }
        return footer;
    }

    /** Checks the whole file against the hash in its footer; needs no keys. */
    public void verifyHash() throws IOException {
        try {
            Footer footer = footer();
            if (!Arrays.equals(hash(file.size() - Footer.BYTES), footer.hash())) {
                throw FormatException.corrupt("content does not match the hash in its footer");
            }
        } catch (FormatException e) {
            throw FormatException.corrupt("container " + path + ": " + e.getMessage());
        }
    }

    /** Of everything before {@code end}. */
    private byte[] hash(long end) throws IOException {
        Hasher hasher = header.hash().hasher();
        byte[] block = new byte[(int) Math.min(SCAN_BYTES, end)];
        for (long at = 0; at < end; ) {
            int part = (int) Math.min(block.length, end - at);
            read(file, at, part, block);
            hasher.update(block, 0, part);
            at += part;
        }
        return hasher.digest();
    }

    /** A frame that cannot be read back. */
    public record BadFrame(FrameEntry entry, String what) {}

    /**
     * Parses every frame that the trailer lists, and checks its checksum and that it holds the chunk that is listed: a tenth
     * of what {@link #verifyHash} costs.
     *
     * @param contents for which ordinals the chunk is also decrypted, unpacked and compared with its id
     * @return the frames that fail, in file order; one bad frame does not hide the others
     * @throws FormatException where the trailer, or a header, cannot be read: then any frame may be lost
     */
    public List<BadFrame> badFrames(IntPredicate contents) throws IOException {
        List<BadFrame> bad = new ArrayList<>();
        byte[] block = new byte[SCAN_BYTES];
        long at = ContainerHeader.BYTES;
        long end = footer().trailerOffset();
        for (FrameEntry entry : readTrailer()) {
            try {
                long last = FrameEntry.end(entry.offset(), entry.storedLength());
                // Where a torn container was sealed, what was torn lies between frames.
                if (entry.offset() < at || entry.storedLength() < 0 || last > end) {
                    throw FormatException.corrupt("the trailer lists a frame where none fits");
                }
                at = last;
                if (!entry.readable()) {
                    throw FormatException.corrupt("a frame of " + entry.storedLength() + " bytes is out of range");
                }
                int length = FrameHeader.BYTES + entry.storedLength();
                block = block.length < length ? new byte[length] : block;
                read(file, entry.offset(), length, block);
                checkFrame(entry, block, contents.test(entry.ordinal()));
            } catch (FormatException e) {
                bad.add(new BadFrame(
                        entry, String.valueOf(damaged(entry.offset(), e).getMessage())));
            }
        }
        return bad;
    }

    private void checkFrame(FrameEntry entry, byte[] bytes, boolean content) throws IOException {
        FrameHeader head = FrameHeader.parse(bytes, 0);
        if (!head.id().equals(entry.id()) || head.storedLength() != entry.storedLength()) {
            throw FormatException.corrupt("it holds another chunk");
        }
        if (FrameHeader.crc(bytes, FrameHeader.BYTES, head.storedLength()) != head.bodyCrc()) {
            throw FormatException.corrupt("it fails its checksum");
        }
        if (content) {
            requireContent(entry, decrypt(entry, bytes, 0));
        }
    }

    private void requireContent(FrameEntry entry, Packed packed) throws IOException {
        Digest digest = packed.withPlain(vault.hash()::digest);
        if (!vault.chunkId(digest).equals(entry.id())) {
            throw FormatException.corrupt("the chunk does not match its id");
        }
    }

    /** As {@link #readFrame}, and unpacks the chunk and compares it with its id: for callers who delete the original. */
    public Packed readVerified(FrameEntry entry) throws IOException {
        Packed packed = readFrame(entry);
        try {
            requireContent(entry, packed);
        } catch (FormatException e) {
            throw damaged(entry.offset(), e);
        }
        return packed;
    }

    /** The entries of a sealed container, from its frames where its trailer is damaged. */
    public List<FrameEntry> entries() throws IOException {
        try {
            return readTrailer();
        } catch (FormatException e) {
            return scanFrames().frames();
        }
    }

    /** What a scan found. */
    public record Scan(List<FrameEntry> frames, boolean damaged) {}

    /**
     * The whole frames, found without the trailer. Checks headers and checksums; does not decrypt. Behind a bad frame the
     * scan looks for the next good one: {@code damaged} says whether there was any, since then the bad one is not a torn end
     * but a frame that went bad.
     */
    public Scan scanFrames() throws IOException {
        List<FrameEntry> entries = new ArrayList<>();
        long size = file.size();
        long at = ContainerHeader.BYTES;
        boolean bad = false;
        boolean damaged = false;
        while (at + FrameHeader.BYTES <= size) {
            FrameHeader head = headAt(at, size);
            if (head == null) {
                bad = true;
                at = nextMagic(at + 16, size);
                continue;
            }
            if (bodyIsWhole(at, head)) {
                entries.add(
                        new FrameEntry(head.id(), at, head.storedLength(), head.ordinal(), head.owner(), head.kind()));
                damaged |= bad;
            } else {
                bad = true;
            }
            at += FrameHeader.paddedBytes(head.storedLength());
        }
        return new Scan(entries, damaged);
    }

    private @Nullable FrameHeader headAt(long at, long size) throws IOException {
        try {
            FrameHeader head = FrameHeader.parse(read(file, at, FrameHeader.BYTES), 0);
            return FrameEntry.end(at, head.storedLength()) <= size ? head : null;
        } catch (FormatException e) {
            return null;
        }
    }

    private boolean bodyIsWhole(long at, FrameHeader head) throws IOException {
        byte[] body = read(file, at + FrameHeader.BYTES, head.storedLength());
        return FrameHeader.crc(body, 0, body.length) == head.bodyCrc();
    }

    /** The next multiple of 16 where a frame might begin, or the end of the file. */
    private long nextMagic(long from, long size) throws IOException {
        for (long at = from; at + FrameHeader.BYTES <= size; ) {
            byte[] block = read(file, at, (int) Math.min(SCAN_BYTES, size - at));
            for (int i = 0; i + 4 <= block.length; i += 16) {
                if (ByteBuffer.wrap(block).getInt(i) == FrameHeader.MAGIC) {
                    return at + i;
                }
            }
            at += SCAN_BYTES;
        }
        return size;
    }

    /**
     * Seals a container that a crash left open: truncates it after the last whole frame and writes trailer and footer. The
     * reader must have been opened writable.
     *
     * @return the frames saved; where there are none the file is left alone, to be deleted
     */
    Scan sealTorn() throws IOException {
        Scan scan = scanFrames();
        List<FrameEntry> entries = scan.frames();
        if (entries.isEmpty()) {
            return scan;
        }
        FrameEntry last = entries.getLast();
        long end = last.offset() + FrameHeader.paddedBytes(last.storedLength());
        file.truncate(end);
        // A torn last frame may lack its padding.
        long missing = end - file.size();
        if (missing > 0) {
            file.write(ByteBuffer.allocate((int) missing), end - missing);
        }
        byte[] trailer = ContainerWriter.sealTrailer(header, trailerKey, entries);
        file.write(ByteBuffer.wrap(trailer), end);
        Footer footer = new Footer(end, trailer.length, entries.size(), hash(end + trailer.length));
        file.write(ByteBuffer.wrap(footer.encode()), end + trailer.length);
        file.sync();
        return scan;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
