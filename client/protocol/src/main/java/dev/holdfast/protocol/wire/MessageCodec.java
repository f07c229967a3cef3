package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.wire.Message.Answer;
import dev.holdfast.protocol.wire.Message.SnapshotInfo;
import dev.holdfast.protocol.wire.Message.Upload;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The bytes of each message, behind the frame's type and request id. */
final class MessageCodec {
    private static final int FAILURE = 1;
    private static final int DONE = 2;
    private static final int HELLO = 3;
    private static final int WELCOME = 4;
    private static final int ENROLL = 5;
    private static final int ENROLLED = 6;
    private static final int PING = 7;
    private static final int HOLD = 8;
    private static final int HELD = 9;
    private static final int OPEN_BACKUP = 16;
    private static final int BACKUP_OPENED = 17;
    private static final int JOIN_BACKUP = 18;
    private static final int QUERY = 19;
    private static final int KNOWN = 20;
    private static final int PUT = 21;
    private static final int STORED = 22;
    private static final int ROOT_PART = 23;
    private static final int COMMIT = 24;
    private static final int COMMITTED = 25;
    private static final int LIST_SNAPSHOTS = 32;
    private static final int SNAPSHOTS = 33;
    private static final int OPEN_READ = 34;
    private static final int READ_OPENED = 35;
    private static final int READ_ROOT = 36;
    private static final int ROOT_PAGES = 37;
    private static final int PLAN = 38;
    private static final int PLACES = 39;
    private static final int GET = 40;
    private static final int CHUNKS = 41;
    private static final int FORGET = 42;
    private static final int ASK_THAW = 43;
    private static final int THAW_ADVICE = 44;
    private static final int ATTEND = 48;
    private static final int ORDER = 49;
    private static final int PROGRESS = 50;
    private static final int ENDED = 51;
    private static final int OPEN_ORDERED = 52;

    /** A Hello begins with this, so that a stray client of another protocol gets a clear answer. */
    private static final int HELLO_MAGIC = 0x48465731;

    /** Of a name, a token, a release. */
    private static final int MAX_NAME_BYTES = 1024;

    private static final int MAX_TEXT_BYTES = 4096;
    private static final int MAX_BLOB_BYTES = 1 << 20;
    /** Of a snapshot; the appliance takes 128 KiB of it. */
    private static final int MAX_SUMMARY_BYTES = 1 << 20;

    private static final int MAX_CSR_BYTES = 1 << 14;
    private static final int MAX_DIGESTS = 1 << 15;
    /** Older clients fill a frame by payload alone, so that one of tiny files has tens of thousands of chunks. */
    private static final int MAX_UPLOADS = 1 << 16;

    private static final int MAX_ROOT_PAGES = 1 << 12;
    private static final int MAX_ITEMS = 1 << 16;
    private static final int MAX_TASKS = 1024;
    private static final int MAX_LINES = 256;

    /** In an answer to a read, where 1 tells that the chunk follows and 0 that it does not. */
    private static final int FROZEN = 2;

    private MessageCodec() {}

    static int type(Message message) {
        return switch (message) {
            case Message.Failure m -> FAILURE;
            case Message.Done m -> DONE;
            case Message.Hello m -> HELLO;
            case Message.Welcome m -> WELCOME;
            case Message.Enroll m -> ENROLL;
            case Message.Enrolled m -> ENROLLED;
            case Message.Ping m -> PING;
            case Message.Hold m -> HOLD;
            case Message.Held m -> HELD;
            case Message.OpenBackup m -> OPEN_BACKUP;
            case Message.BackupOpened m -> BACKUP_OPENED;
            case Message.JoinBackup m -> JOIN_BACKUP;
            case Message.Query m -> QUERY;
            case Message.Known m -> KNOWN;
            case Message.Put m -> PUT;
            case Message.Stored m -> STORED;
            case Message.RootPart m -> ROOT_PART;
            case Message.Commit m -> COMMIT;
            case Message.Committed m -> COMMITTED;
            case Message.ListSnapshots m -> LIST_SNAPSHOTS;
            case Message.Snapshots m -> SNAPSHOTS;
            case Message.OpenRead m -> OPEN_READ;
            case Message.ReadOpened m -> READ_OPENED;
            case Message.ReadRoot m -> READ_ROOT;
            case Message.RootPages m -> ROOT_PAGES;
            case Message.Plan m -> PLAN;
            case Message.Places m -> PLACES;
            case Message.Get m -> GET;
            case Message.Chunks m -> CHUNKS;
            case Message.Forget m -> FORGET;
            case Message.AskThaw m -> ASK_THAW;
            case Message.ThawAdvice m -> THAW_ADVICE;
            case Message.Attend m -> ATTEND;
            case Message.Order m -> ORDER;
            case Message.Progress m -> PROGRESS;
            case Message.Ended m -> ENDED;
            case Message.OpenOrdered m -> OPEN_ORDERED;
        };
    }

