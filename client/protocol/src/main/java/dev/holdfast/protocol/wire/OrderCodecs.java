package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.wire.Message.Attend;
import dev.holdfast.protocol.wire.Message.Ended;
import dev.holdfast.protocol.wire.Message.FetchPackage;
import dev.holdfast.protocol.wire.Message.Figures;
import dev.holdfast.protocol.wire.Message.Folder;
import dev.holdfast.protocol.wire.Message.Folders;
import dev.holdfast.protocol.wire.Message.Order;
import dev.holdfast.protocol.wire.Message.PackagePart;
import dev.holdfast.protocol.wire.Message.Progress;
import java.util.ArrayList;
import java.util.List;

/** Messages about the tasks that an appliance orders from a client's service. */
final class OrderCodecs {
    private static final int MAX_TASKS = 1024;
    private static final int MAX_LINES = 256;

    static final List<MessageCodec<?>> ALL = List.of(
            new MessageCodec<>(48, Attend.class, OrderCodecs::attend, OrderCodecs::attend),
            new MessageCodec<>(
                    49,
                    Order.class,
                    (out, m) -> JobCodec.write(out.u64(m.task()), m.job()),
                    in -> new Order(in.u64(), JobCodec.read(in))),
            new MessageCodec<>(50, Progress.class, OrderCodecs::progress, OrderCodecs::progress),
            new MessageCodec<>(51, Ended.class, OrderCodecs::ended, OrderCodecs::ended),
            new MessageCodec<>(56, FetchPackage.class, OrderCodecs::fetch, OrderCodecs::fetch),
            new MessageCodec<>(
                    57,
                    PackagePart.class,
                    (out, m) -> out.bytes(m.bytes()),
                    in -> new PackagePart(in.bytes(FetchPackage.MAX_BYTES, "part of a package"))),
            new MessageCodec<>(58, Folders.class, OrderCodecs::folders, OrderCodecs::folders));

    private OrderCodecs() {}

    private static void attend(ByteWriter out, Attend m) {
        out.varint(m.running().size());
        m.running().forEach(out::u64);
        List<String> restoreBelow = m.restoreBelow();
        if (restoreBelow != null) {
            out.varint(restoreBelow.size());
            restoreBelow.forEach(out::string);
        }
    }

    private static Attend attend(ByteReader in) throws FormatException {
        List<Long> running = new ArrayList<>();
        for (int n = in.varint(Math.min(MAX_TASKS, in.remaining() / 8), "task count"); n > 0; n--) {
            running.add(in.u64());
        }
        if (in.remaining() == 0) {
            return new Attend(running);
        }
        List<String> restoreBelow = new ArrayList<>();
        for (int n = in.varint(Attend.MAX_DIRECTORIES, "directory count"); n > 0; n--) {
            restoreBelow.add(in.string(Fields.MAX_TEXT_BYTES, "directory"));
        }
        return new Attend(running, restoreBelow);
    }

    private static void progress(ByteWriter out, Progress m) {
        out.u64(m.task())
                .string(m.step())
                .u64(m.done())
                .u64(m.total())
                .varint(m.log().size());
        m.log().forEach(out::string);
        Figures figures = m.figures();
        if (figures != null) {
            out.u64(figures.files())
                    .u64(figures.scanned())
                    .u64(figures.transferred())
                    .string(figures.path());
        }
    }

    private static Progress progress(ByteReader in) throws FormatException {
        long task = in.u64();
        String step = in.string(Fields.MAX_TEXT_BYTES, "step");
        long done = in.u64();
        long total = in.u64();
        List<String> log = new ArrayList<>();
        for (int n = in.varint(MAX_LINES, "line count"); n > 0; n--) {
            log.add(in.string(Fields.MAX_TEXT_BYTES, "line"));
        }
        Figures figures = in.remaining() == 0
                ? null
                : new Figures(in.u64(), in.u64(), in.u64(), in.string(Fields.MAX_TEXT_BYTES, "path"));
        return new Progress(task, step, done, total, log, figures);
    }

    private static void ended(ByteWriter out, Ended m) {
        out.u64(m.task()).u8(m.outcome().code()).string(m.result()).string(m.reason());
    }

    private static Ended ended(ByteReader in) throws FormatException {
        return new Ended(
                in.u64(),
                Message.Outcome.of(in.u8()),
                in.string(Fields.MAX_BLOB_BYTES, "result"),
                in.string(Fields.MAX_TEXT_BYTES, "reason"));
    }

    private static void folders(ByteWriter out, Folders m) {
        out.u64(m.question()).string(m.problem()).varint(m.folders().size());
        m.folders().forEach(each -> out.string(each.name()).u8(each.mounted() ? 1 : 0));
        out.string(m.next()).varint(m.unnamed());
    }

    private static Folders folders(ByteReader in) throws FormatException {
        long question = in.u64();
        String problem = in.string(Fields.MAX_TEXT_BYTES, "problem");
        List<Folder> folders = new ArrayList<>();
        for (int n = in.varint(Folders.MAX, "folder count"); n > 0; n--) {
            folders.add(new Folder(in.string(Fields.MAX_NAME_BYTES, "folder"), (in.u8() & 1) != 0));
        }
        return new Folders(
                question,
                problem,
                folders,
                in.string(Fields.MAX_NAME_BYTES, "next folder"),
                in.varint(Integer.MAX_VALUE, "unnamed count"));
    }

    private static void fetch(ByteWriter out, FetchPackage m) {
        m.sha256().write(out.u64(m.task()));
        out.u64(m.offset()).u32(m.length());
    }

    private static FetchPackage fetch(ByteReader in) throws FormatException {
        FetchPackage read = new FetchPackage(in.u64(), Digest.read(in), in.u64(), in.i32());
        if (read.offset() < 0 || read.length() < 1 || read.length() > FetchPackage.MAX_BYTES) {
            throw in.corrupt("a part of " + read.length() + " bytes at " + read.offset() + " exceeds the limits");
        }
        return read;
    }
}
