package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.wire.Message.Answer;
import dev.holdfast.protocol.wire.Message.AskThaw;
import dev.holdfast.protocol.wire.Message.Chunks;
import dev.holdfast.protocol.wire.Message.Forget;
import dev.holdfast.protocol.wire.Message.Get;
import dev.holdfast.protocol.wire.Message.ListSnapshots;
import dev.holdfast.protocol.wire.Message.OpenRead;
import dev.holdfast.protocol.wire.Message.Places;
import dev.holdfast.protocol.wire.Message.Plan;
import dev.holdfast.protocol.wire.Message.ReadOpened;
import dev.holdfast.protocol.wire.Message.ReadRoot;
import dev.holdfast.protocol.wire.Message.RootPages;
import dev.holdfast.protocol.wire.Message.SnapshotInfo;
import dev.holdfast.protocol.wire.Message.Snapshots;
import dev.holdfast.protocol.wire.Message.ThawAdvice;
import java.util.ArrayList;
import java.util.List;

/** Messages that list and read snapshots. */
final class ReadCodecs {
    private static final int MAX_SUMMARY_BYTES = 4 << 20;
    /** What follows in an answer about a chunk; older clients take anything but {@link #CHUNK} for no chunk. */
    private static final int NO_CHUNK = 0;

    private static final int CHUNK = 1;
    private static final int FROZEN = 2;
    /** The shortest answer about a chunk. */
    private static final int MIN_ANSWER_BYTES = 6;

    static final List<MessageCodec<?>> ALL = List.of(
            new MessageCodec<>(32, ListSnapshots.class, (out, m) -> {}, in -> new ListSnapshots()),
            new MessageCodec<>(33, Snapshots.class, ReadCodecs::snapshots, ReadCodecs::snapshots),
            new MessageCodec<>(
                    34,
                    OpenRead.class,
                    (out, m) -> Fields.uuid(out, m.snapshot()).string(m.text()),
                    in -> new OpenRead(Fields.uuid(in), in.string(Fields.MAX_TEXT_BYTES, "purpose"))),
            new MessageCodec<>(
                    35,
                    ReadOpened.class,
                    (out, m) -> out.u32(m.pages()).bytes(m.summary()),
                    in -> new ReadOpened(in.i32(), in.bytes(MAX_SUMMARY_BYTES, "summary"))),
            new MessageCodec<>(
                    36,
                    ReadRoot.class,
                    (out, m) -> Fields.uuid(out, m.snapshot()).u32(m.from()).u32(m.count()),
                    in -> new ReadRoot(Fields.uuid(in), in.i32(), in.i32())),
            new MessageCodec<>(
                    37,
                    RootPages.class,
                    (out, m) -> Fields.pages(out, m.pages()),
                    in -> new RootPages(Fields.pages(in))),
            new MessageCodec<>(
                    38, Plan.class, (out, m) -> Fields.digests(out, m.digests()), in -> new Plan(Fields.digests(in))),
            new MessageCodec<>(39, Places.class, ReadCodecs::places, ReadCodecs::places),
            new MessageCodec<>(
                    40,
                    Get.class,
                    (out, m) -> Fields.digests(out.u8(m.how().code()), m.digests()),
                    in -> new Get(Message.Reading.of(in.u8()), Fields.digests(in))),
            new MessageCodec<>(41, Chunks.class, ReadCodecs::chunks, ReadCodecs::chunks),
            new MessageCodec<>(
                    42, Forget.class, (out, m) -> Fields.uuid(out, m.snapshot()), in -> new Forget(Fields.uuid(in))),
            new MessageCodec<>(
                    43, AskThaw.class, (out, m) -> Fields.uuid(out, m.snapshot()), in -> new AskThaw(Fields.uuid(in))),
            new MessageCodec<>(
                    44,
                    ThawAdvice.class,
                    (out, m) -> out.string(m.text()),
                    in -> new ThawAdvice(in.string(Fields.MAX_TEXT_BYTES, "advice"))));

    private ReadCodecs() {}

    private static void snapshots(ByteWriter out, Snapshots m) {
        out.u8(m.last() ? 1 : 0).varint(m.snapshots().size());
        for (SnapshotInfo info : m.snapshots()) {
            Fields.uuid(out, info.id()).u64(info.committed()).bytes(info.summary());
        }
    }

    private static Snapshots snapshots(ByteReader in) throws FormatException {
        boolean last = in.u8() == 1;
        List<SnapshotInfo> snapshots = new ArrayList<>();
        for (int n = in.varint(Fields.MAX_ITEMS, "snapshot count"); n > 0; n--) {
            snapshots.add(new SnapshotInfo(Fields.uuid(in), in.u64(), in.bytes(MAX_SUMMARY_BYTES, "summary")));
        }
        return new Snapshots(snapshots, last);
    }

    private static void places(ByteWriter out, Places m) {
        out.varint(m.places().length);
        for (long place : m.places()) {
            out.u64(place);
        }
    }

    private static Places places(ByteReader in) throws FormatException {
        long[] places = new long[in.varint(Math.min(Fields.MAX_ITEMS, in.remaining() / 8), "place count")];
        for (int i = 0; i < places.length; i++) {
            places[i] = in.u64();
        }
        return new Places(places);
    }

    private static void chunks(ByteWriter out, Chunks m) {
        out.u8(m.last() ? 1 : 0).varint(m.answers().size());
        for (Answer answer : m.answers()) {
            out.u32(answer.index()).string(answer.damage());
            Packed packed = answer.packed();
            // Older clients take the text of a frozen chunk for what is wrong with it.
            out.u8(answer.frozen() ? FROZEN : packed == null ? NO_CHUNK : CHUNK);
            if (packed != null) {
                Fields.packed(out, packed);
            }
        }
    }

    private static Chunks chunks(ByteReader in) throws FormatException {
        boolean last = in.u8() == 1;
        int count = in.varint(Fields.MAX_ITEMS, "answer count");
        List<Answer> answers = new ArrayList<>(Math.min(count, in.remaining() / MIN_ANSWER_BYTES));
        for (int i = 0; i < count; i++) {
            int index = in.i32();
            String damage = in.string(Fields.MAX_TEXT_BYTES, "damage");
            int what = in.u8();
            answers.add(new Answer(index, what == CHUNK ? Fields.packed(in) : null, damage, what == FROZEN));
        }
        return new Chunks(answers, last);
    }
}