    static void write(ByteWriter out, Message message) {
        switch (message) {
            case Message.Failure(ErrorCode code, String text) ->
                out.u16(code.code()).string(text);
            case Message.Done() -> {}
            case Message.Hello m ->
                out.u32(HELLO_MAGIC).u16(m.minVersion()).u16(m.maxVersion()).string(m.software());
            case Message.Welcome m -> {
                out.u16(m.version()).string(m.software());
                uuid(out, m.vault());
                out.u32(m.creditBytes()).string(m.node()).bytes(m.gearKey());
            }
            case Message.Enroll m ->
                out.string(m.token()).string(m.node()).string(m.platform()).bytes(m.request());
            case Message.Enrolled(int nodeId, List<byte[]> chain) -> {
                out.u32(nodeId).varint(chain.size());
                chain.forEach(out::bytes);
            }
            case Message.Ping() -> {}
            case Message.Hold m -> {
                uuid(out, m.instance());
                out.u64(m.counter());
                m.machine().write(out);
                m.boot().write(out);
            }
            case Message.Held(UUID instance) -> uuid(out, instance);
            case Message.OpenBackup(String description) -> out.string(description);
            case Message.BackupOpened(long session) -> out.u64(session);
            case Message.JoinBackup(long session) -> out.u64(session);
            case Message.Query(List<Digest> digests) -> digests(out, digests);
            case Message.Known(byte[] bitmap) -> out.bytes(bitmap);
            case Message.Put(List<Upload> chunks) -> {
                out.varint(chunks.size());
                for (Upload chunk : chunks) {
                    out.u8(chunk.kind().code());
                    chunk.digest().write(out);
                    packed(out, chunk.packed());
                }
            }
            case Message.Stored(long sequence, long durable) ->
                out.u64(sequence).u64(durable);
            case Message.RootPart(List<PageRef> pages) -> pages(out, pages);
            case Message.Commit(byte[] summary) -> out.bytes(summary);
            case Message.Committed(UUID snapshot) -> uuid(out, snapshot);
            case Message.ListSnapshots() -> {}
            case Message.Snapshots(List<SnapshotInfo> snapshots, boolean last) -> {
                out.u8(last ? 1 : 0).varint(snapshots.size());
                for (SnapshotInfo info : snapshots) {
                    uuid(out, info.id());
                    out.u64(info.committed()).bytes(info.summary());
                }
            }
            case Message.OpenRead(UUID snapshot, String purpose) -> {
                uuid(out, snapshot);
                out.string(purpose);
            }
            case Message.ReadOpened(int pages, byte[] summary) -> out.u32(pages).bytes(summary);
            case Message.ReadRoot(UUID snapshot, int from, int count) -> {
                uuid(out, snapshot);
                out.u32(from).u32(count);
            }
            case Message.RootPages(List<PageRef> pages) -> pages(out, pages);
            case Message.Plan(List<Digest> digests) -> digests(out, digests);
            case Message.Places(long[] places) -> {
                out.varint(places.length);
                for (long place : places) {
                    out.u64(place);
                }
            }
            case Message.Get(Message.Reading how, List<Digest> digests) -> {
                out.u8(how.code());
                digests(out, digests);
            }
            case Message.Chunks(List<Answer> answers, boolean last) -> {
                out.u8(last ? 1 : 0).varint(answers.size());
                for (Answer answer : answers) {
                    out.u32(answer.index()).string(answer.damage());
                    Packed packed = answer.packed();
                    // Older clients take anything but 1 for no chunk, and the text for what is wrong.
                    out.u8(answer.frozen() ? FROZEN : packed == null ? 0 : 1);
                    if (packed != null) {
                        packed(out, packed);
                    }
                }
            }
            case Message.Forget(UUID snapshot) -> uuid(out, snapshot);
            case Message.AskThaw(UUID snapshot) -> uuid(out, snapshot);
            case Message.ThawAdvice(String text) -> out.string(text);
            case Message.Attend(List<Long> running) -> {
                out.varint(running.size());
                running.forEach(out::u64);
            }
            case Message.Order(long task, Job job) -> Job.Codec.write(out.u64(task), job);
            case Message.Progress m -> {
                out.u64(m.task())
                        .string(m.step())
                        .u64(m.done())
                        .u64(m.total())
                        .varint(m.log().size());
                m.log().forEach(out::string);
            }
            case Message.Ended m ->
                out.u64(m.task()).u8(m.outcome().code()).string(m.result()).string(m.reason());
            case Message.OpenOrdered(long task) -> out.u64(task);
        }
    }

