package dev.holdfast.protocol.qmp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A Unix socket over which JSON objects go, a line each. Every wait has an end, every line a length. What the other side sends is not
 * trusted. Used by one thread at a time.
 */
public final class JsonSocket implements AutoCloseable {
    /** The answer to query-qmp-schema has 200 KB; that to query-named-block-nodes less than 2 KB for a node. */
    public static final int MAX_LINE_BYTES = 8 << 20;

    private static final int SHOWN_BYTES = 60;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer received = ByteBuffer.allocate(64 << 10).limit(0);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    private JsonSocket(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        this.key = channel.register(selector, 0);
    }

    /** Nothing came in time. */
    public static final class TooSlowException extends IOException {
        TooSlowException(String message) {
            super(message);
        }
    }

    /** Until when something must have happened. */
    public record Deadline(Duration limit, long nanos) {
        public static Deadline in(Duration limit) {
            return new Deadline(limit, System.nanoTime() + limit.toNanos());
        }

        /** Milliseconds, at least 1. */
        private long left() throws TooSlowException {
            long left = nanos - System.nanoTime();
            if (left <= 0) {
                throw missed();
            }
            return left / 1_000_000 + 1;
        }

        private TooSlowException missed() {
            return new TooSlowException("no answer within " + limit.toSeconds() + " s");
        }
    }

    /** @throws TooSlowException where as many others wait as the other side lets wait */
    public static JsonSocket connect(Path path, Deadline deadline) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            connect(channel, path, deadline);
            return new JsonSocket(channel, Selector.open());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** By a thread of its own: a Unix socket that is not blocking cannot wait for its turn. */
    private static void connect(SocketChannel channel, Path path, Deadline deadline) throws IOException {
        FutureTask<Boolean> connected = new FutureTask<>(() -> channel.connect(UnixDomainSocketAddress.of(path)));
        Thread.ofPlatform().daemon().name("connect").start(connected);
        try {
            connected.get(deadline.left(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw deadline.missed();
        } catch (ExecutionException e) {
            throw new IOException(Objects.requireNonNullElse(e.getCause(), e).getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    SocketChannel channel() {
        return channel;
    }

    public void send(Object message, Deadline deadline, byte... before) throws IOException {
        byte[] json = JSON.writeValueAsBytes(message);
        ByteBuffer out = ByteBuffer.allocate(before.length + json.length + 1);
        out.put(before).put(json).put((byte) '\n').flip();
        while (out.hasRemaining()) {
            if (channel.write(out) == 0) {
                await(SelectionKey.OP_WRITE, deadline);
            }
        }
    }

    /**
     * The next object.
     *
     * @throws TooSlowException where it is not there in time
     * @throws EOFException where the other side closed
     */
    public JsonNode receive(Deadline deadline) throws IOException {
        while (true) {
            while (received.hasRemaining()) {
                byte next = received.get();
                if (next == '\n') {
                    byte[] whole = line.toByteArray();
                    line.reset();
                    if (!blank(whole)) {
                        return parse(whole);
                    }
                } else if (line.size() >= MAX_LINE_BYTES) {
                    throw new IOException("an answer has more than " + (MAX_LINE_BYTES >> 20) + " MiB");
                } else {
                    line.write(next);
                }
            }
            await(SelectionKey.OP_READ, deadline);
            received.clear();
            int count = channel.read(received);
            received.flip();
            if (count < 0) {
                throw new EOFException("the connection was closed by the other side");
            }
        }
    }

    private static boolean blank(byte[] text) {
        for (byte each : text) {
            if (each != '\r' && each != ' ') {
                return false;
            }
        }
        return true;
    }

    private static JsonNode parse(byte[] text) throws IOException {
        // A guest agent puts 0xFF in front of the answer to guest-sync-delimited.
        int from = 0;
        for (int i = 0; i < text.length; i++) {
            from = text[i] == (byte) 0xFF ? i + 1 : from;
        }
        try {
            JsonNode node = JSON.readTree(text, from, text.length - from);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException e) {
            // Told below, as it came.
        }
        String shown = new String(Arrays.copyOf(text, Math.min(text.length, SHOWN_BYTES)), StandardCharsets.UTF_8);
        throw new IOException("an answer is no JSON object: " + shown.strip());
    }

    private void await(int operation, Deadline deadline) throws IOException {
        key.interestOps(operation);
        do {
            selector.selectedKeys().clear();
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        } while (selector.select(deadline.left()) == 0);
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        try (SocketChannel closing = channel) {
            selector.close();
        }
    }
}
