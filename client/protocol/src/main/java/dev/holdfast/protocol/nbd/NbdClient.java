package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection to an NBD server, with several requests in flight. Safe for use by several threads.
 *
 * <p>A request is sent by the thread that makes it. The methods that begin with {@code start} return then; the others wait for
 * the reply. Buffers that are read into belong to the client until the reply was awaited. All messages name the server.
 *
 * <p>Errors: an {@link NbdException} is what the server answered, and the connection goes on. Any other {@link IOException} ends
 * the connection and all its requests: open another one. A thread that is interrupted while it waits ends the connection too.
 * Ranges outside of the export are an {@link IllegalArgumentException}.
 */
public final class NbdClient implements Closeable {
    /** Parts of requests without data, in bytes: a length on the wire has 32 bits. */
    private static final long PART = 1L << 30;

    private final String where;
    private final NbdExportInfo info;
    private final Connection connection;

    private NbdClient(String where, NbdExportInfo info, Connection connection) {
        this.where = where;
        this.info = info;
        this.connection = connection;
    }

    /** A request that was sent. */
    @FunctionalInterface
    public interface Started {
        /** Waits for its reply. */
        void await() throws IOException;
    }

    /** What is done with a line during a handshake. */
    @FunctionalInterface
    private interface Use<R> {
        R of(Line line) throws IOException;
    }

    /** Connects. The caller closes the client. */
    public static NbdClient connect(NbdAddress address, NbdClientOptions options) throws IOException {
        String where = "NBD server at " + address + ", export '" + options.export() + "'";
        return connected(address, where, options, false, line -> choose(line, where, options));
    }

    /**
     * Uses a transport that is connected to a server.
     *
     * @param transport is the client's from now on, also if this fails
     * @param server for messages
     */
    public static NbdClient over(NbdTransport transport, String server, NbdClientOptions options) throws IOException {
        String where = "NBD server " + server + ", export '" + options.export() + "'";
        return limited(new Line(transport), where, options, false, () -> {}, line -> choose(line, where, options));
    }

    /** Lists the exports of a server. */
    public static List<NbdExports.Listed> list(NbdAddress address, NbdClientOptions options) throws IOException {
        return connected(
                address, "NBD server at " + address, options, true, line -> new ClientHandshake(line, options).list());
    }

    private static NbdClient choose(Line line, String where, NbdClientOptions options) throws IOException {
        ClientHandshake.Agreed agreed = new ClientHandshake(line, options).choose();
        return new NbdClient(where, agreed.info(), new Connection(line, agreed, options));
    }

    /** Something that may fail. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private static <R> R connected(
            NbdAddress address, String where, NbdClientOptions options, boolean close, Use<R> use) throws IOException {
        SocketChannel channel = Sockets.open(address);
        return limited(
                new Line(NbdTransport.of(channel)),
                where,
                options,
                close,
                () -> {
                    try {
                        Sockets.connect(channel, address);
                    } catch (IOException e) {
                        throw new IOException(
                                "cannot connect: " + e.getMessage() + "; check that the server runs and listens there",
                                e);
                    }
                },
                use);
    }

    /** Connects and shakes hands, and closes the line if that fails, or takes too long, or if the line is not needed any more. */
    private static <R> R limited(
            Line line, String where, NbdClientOptions options, boolean close, Step connect, Use<R> use)
            throws IOException {
        Stopwatch time = new Stopwatch();
        time.begin();
        boolean keep = false;
        try (Watch watch = new Watch("nbd-connect-watch", options.connect(), () -> {
            if (time.longerThan(options.connect())) {
                closeQuietly(line);
            }
        })) {
            connect.run();
            R result = use.of(line);
            time.end();
            keep = !close;
            return result;
        } catch (IOException e) {
            throw new IOException(
                    where + ": "
                            + (time.longerThan(options.connect())
                                    ? "no connection within " + options.connect()
                                            + "; check that the server answers, and the network"
                                    : e.getMessage()),
                    e);
        } finally {
            if (!keep) {
                closeQuietly(line);
            }
        }
    }

    private static void closeQuietly(Line line) {
        try {
            line.close();
        } catch (IOException e) {
            // Closed as far as it can be.
        }
    }