    static Message read(int type, ByteReader in) throws FormatException {
        Message message = switch (type) {
            case FAILURE -> new Message.Failure(ErrorCode.of(in.u16()), in.string(MAX_BLOB_BYTES, "error"));
            case DONE -> new Message.Done();
            case HELLO -> {
                if (in.i32() != HELLO_MAGIC) {
                    throw in.corrupt("not the Holdfast protocol");
                }
                yield new Message.Hello(in.u16(), in.u16(), in.string(MAX_NAME_BYTES, "software"));
            }
            case WELCOME ->
                new Message.Welcome(
                        in.u16(),
                        in.string(MAX_TEXT_BYTES, "software"),
                        uuid(in),
                        in.i32(),
                        in.string(MAX_TEXT_BYTES, "node"),
                        in.bytes(64, "gear key"));
            case ENROLL ->
                new Message.Enroll(
                        in.string(MAX_NAME_BYTES, "token"),
                        in.string(MAX_NAME_BYTES, "node"),
                        in.string(MAX_NAME_BYTES, "platform"),
                        in.bytes(MAX_CSR_BYTES, "certificate request"));
            case ENROLLED -> enrolled(in);
            case PING -> new Message.Ping();
            case HOLD -> new Message.Hold(uuid(in), in.u64(), Digest.read(in), Digest.read(in));
            case HELD -> new Message.Held(uuid(in));
            case OPEN_BACKUP -> new Message.OpenBackup(in.string(MAX_TEXT_BYTES, "description"));
            case BACKUP_OPENED -> new Message.BackupOpened(in.u64());
            case JOIN_BACKUP -> new Message.JoinBackup(in.u64());
            case QUERY -> new Message.Query(digests(in));
            case KNOWN -> new Message.Known(in.bytes(MAX_ITEMS / 8, "bitmap"));
            case PUT -> put(in);
            case STORED -> new Message.Stored(in.u64(), in.u64());
            case ROOT_PART -> new Message.RootPart(pages(in, MAX_ROOT_PAGES));
            case COMMIT -> new Message.Commit(in.bytes(MAX_SUMMARY_BYTES, "summary"));
            case COMMITTED -> new Message.Committed(uuid(in));
            case LIST_SNAPSHOTS -> new Message.ListSnapshots();
            case SNAPSHOTS -> snapshots(in);
            case OPEN_READ -> new Message.OpenRead(uuid(in), in.string(MAX_TEXT_BYTES, "purpose"));
            case READ_OPENED -> new Message.ReadOpened(in.i32(), in.bytes(4 << 20, "summary"));
            case READ_ROOT -> new Message.ReadRoot(uuid(in), in.i32(), in.i32());
            case ROOT_PAGES -> new Message.RootPages(pages(in, MAX_ROOT_PAGES));
            case PLAN -> new Message.Plan(digests(in));
            case PLACES -> {
                long[] places = new long[in.varint(Math.min(MAX_ITEMS, in.remaining() / 8), "place count")];
                for (int i = 0; i < places.length; i++) {
                    places[i] = in.u64();
                }
                yield new Message.Places(places);
            }
            case GET -> new Message.Get(Message.Reading.of(in.u8()), digests(in));
            case CHUNKS -> chunks(in);
            case FORGET -> new Message.Forget(uuid(in));
            case ASK_THAW -> new Message.AskThaw(uuid(in));
            case THAW_ADVICE -> new Message.ThawAdvice(in.string(MAX_TEXT_BYTES, "advice"));
            case ATTEND -> {
                List<Long> running = new ArrayList<>();
                for (int n = in.varint(Math.min(MAX_TASKS, in.remaining() / 8), "task count"); n > 0; n--) {
                    running.add(in.u64());
                }
                yield new Message.Attend(running);
            }
            case ORDER -> new Message.Order(in.u64(), Job.Codec.read(in));
            case PROGRESS -> {
                long task = in.u64();
                String step = in.string(MAX_TEXT_BYTES, "step");
                long done = in.u64();
                long total = in.u64();
                List<String> log = new ArrayList<>();
                for (int n = in.varint(MAX_LINES, "line count"); n > 0; n--) {
                    log.add(in.string(MAX_TEXT_BYTES, "line"));
                }
                yield new Message.Progress(task, step, done, total, log);
            }
            case ENDED ->
                new Message.Ended(
                        in.u64(),
                        Message.Outcome.of(in.u8()),
                        in.string(MAX_BLOB_BYTES, "result"),
                        in.string(MAX_TEXT_BYTES, "reason"));
            case OPEN_ORDERED -> new Message.OpenOrdered(in.u64());
            default -> throw in.corrupt("message type " + type + " is unknown");
        };
        in.expectEnd("message");
        return message;
    }

