package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import java.util.ArrayList;
import java.util.List;

/**
 * A decoded manifest page.
 *
 * <pre>
 * magic u32 "HFPG" · version u8 · context path bytes · chunk table: n varint, n × (digest 32, length varint)
 * record count varint · records
 * </pre>
 *
 * @param context the directory the first record stands in or, where the page begins with {@link Node.More}, the path of
 *     the file it continues
 * @param chunks the distinct chunks that the page refers to
 */
public record Page(TreePath context, List<Digest> chunks, List<Node> records) {
    static final int MAGIC = 0x48465047;
    static final int VERSION = 1;
    /** What a page with inode flags has; pages without any stay as they were, and so do their digests. */
    static final int FLAGGED_VERSION = 2;

    public static Page parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        if (in.i32() != MAGIC) {
            throw in.corrupt("no manifest page");
        }
        int version = in.u8();
        FormatException.requireVersion("manifest page", version, FLAGGED_VERSION);
        TreePath context = TreePath.of(in.bytes(TreePath.MAX_BYTES, "context path"));
        int chunkCount = in.varint(in.remaining() / Digest.BYTES, "chunk count");
        List<NodeCodec.ChunkRef> table = new ArrayList<>(chunkCount);
        List<Digest> chunks = new ArrayList<>(chunkCount);
        for (int i = 0; i < chunkCount; i++) {
            Digest digest = Digest.read(in);
            chunks.add(digest);
            table.add(new NodeCodec.ChunkRef(digest, in.varint(Packed.MAX_RAW_BYTES, "chunk length")));
        }
        int count = in.varint(in.remaining(), "record count");
        List<Node> records = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            records.add(NodeCodec.read(in, table, version));
        }
        in.expectEnd("manifest page");
        return new Page(context, chunks, records);
    }
}