    /** What the server said of the export. */
    public NbdExportInfo info() {
        return info;
    }

    /** The size of the export, in bytes. */
    public long size() {
        return info.size();
    }

    /** The metadata contexts that the server has, of those that were asked for. */
    public List<String> contexts() {
        return info.contexts();
    }

    /** Reads until a buffer is full. */
    public void read(long offset, ByteBuffer target) throws IOException {
        startRead(offset, target).await();
    }

    /** Begins to read until a buffer is full; its position is moved at once. */
    public Started startRead(long offset, ByteBuffer target) throws IOException {
        check(offset, target.remaining());
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("the buffer to read into is read-only");
        }
        List<Started> parts = new ArrayList<>();
        long at = offset;
        try {
            while (target.hasRemaining()) {
                int length = payload(target.remaining());
                ByteBuffer part = target.slice(target.position(), length);
                parts.add(start(new Pending.Read(request(0, Numbers.CMD_READ, at, length), part), null, "reading"));
                target.position(target.position() + length);
                at += length;
            }
        } catch (IOException e) {
            // Nothing may read into the buffer when this has failed.
            awaitQuietly(parts);
            throw e;
        }
        return all(parts);
    }

    /** Writes what remains of a buffer. It is durable after {@link #flush}. */
    public void write(long offset, ByteBuffer source) throws IOException {
        startWrite(offset, source).await();
    }

    /** Begins to write what remains of a buffer, which is free when this returns. */
    public Started startWrite(long offset, ByteBuffer source) throws IOException {
        return startWrite(offset, source, 0);
    }

    /** Writes what remains of a buffer, and makes it durable. */
    public void writeThrough(long offset, ByteBuffer source) throws IOException {
        startWrite(offset, source, info.canWriteThrough() ? Numbers.FUA : 0).await();
        if (!info.canWriteThrough()) {
            flush();
        }
    }

    private Started startWrite(long offset, ByteBuffer source, int flags) throws IOException {
        check(offset, source.remaining());
        List<Started> parts = new ArrayList<>();
        long at = offset;
        while (source.hasRemaining()) {
            int length = payload(source.remaining());
            ByteBuffer part = source.slice(source.position(), length);
            parts.add(start(new Pending.Plain(request(flags, Numbers.CMD_WRITE, at, length)), part, "writing"));
            source.position(source.position() + length);
            at += length;
        }
        return all(parts);
    }

    /**
     * Writes zeros.
     *
     * @param mayTrim whether the range may become a hole
     */
    public void zero(long offset, long length, boolean mayTrim) throws IOException {
        if (!info.canZero()) {
            throw new IOException(where + ": it cannot write zeros without data; write them as data");
        }
        inParts(offset, length, mayTrim ? 0 : Numbers.NO_HOLE, Numbers.CMD_WRITE_ZEROES, "writing zeros to");
    }

    /** Says that the content of a range is not needed any more. Does nothing if the server does not want to know. */
    public void trim(long offset, long length) throws IOException {
        if (info.canTrim()) {
            inParts(offset, length, 0, Numbers.CMD_TRIM, "trimming");
        }
    }

    /** Says that a range will be read soon. Does nothing if the server does not want to know. */
    public void cache(long offset, long length) throws IOException {
        if (info.canCache()) {
            inParts(offset, length, 0, Numbers.CMD_CACHE, "caching");
        }
    }

    /** Makes durable what was written with success. Does nothing if the server knows no such request. */
    public void flush() throws IOException {
        if (info.canFlush()) {
            start(new Pending.Plain(request(0, Numbers.CMD_FLUSH, 0, 0)), null, "flushing")
                    .await();
        }
    }

    private void inParts(long offset, long length, int flags, int type, String what) throws IOException {
        check(offset, length);
        List<Started> parts = new ArrayList<>();
        long end = offset + length;
        for (long at = offset; at < end; at += PART) {
            parts.add(start(new Pending.Plain(request(flags, type, at, Math.min(PART, end - at))), null, what));
        }
        all(parts).await();
    }

    /**
     * What a metadata context says of the beginning of a range. It takes one request.
     *
     * @return at least one extent, from the offset on, without gaps; as many as the server sent, but none behind the range
     */
    public List<NbdExtent> blockStatus(String context, long offset, long length) throws IOException {
        check(offset, length);
        if (!info.contexts().contains(context)) {
            throw new IOException(where + ": it has no metadata context '" + context
                    + "'; ask for it when connecting, and check that the server exports it");
        }
        long asked = Math.min(length, PART);
        Pending.Status pending = new Pending.Status(
                request(0, Numbers.CMD_BLOCK_STATUS, offset, asked),
                info.contexts().size());
        start(pending, null, "asking for the status of").await();
        return NbdExtent.within(pending.extents().getOrDefault(context, List.of()), offset, length);
    }

    /** Takes extents. */
    @FunctionalInterface
    public interface Extents {
        void take(NbdExtent extent) throws IOException;
    }

    /** What a metadata context says of a range, however long. Extents come in order, without gaps, merged. */
    public void extents(String context, long offset, long length, Extents taker) throws IOException {
        check(offset, length);
        long end = offset + length;
        @Nullable NbdExtent last = null;
        long at = offset;
        while (at < end) {
            for (NbdExtent each : blockStatus(context, at, end - at)) {
                if (last != null && last.flags() != each.flags()) {
                    taker.take(last);
                    last = null;
                }
                last = last == null ? each : new NbdExtent(last.offset(), last.length() + each.length(), last.flags());
                at = each.end();
            }
        }
        if (last != null) {
            taker.take(last);
        }
    }

    private void check(long offset, long length) {
        if (offset < 0 || length < 0 || offset > info.size() || length > info.size() - offset) {
            throw new IllegalArgumentException(where + ": " + length + " bytes at offset " + offset
                    + " are not within its " + info.size() + " bytes");
        }
        int block = info.sizes().minimum();
        if (offset % block != 0 || length % block != 0 && offset + length != info.size()) {
            throw new IllegalArgumentException(where + ": " + length + " bytes at offset " + offset
                    + " are not multiples of its smallest block, " + block + " bytes");
        }
    }

    /** The length of the next request with data. */
    private int payload(int left) {
        long most = Math.min(info.sizes().maximumPayload(), NbdBlockSizes.DEFAULT_PAYLOAD);
        return (int) Math.min(left, most - most % info.sizes().minimum());
    }

    private Request request(int flags, int type, long offset, long length) {
        return new Request(flags, type, connection.cookie(), offset, length);
    }

    /** @param what is done, for messages */
    private Started start(Pending pending, @Nullable ByteBuffer payload, String what) throws IOException {
        try {
            connection.submit(pending, payload);
        } catch (InterruptedIOException e) {
            throw failed(pending, what, e);
        }
        return () -> {
            try {
                connection.await(pending);
            } catch (IOException e) {
                throw failed(pending, what, e);
            }
        };
    }

    private IOException failed(Pending pending, String what, IOException e) {
        Request request = pending.request();
        String doing = where + ": " + what
                + (request.type() == Numbers.CMD_FLUSH
                        ? ""
                        : " " + request.length() + " bytes at offset " + request.offset());
        return switch (e) {
            case NbdException told -> {
                String said = told.getMessage() == null || told.getMessage().isEmpty() ? "" : ": " + told.getMessage();
                yield new NbdException(
                        told.error(),
                        doing + " failed at the server with " + told.error().symbol() + said);
            }
            case InterruptedIOException interrupted -> {
                InterruptedIOException wrapped = new InterruptedIOException(doing + ": " + e.getMessage());
                wrapped.initCause(interrupted);
                yield wrapped;
            }
            default ->
                new IOException(
                        doing + " failed, and the connection ended: " + e.getMessage()
                                + "; check the server and the network, then connect again",
                        e);
        };
    }

    private static Started all(List<Started> parts) {
        return parts.size() == 1
                ? parts.getFirst()
                : () -> {
                    IOException first = awaitQuietly(parts);
                    if (first != null) {
                        throw first;
                    }
                };
    }

    /** Waits for all; the first failure, or null. */
    private static @Nullable IOException awaitQuietly(List<Started> parts) {
        IOException first = null;
        for (Started each : parts) {
            try {
                each.await();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        return first;
    }

    /** Says goodbye to the server, and closes the connection. Requests in flight fail. */
    @Override
    public void close() {
        connection.close();
    }
}
