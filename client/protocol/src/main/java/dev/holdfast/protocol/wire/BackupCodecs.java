package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.wire.Message.BackupOpened;
import dev.holdfast.protocol.wire.Message.Commit;
import dev.holdfast.protocol.wire.Message.Committed;
import dev.holdfast.protocol.wire.Message.JoinBackup;
import dev.holdfast.protocol.wire.Message.Known;
import dev.holdfast.protocol.wire.Message.OpenBackup;
import dev.holdfast.protocol.wire.Message.OpenOrdered;
import dev.holdfast.protocol.wire.Message.Put;
import dev.holdfast.protocol.wire.Message.Query;
import dev.holdfast.protocol.wire.Message.RootPart;
import dev.holdfast.protocol.wire.Message.Stored;
import dev.holdfast.protocol.wire.Message.Upload;
import java.util.ArrayList;
import java.util.List;

/** Messages of a backup. */
final class BackupCodecs {
    /** Of a snapshot; the appliance accepts 128 KiB of it. */
    private static final int MAX_SUMMARY_BYTES = 1 << 20;
    /** Older clients fill a frame by payload alone, so that one of tiny files has tens of thousands of chunks. */
    private static final int MAX_UPLOADS = 1 << 16;

    static final List<MessageCodec<?>> ALL = List.of(
            new MessageCodec<>(
                    16,
                    OpenBackup.class,
                    (out, m) -> out.string(m.description()),
                    in -> new OpenBackup(in.string(Fields.MAX_TEXT_BYTES, "description"))),
            new MessageCodec<>(
                    17, BackupOpened.class, (out, m) -> out.u64(m.session()), in -> new BackupOpened(in.u64())),
            new MessageCodec<>(18, JoinBackup.class, (out, m) -> out.u64(m.session()), in -> new JoinBackup(in.u64())),
            new MessageCodec<>(
                    19, Query.class, (out, m) -> Fields.digests(out, m.digests()), in -> new Query(Fields.digests(in))),
            new MessageCodec<>(
                    20,
                    Known.class,
                    (out, m) -> out.bytes(m.bitmap()),
                    in -> new Known(in.bytes(Fields.MAX_ITEMS / 8, "bitmap"))),
            new MessageCodec<>(21, Put.class, BackupCodecs::put, BackupCodecs::put),
            new MessageCodec<>(
                    22,
                    Stored.class,
                    (out, m) -> out.u64(m.sequence()).u64(m.durable()),
                    in -> new Stored(in.u64(), in.u64())),
            new MessageCodec<>(
                    23, RootPart.class, (out, m) -> Fields.pages(out, m.pages()), in -> new RootPart(Fields.pages(in))),
            new MessageCodec<>(
                    24,
                    Commit.class,
                    (out, m) -> out.bytes(m.summary()),
                    in -> new Commit(in.bytes(MAX_SUMMARY_BYTES, "summary"))),
            new MessageCodec<>(
                    25,
                    Committed.class,
                    (out, m) -> Fields.uuid(out, m.snapshot()),
                    in -> new Committed(Fields.uuid(in))),
            new MessageCodec<>(52, OpenOrdered.class, (out, m) -> out.u64(m.task()), in -> new OpenOrdered(in.u64())));

    private BackupCodecs() {}

    private static void put(ByteWriter out, Put m) {
        out.varint(m.chunks().size());
        for (Upload chunk : m.chunks()) {
            out.u8(chunk.kind().code());
            chunk.digest().write(out);
            Fields.packed(out, chunk.packed());
        }
    }

    private static Put put(ByteReader in) throws FormatException {
        int count = in.varint(Math.min(MAX_UPLOADS, in.remaining() / Upload.OVERHEAD_BYTES), "chunk count");
        List<Upload> chunks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ChunkKind kind = ChunkKind.of(in.u8());
            Digest digest = Digest.read(in);
            chunks.add(new Upload(kind, digest, Fields.packed(in)));
        }
        return new Put(chunks);
    }
}
