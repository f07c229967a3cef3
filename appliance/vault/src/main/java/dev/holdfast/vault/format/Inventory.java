package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * Which objects a segment or a catalogue speaks of, in the clear: what whoever audits a vault without its keys goes by.
 * It tells nothing that a listing of the bucket would not.
 *
 * <pre>
 *  0  8  magic "HFINVT\r\n"
 *  8  2  version: 1 with SHA-256, else 2
 * 10  2  version 2: code of the hash of the inventory and of the objects; version 1: zero
 * 12  4  number of entries
 * 16     entries of 64 bytes: UUID 16 · kind u8 · zero 3 · ordinal u32, 0 for manifests · length of the object u64
 *        the hash at its end 32
 * end-32 hash of everything before
 * </pre>
 *
 * A length of 0 says that the object is no more.
 */
public record Inventory(HashAlgorithm hash, List<Entry> entries) {
    private static final long MAGIC = 0x4846494E56540D0AL;
    private static final int VERSION = 2;
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES = 64;

    /** An object that must be there or, with a length of 0, one that earlier inventories list and that is no more. */
    public record Entry(UUID id, ObjectKind kind, int ordinal, long bytes, byte[] hash) {
        static Entry gone(UUID id, ObjectKind kind, int ordinal) {
            return new Entry(id, kind, ordinal, 0, new byte[SealedObject.HASH_BYTES]);
        }

        public String key() {
            return kind.key(id);
        }
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(HEADER_BYTES + entries.size() * ENTRY_BYTES + SealedObject.HASH_BYTES);
        out.u64(MAGIC).u16(hash.headerVersion()).u16(hash.headerCode());
        out.u32(entries.size());
        for (Entry entry : entries) {
            out.u64(entry.id.getMostSignificantBits()).u64(entry.id.getLeastSignificantBits());
            out.u8(entry.kind.code())
                    .u8(0)
                    .u16(0)
                    .u32(entry.ordinal)
                    .u64(entry.bytes)
                    .raw(entry.hash);
        }
        return out.raw(hash.hash(out.toByteArray())).toByteArray();
    }

    /** @param expected what the root says that the inventory's last bytes are */
    public static Inventory parse(byte[] bytes, byte[] expected) throws FormatException {
        int end = bytes.length - SealedObject.HASH_BYTES;
        if (end < HEADER_BYTES) {
            throw FormatException.corrupt("inventory: truncated");
        }
        ByteReader in = new ByteReader(bytes, 0, end);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt("no inventory");
        }
        int version = in.u16();
        FormatException.requireVersion("inventory", version, VERSION);
        int code = in.u16();
        HashAlgorithm hash = HashAlgorithm.ofHeader(version, code);
        byte[] told = Arrays.copyOfRange(bytes, end, bytes.length);
        byte[] found = hash.hash(bytes, 0, end);
        if (!Arrays.equals(told, found)) {
            throw FormatException.corrupt("inventory: content does not match the hash at its end");
        }
        if (!Arrays.equals(found, expected)) {
            throw FormatException.corrupt(
                    "inventory: whole, but not " + HexFormat.of().formatHex(expected, 0, 8));
        }
        int count = in.i32();
        if (count < 0 || count != in.remaining() / ENTRY_BYTES) {
            throw FormatException.corrupt("inventory: claims " + count + " entries");
        }
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            UUID id = new UUID(in.u64(), in.u64());
            ObjectKind kind = ObjectKind.of(in.u8());
            in.raw(3);
            entries.add(new Entry(id, kind, in.i32(), in.u64(), in.raw(SealedObject.HASH_BYTES)));
        }
        in.expectEnd("inventory");
        return new Inventory(hash, List.copyOf(entries));
    }
}
