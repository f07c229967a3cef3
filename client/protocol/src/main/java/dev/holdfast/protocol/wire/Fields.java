package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.PageRef;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The fields that several messages have in common, and their limits. */
final class Fields {
    /** Of a name, a token, a software release. */
    static final int MAX_NAME_BYTES = 1024;

    static final int MAX_TEXT_BYTES = 4096;
    static final int MAX_BLOB_BYTES = 1 << 20;
    static final int MAX_ITEMS = 1 << 16;
    /** Of a packed chunk beside its payload. */
    static final int PACKED_BYTES = 1 + 4 + 4;

    private static final int MAX_DIGESTS = 1 << 15;
    private static final int MAX_ROOT_PAGES = 1 << 12;

    private Fields() {}

    static ByteWriter uuid(ByteWriter out, UUID uuid) {
        return out.u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits());
    }

    static UUID uuid(ByteReader in) throws FormatException {
        return new UUID(in.u64(), in.u64());
    }

    static void digests(ByteWriter out, List<Digest> digests) {
        out.varint(digests.size());
        digests.forEach(digest -> digest.write(out));
    }

    static List<Digest> digests(ByteReader in) throws FormatException {
        int count = in.varint(Math.min(MAX_DIGESTS, in.remaining() / Digest.BYTES), "digest count");
        List<Digest> digests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            digests.add(Digest.read(in));
        }
        return digests;
    }

    static void pages(ByteWriter out, List<PageRef> pages) {
        out.varint(pages.size());
        pages.forEach(page -> page.write(out));
    }

    static List<PageRef> pages(ByteReader in) throws FormatException {
        int count = in.varint(Math.min(MAX_ROOT_PAGES, in.remaining() / Digest.BYTES), "page count");
        List<PageRef> pages = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            pages.add(PageRef.read(in));
        }
        return pages;
    }

    static void packed(ByteWriter out, Packed packed) {
        out.u8(packed.codec().code()).u32(packed.rawLength()).u32(packed.length());
        out.raw(packed.array(), packed.offset(), packed.length());
    }

    static Packed packed(ByteReader in) throws FormatException {
        Codec codec = Codec.of(in.u8());
        long rawLength = in.u32();
        long length = in.u32();
        if (rawLength > Packed.MAX_RAW_BYTES || length > in.remaining()) {
            throw in.corrupt("chunk of " + rawLength + " bytes, packed in " + length + ", exceeds the limits");
        }
        return in.part((int) length, (array, at, count) -> new Packed(codec, (int) rawLength, array, at, count));
    }
}