    private static void uuid(ByteWriter out, UUID uuid) {
        out.u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits());
    }

    private static UUID uuid(ByteReader in) throws FormatException {
        return new UUID(in.u64(), in.u64());
    }

    private static void digests(ByteWriter out, List<Digest> digests) {
        out.varint(digests.size());
        digests.forEach(digest -> digest.write(out));
    }

    private static List<Digest> digests(ByteReader in) throws FormatException {
        int count = in.varint(Math.min(MAX_DIGESTS, in.remaining() / Digest.BYTES), "digest count");
        List<Digest> digests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            digests.add(Digest.read(in));
        }
        return digests;
    }

    private static void pages(ByteWriter out, List<PageRef> pages) {
        out.varint(pages.size());
        pages.forEach(page -> page.write(out));
    }

    private static List<PageRef> pages(ByteReader in, int max) throws FormatException {
        int count = in.varint(Math.min(max, in.remaining() / Digest.BYTES), "page count");
        List<PageRef> pages = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            pages.add(PageRef.read(in));
        }
        return pages;
    }

    /** How long the message will be; exact for those that carry chunks, so that they are put together without a copy. */
    static int expectedBytes(Message message) {
        return switch (message) {
            case Message.Put(List<Upload> chunks) -> {
                int bytes = ByteWriter.varintBytes(chunks.size());
                for (Upload chunk : chunks) {
                    bytes += Upload.OVERHEAD_BYTES + chunk.packed().payload().length;
                }
                yield bytes;
            }
            case Message.Chunks(List<Answer> answers, boolean last) -> {
                int bytes = 1 + ByteWriter.varintBytes(answers.size());
                for (Answer answer : answers) {
                    Packed packed = answer.packed();
                    bytes += 4 + 1 + answer.damage().length() + 1;
                    bytes += packed == null ? 0 : PACKED_BYTES + packed.payload().length;
                }
                yield bytes;
            }
            default -> 256;
        };
    }

    private static final int PACKED_BYTES = 1 + 4 + 4;

    private static void packed(ByteWriter out, Packed packed) {
        out.u8(packed.codec().code()).u32(packed.rawLength()).u32(packed.payload().length);
        out.raw(packed.payload());
    }

    private static Packed packed(ByteReader in) throws FormatException {
        Codec codec = Codec.of(in.u8());
        long rawLength = in.u32();
        long length = in.u32();
        if (rawLength > Packed.MAX_RAW_BYTES || length > in.remaining()) {
            throw in.corrupt("chunk of " + rawLength + " bytes, packed in " + length + ", exceeds the limits");
        }
        return new Packed(codec, (int) rawLength, in.raw((int) length));
    }

    private static Message enrolled(ByteReader in) throws FormatException {
        int nodeId = in.i32();
        List<byte[]> chain = new ArrayList<>();
        for (int n = in.varint(8, "certificate count"); n > 0; n--) {
            chain.add(in.bytes(1 << 14, "certificate"));
        }
        return new Message.Enrolled(nodeId, chain);
    }

    private static Message put(ByteReader in) throws FormatException {
        int count = in.varint(Math.min(MAX_UPLOADS, in.remaining() / Upload.OVERHEAD_BYTES), "chunk count");
        List<Upload> chunks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ChunkKind kind = ChunkKind.of(in.u8());
            Digest digest = Digest.read(in);
            chunks.add(new Upload(kind, digest, packed(in)));
        }
        return new Message.Put(chunks);
    }

    private static Message snapshots(ByteReader in) throws FormatException {
        boolean last = in.u8() == 1;
        List<SnapshotInfo> snapshots = new ArrayList<>();
        for (int n = in.varint(MAX_ITEMS, "snapshot count"); n > 0; n--) {
            snapshots.add(new SnapshotInfo(uuid(in), in.u64(), in.bytes(4 << 20, "summary")));
        }
        return new Message.Snapshots(snapshots, last);
    }

    private static Message chunks(ByteReader in) throws FormatException {
        boolean last = in.u8() == 1;
        int count = in.varint(MAX_ITEMS, "answer count");
        List<Answer> answers = new ArrayList<>(Math.min(count, in.remaining() / 6));
        for (int i = 0; i < count; i++) {
            int index = in.i32();
            String damage = in.string(MAX_TEXT_BYTES, "damage");
            int what = in.u8();
            answers.add(new Answer(index, what == 1 ? packed(in) : null, damage, what == FROZEN));
        }
        return new Message.Chunks(answers, last);
    }
}
