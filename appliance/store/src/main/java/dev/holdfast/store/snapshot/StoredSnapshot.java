package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/**
 * The last frame of a manifest file: who made the snapshot, when, and where its pages are listed.
 *
 * <pre>
 * version u8 · snapshot UUID 16 · node u32 · node name string · committed u64 ms · n varint · n × pages in part varint
 * summary bytes (an encoded SnapshotSummary, as the client sent it)
 * </pre>
 *
 * @param parts how many pages each of the frames before lists, in order
 */
public record StoredSnapshot(UUID id, int node, String nodeName, long committed, List<Integer> parts, byte[] summary) {
    private static final int VERSION = 1;

    public byte[] encode() {
        ByteWriter out = new ByteWriter(summary.length + 128);
        out.u8(VERSION).u64(id.getMostSignificantBits()).u64(id.getLeastSignificantBits());
        out.u32(node).string(nodeName).u64(committed).varint(parts.size());
        parts.forEach(out::varint);
        return out.bytes(summary).toByteArray();
    }

    public static StoredSnapshot parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        FormatException.requireVersion("snapshot", in.u8(), VERSION);
        UUID id = new UUID(in.u64(), in.u64());
        int node = in.i32();
        String nodeName = in.string(1024, "node name");
        long committed = in.u64();
        List<Integer> parts = new ArrayList<>();
        for (int n = in.varint(1 << 20, "part count"); n > 0; n--) {
            parts.add(in.varint(1 << 20, "pages in part"));
        }
        byte[] summary = in.bytes(8 << 20, "summary");
        in.expectEnd("snapshot");
        return new StoredSnapshot(id, node, nodeName, committed, Collections.unmodifiableList(parts), summary);
    }

    public int pages() {
        return parts.stream().mapToInt(Integer::intValue).sum();
    }
}
