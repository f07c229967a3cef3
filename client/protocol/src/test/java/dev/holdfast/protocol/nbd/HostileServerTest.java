package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The client against servers that lie, stall, and send anything. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileServerTest {
    private static final int SIZE = 100_000;
    private static final Duration SOON = Duration.ofMillis(300);
    private static final Duration LATE = Duration.ofSeconds(100);
    private static final NbdClientOptions OPTIONS =
            NbdClientOptions.of("d").withContexts(Numbers.BASE_ALLOCATION).withTimes(LATE, LATE, LATE);

    @TempDir
    Path dir;

    private static void optionReply(DataOutputStream to, int option, int type, byte[] data) throws IOException {
        to.writeLong(Numbers.OPTION_REPLY_MAGIC);
        to.writeInt(option);
        to.writeInt(type);
        to.writeInt(data.length);
        to.write(data);
    }

    private static void greeting(DataOutputStream to) throws IOException {
        to.writeLong(Numbers.HANDSHAKE_MAGIC);
        to.writeLong(Numbers.OPTION_MAGIC);
        to.writeShort(3);
    }

    /** All that an honest server says during the handshake. */
    private static void handshake(DataOutputStream to) throws IOException {
        greeting(to);
        optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ACK, new byte[0]);
        optionReply(to, Numbers.OPT_SET_META_CONTEXT, Numbers.REP_META_CONTEXT, RawPeer.bytes(context -> {
            context.writeInt(9);
            context.write(Numbers.BASE_ALLOCATION.getBytes());
        }));
        optionReply(to, Numbers.OPT_SET_META_CONTEXT, Numbers.REP_ACK, new byte[0]);
        optionReply(to, Numbers.OPT_GO, Numbers.REP_INFO, info(SIZE));
        optionReply(to, Numbers.OPT_GO, Numbers.REP_ACK, new byte[0]);
    }

    private static byte[] info(long size) {
        return RawPeer.bytes(info -> {
            info.writeShort(Numbers.INFO_EXPORT);
            info.writeLong(size);
            info.writeShort(0xFFF & ~Numbers.READ_ONLY);
        });
    }

    private static void chunk(DataOutputStream to, int flags, int type, long cookie, long length) throws IOException {
        to.writeInt(Numbers.STRUCTURED_REPLY_MAGIC);
        to.writeShort(flags);
        to.writeShort(type);
        to.writeLong(cookie);
        to.writeInt((int) length);
    }

    /** A stream that waits at its end until it is closed. */
    private static final class Silence extends InputStream {
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public int read() throws IOException {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("closed");
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    /** A client of a server that says all this, whatever it is told, and then nothing. */
    private static NbdClient client(RawPeer.Content said, NbdClientOptions options) throws IOException {
        Silence silence = new Silence();
        InputStream in = new SequenceInputStream(new ByteArrayInputStream(RawPeer.bytes(said)), silence);
        return NbdClient.over(NbdTransport.of(in, OutputStream.nullOutputStream(), silence::close), "x", options);
    }

    static Stream<Arguments> badHandshakes() {
        return Stream.of(
                bad("is not an NBD server", to -> to.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes())),
                bad("oldstyle", to -> {
                    to.writeLong(Numbers.HANDSHAKE_MAGIC);
                    to.writeLong(Numbers.OLDSTYLE_MAGIC);
                }),
                bad("does not begin as replies do", to -> {
                    greeting(to);
                    to.writeLong(7);
                }),
                bad("has 4294967295 bytes", to -> {
                    greeting(to);
                    to.writeLong(Numbers.OPTION_REPLY_MAGIC);
                    to.writeInt(Numbers.OPT_STRUCTURED_REPLY);
                    to.writeInt(Numbers.REP_ACK);
                    to.writeInt(-1);
                }),
                bad("answered option 3", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_LIST, Numbers.REP_ACK, new byte[0]);
                }),
                bad("it requires TLS", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_TLS_REQD, new byte[0]);
                }),
                bad("nobody asked for", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ACK, new byte[0]);
                    optionReply(to, Numbers.OPT_SET_META_CONTEXT, Numbers.REP_META_CONTEXT, new byte[9]);
                }),
                bad("more than 1000 replies", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                    for (int i = 0; i < 1002; i++) {
                        optionReply(to, Numbers.OPT_GO, Numbers.REP_INFO, new byte[] {0, 99});
                    }
                }),
                bad("does not say how large", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                    optionReply(to, Numbers.OPT_GO, Numbers.REP_ACK, new byte[0]);
                }),
                bad("18446744073709551615 bytes", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                    optionReply(to, Numbers.OPT_GO, Numbers.REP_INFO, info(-1));
                    optionReply(to, Numbers.OPT_GO, Numbers.REP_ACK, new byte[0]);
                }),
                bad("smallest block has 3 bytes", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                    optionReply(
                            to, Numbers.OPT_GO, Numbers.REP_INFO, new byte[] {0, 3, 0, 0, 0, 3, 0, 0, 2, 0, 0, 9, 0, 0
                            });
                }),
                bad("truncated", to -> {
                    greeting(to);
                    optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                    optionReply(to, Numbers.OPT_GO, Numbers.REP_INFO, new byte[] {0, 0, 1});
                }));
    }

    private static Arguments bad(String message, RawPeer.Content said) {
        return Arguments.of(message, said);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void badHandshakes(String message, RawPeer.Content said) {
        assertThatThrownBy(() -> client(said, OPTIONS).close())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("NBD server x, export 'd': ")
                .hasMessageContaining(message);
    }

    static Stream<Arguments> badReplies() {
        return Stream.of(
                bad("a reply begins with", to -> to.writeInt(5)),
                bad("was not sent", to -> chunk(to, 1, Numbers.CHUNK_NONE, 77, 0)),
                bad("a simple reply", to -> {
                    to.writeInt(Numbers.SIMPLE_REPLY_MAGIC);
                    to.writeInt(0);
                    to.writeLong(0);
                }),
                bad("leaves out", to -> chunk(to, 1, Numbers.CHUNK_NONE, 0, 0)),
                bad("is malformed", to -> chunk(to, 0, Numbers.CHUNK_NONE, 0, 0)),
                bad("is malformed", to -> chunk(to, 0, Numbers.CHUNK_DATA, 0, -1)),
                bad("is malformed", to -> chunk(to, 0, Numbers.CHUNK_DATA, 0, 8)),
                bad("outside", to -> {
                    chunk(to, 0, Numbers.CHUNK_DATA, 0, 8 + 50);
                    to.writeLong(40);
                }),
                bad("outside", to -> {
                    chunk(to, 0, Numbers.CHUNK_HOLE, 0, 12);
                    to.writeLong(Long.MAX_VALUE);
                    to.writeInt(2);
                }),
                bad("twice", to -> {
                    for (int i = 0; i < 2; i++) {
                        chunk(to, 0, Numbers.CHUNK_HOLE, 0, 12);
                        to.writeLong(i);
                        to.writeInt(2);
                    }
                }),
                bad("asks for none", to -> {
                    chunk(to, 1, Numbers.CHUNK_STATUS, 0, 12);
                    to.writeInt(9);
                    to.writeInt(1);
                    to.writeInt(1);
                }),
                bad("type 17", to -> chunk(to, 1, 17, 0, 0)),
                bad("an error has", to -> chunk(to, 1, Numbers.CHUNK_ERROR, 0, 100_000)),
                bad("has code 0", to -> {
                    chunk(to, 1, Numbers.CHUNK_ERROR, 0, 6);
                    to.writeInt(0);
                    to.writeShort(0);
                }),
                bad("a text of 9", to -> {
                    chunk(to, 1, Numbers.CHUNK_ERROR, 0, 6);
                    to.writeInt(5);
                    to.writeShort(9);
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void badReplies(String message, RawPeer.Content said) throws IOException {
        readMustFail(message, said);
    }

    private static void readMustFail(String message, RawPeer.Content said) throws IOException {
        try (SlowStart start = new SlowStart(said);
                NbdClient client = NbdClient.over(start.transport(), "x", OPTIONS)) {
            NbdClient.Started read = client.startRead(0, ByteBuffer.allocate(64));
            start.go();
            assertThatThrownBy(read::await)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reading 64 bytes at offset 0 failed, and the connection ended")
                    .hasMessageContaining(message);
        }
    }

    /** A server that shakes hands, and says the rest when it is told to. */
    private static final class SlowStart implements AutoCloseable {
        private final CountDownLatch started = new CountDownLatch(1);
        private final Silence silence = new Silence();
        private final InputStream in;

        SlowStart(RawPeer.Content said) {
            InputStream rest = new InputStream() {
                private final InputStream bytes = new ByteArrayInputStream(RawPeer.bytes(said));

                @Override
                public int read() throws IOException {
                    try {
                        started.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    return bytes.read();
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    int first = read();
                    if (first < 0) {
                        return -1;
                    }
                    into[offset] = (byte) first;
                    return 1 + Math.max(0, bytes.read(into, offset + 1, length - 1));
                }
            };
            in = new SequenceInputStream(
                    new ByteArrayInputStream(RawPeer.bytes(HostileServerTest::handshake)),
                    new SequenceInputStream(rest, silence));
        }

        NbdTransport transport() {
            return NbdTransport.of(in, OutputStream.nullOutputStream(), this::close);
        }

        void go() {
            started.countDown();
        }

        @Override
        public void close() {
            started.countDown();
            silence.close();
        }
    }

    /** Every second byte of a read comes in a part of its own: the client gives up before it remembers millions of them. */
    @Test
    void tooManyPartsAreRefused() throws IOException {
        try (SlowStart start = new SlowStart(to -> {
                    for (int i = 0; i < 5000; i++) {
                        chunk(to, 0, Numbers.CHUNK_HOLE, 0, 12);
                        to.writeLong(2 * i);
                        to.writeInt(1);
                    }
                });
                NbdClient client = NbdClient.over(start.transport(), "x", OPTIONS)) {
            NbdClient.Started read = client.startRead(0, ByteBuffer.allocate(50_000));
            start.go();
            assertThatThrownBy(read::await).hasMessageContaining("4096 parts");
        }
    }

    @Test
    void unknownKindsOfErrorsFailTheRequestAlone() throws IOException {
        try (SlowStart start = new SlowStart(to -> {
                    chunk(to, 0, Numbers.CHUNK_ERROR_BIT | 99, 0, 6 + 4 + 10);
                    to.writeInt(12345);
                    to.writeShort(4);
                    to.write("oops".getBytes());
                    to.write(new byte[10]);
                    chunk(to, 1, Numbers.CHUNK_NONE, 0, 0);
                    chunk(to, 1, Numbers.CHUNK_HOLE, 1, 12);
                    to.writeLong(5);
                    to.writeInt(10);
                });
                NbdClient client = NbdClient.over(start.transport(), "x", OPTIONS)) {
            NbdClient.Started first = client.startRead(0, ByteBuffer.allocate(10));
            ByteBuffer zeros = ByteBuffer.wrap(new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
            NbdClient.Started second = client.startRead(5, zeros);
            start.go();
            assertThatThrownBy(first::await)
                    .isInstanceOf(NbdException.class)
                    .hasMessageEndingWith("failed at the server with EINVAL: oops");
            second.await();
            assertThat(zeros.array()).containsOnly(0);
        }
    }

    @Test
    void serversWithoutStructuredRepliesAndGoAreUsed() throws IOException {
        NbdClientOptions options = OPTIONS;
        RawPeer.Content said = to -> {
            greeting(to);
            optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
            optionReply(to, Numbers.OPT_GO, Numbers.REP_ERR_UNSUP, "no".getBytes());
            to.writeLong(500);
            to.writeShort(1);
        };
        try (NbdClient client = client(said, options)) {
            assertThat(client.size()).isEqualTo(500);
            assertThat(client.info().structured()).isFalse();
            assertThat(client.contexts()).isEmpty();
        }
    }

    /** A real socket on which nobody answers. */
    private ServerSocketChannel deaf() throws IOException {
        return Sockets.listen(NbdAddress.unix(dir.resolve("deaf")));
    }

    @Test
    void silentHandshakeEndsInTime() throws IOException {
        try (ServerSocketChannel deaf = deaf()) {
            NbdAddress address = Sockets.address(deaf);
            assertThatThrownBy(() -> NbdClient.connect(address, OPTIONS.withTimes(SOON, LATE, LATE)))
                    .hasMessageContaining("no connection within PT0.3S");
            assertThatThrownBy(() -> NbdClient.list(address, OPTIONS.withTimes(SOON, LATE, LATE)))
                    .hasMessageContaining("no connection within PT0.3S");
        }
    }

    @Test
    void silenceAfterARequestEndsInTime() throws Exception {
        try (ServerSocketChannel deaf = deaf()) {
            Thread server = Thread.ofVirtual().start(() -> {
                try (SocketChannel channel = deaf.accept()) {
                    channel.write(ByteBuffer.wrap(RawPeer.bytes(HostileServerTest::handshake)));
                    // Reads nothing, so that sending stalls as well.
                    new CountDownLatch(1).await();
                } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try (NbdClient client = NbdClient.connect(Sockets.address(deaf), OPTIONS.withTimes(LATE, SOON, LATE))) {
                NbdClient.Started read = client.startRead(0, ByteBuffer.allocate(10));
                assertThatThrownBy(read::await).hasMessageContaining("sent and taken nothing for PT0.3S");
            }
            server.interrupt();
            server.join();
        }
    }

    @Test
    void stalledSendingEndsInTime() throws Exception {
        try (ServerSocketChannel deaf = deaf()) {
            Thread server = Thread.ofVirtual().start(() -> {
                try (SocketChannel channel = deaf.accept()) {
                    channel.write(ByteBuffer.wrap(RawPeer.bytes(to -> {
                        greeting(to);
                        optionReply(to, Numbers.OPT_STRUCTURED_REPLY, Numbers.REP_ERR_UNSUP, new byte[0]);
                        optionReply(to, Numbers.OPT_GO, Numbers.REP_INFO, info(64 << 20));
                        optionReply(to, Numbers.OPT_GO, Numbers.REP_ACK, new byte[0]);
                    })));
                    new CountDownLatch(1).await();
                } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try (NbdClient client = NbdClient.connect(Sockets.address(deaf), OPTIONS.withTimes(LATE, SOON, LATE))) {
                assertThatThrownBy(() -> client.write(0, ByteBuffer.allocate(32 << 20)))
                        .hasMessageContaining("writing 33554432 bytes at offset 0 failed")
                        .hasMessageContaining("sent and taken nothing");
            }
            server.interrupt();
            server.join();
        }
    }

    /** A server that goes on sending parts, but never the last one. */
    @Test
    void endlessReplyEndsInTime() throws IOException {
        Silence silence = new Silence();
        InputStream endless = new InputStream() {
            private final byte[] error = RawPeer.bytes(to -> {
                chunk(to, 0, Numbers.CHUNK_ERROR, 0, 6);
                to.writeInt(5);
                to.writeShort(0);
            });
            private int at;

            @Override
            public int read() throws IOException {
                if (silence.closed.getCount() == 0) {
                    throw new IOException("closed");
                }
                return error[at++ % error.length] & 0xFF;
            }
        };
        CountDownLatch sent = new CountDownLatch(1);
        InputStream afterRequest = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    sent.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return -1;
            }
        };
        InputStream in = new SequenceInputStream(
                new ByteArrayInputStream(RawPeer.bytes(HostileServerTest::handshake)),
                new SequenceInputStream(afterRequest, endless));
        try (NbdClient client = NbdClient.over(
                NbdTransport.of(in, OutputStream.nullOutputStream(), silence::close),
                "x",
                OPTIONS.withTimes(LATE, LATE, SOON))) {
            NbdClient.Started read = client.startRead(0, ByteBuffer.allocate(10));
            sent.countDown();
            assertThatThrownBy(read::await).hasMessageContaining("did not complete a reply within PT0.3S");
        }
    }

    /** Honest handshakes and replies with changed bytes, and random bytes: each connection ends with a message. */
    @Test
    void randomServersAreSurvived() {
        long seed = Long.getLong("holdfast.nbd.seed", System.nanoTime());
        System.out.println("random servers: -Dholdfast.nbd.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] said = RawPeer.bytes(to -> {
                handshake(to);
                chunk(to, 0, Numbers.CHUNK_DATA, 0, 8 + 50);
                to.writeLong(14);
                to.write(new byte[50]);
                chunk(to, 1, Numbers.CHUNK_HOLE, 0, 12);
                to.writeLong(0);
                to.writeInt(14);
                chunk(to, 0, Numbers.CHUNK_STATUS, 1, 12);
                to.writeInt(9);
                to.writeInt(64);
                to.writeInt(3);
                chunk(to, 1, Numbers.CHUNK_NONE, 1, 0);
                byte[] noise = new byte[random.nextInt(100)];
                random.nextBytes(noise);
                to.write(noise);
            });
            for (int change = random.nextInt(3); change > 0; change--) {
                int at = random.nextInt(said.length);
                if (random.nextBoolean()) {
                    said[at] = (byte) random.nextInt(256);
                } else {
                    Arrays.fill(said, at, Math.min(said.length, at + 4), (byte) -1);
                }
            }
            mustEnd(said);
        }
    }

    private static void mustEnd(byte[] said) {
        InputStream in = new ByteArrayInputStream(said);
        try (NbdClient client =
                NbdClient.over(NbdTransport.of(in, OutputStream.nullOutputStream(), () -> {}), "x", OPTIONS)) {
            client.read(0, ByteBuffer.allocate(64));
            client.blockStatus(Numbers.BASE_ALLOCATION, 0, 64);
            client.flush();
            client.read(0, ByteBuffer.allocate(64));
            throw new AssertionError("a server that has ended was read from");
        } catch (IOException e) {
            assertThat(e).hasMessageStartingWith("NBD server x, export 'd': ");
        } catch (IllegalArgumentException e) {
            // The size that was told is too small.
            assertThat(e).hasMessageContaining("bytes");
        }
    }
}
