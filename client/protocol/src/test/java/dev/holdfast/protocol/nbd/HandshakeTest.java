package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server answers to each option, as it is on the wire. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandshakeTest {
    private static final byte[] NONE = new byte[0];

    @TempDir
    Path dir;

    private final MemoryExport disk = MemoryExport.writable(10_000);
    private final AtomicInteger opened = new AtomicInteger();
    private NbdServer server;

    @BeforeEach
    void start() throws IOException {
        server = NbdServer.listen(NbdAddress.unix(dir.resolve("s")), new Disks(), NbdServerSettings.DEFAULT);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private final class Disks implements NbdExports {
        @Override
        public List<Listed> list() {
            return List.of(new Listed("disk", "what it is"), new Listed("other", ""));
        }

        @Override
        public @Nullable NbdExport open(String name) throws IOException {
            if (name.equals("closed")) {
                throw new NbdException(NbdError.PERMISSION, "you may not");
            }
            if (name.equals("broken")) {
                throw new IOException("secret words");
            }
            if (!name.equals("disk") && !name.isEmpty()) {
                return null;
            }
            opened.incrementAndGet();
            return disk;
        }
    }

    private RawPeer peer() throws IOException {
        return new RawPeer(server.address());
    }

    @Test
    void exportNameIsAnsweredWithAndWithoutZeroes() throws IOException {
        for (int flags : new int[] {0, 1, 2, 3}) {
            try (RawPeer peer = peer().greet(flags)) {
                peer.option(Numbers.OPT_EXPORT_NAME, "disk".getBytes());
                assertThat(peer.in.readLong()).isEqualTo(10_000);
                int sent = peer.in.readUnsignedShort();
                assertThat(sent & Numbers.HAS_FLAGS).isNotZero();
                assertThat(sent & Numbers.SEND_DF).isZero();
                assertThat(peer.in.readNBytes(flags < 2 ? 124 : 0)).isEqualTo(new byte[flags < 2 ? 124 : 0]);
                peer.request(0, Numbers.CMD_FLUSH, 5, 0, 0).mustBeSimple(5, 0);
            }
        }
    }

    @Test
    void unknownExportNameEndsTheConnection() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(Numbers.OPT_EXPORT_NAME, "nothing".getBytes()).mustEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 0x100, -1})
    void unknownClientFlagsEndTheConnection(int flags) throws IOException {
        try (RawPeer peer = peer().greet(flags)) {
            peer.mustEnd();
        }
    }

    @Test
    void clientWithoutTheFixedHandshakeMayOnlyNameAnExport() throws IOException {
        try (RawPeer peer = peer().greet(0)) {
            peer.option(Numbers.OPT_LIST, NONE).mustEnd();
        }
    }

    @Test
    void infoTellsWhatIsAskedFor() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            byte[] asks =
                    RawPeer.goData("disk", Numbers.INFO_NAME, Numbers.INFO_DESCRIPTION, Numbers.INFO_BLOCK_SIZE, 77);
            peer.option(Numbers.OPT_INFO, asks);
            ByteBuffer export = ByteBuffer.wrap(peer.mustReply(Numbers.REP_INFO).data());
            assertThat(export.getShort()).isZero();
            assertThat(export.getLong()).isEqualTo(10_000);
            assertThat(export.getShort() & Numbers.MULTI_CONN).isNotZero();
            assertThat(peer.mustReply(Numbers.REP_INFO).data()).endsWith("disk".getBytes());
            ByteBuffer sizes = ByteBuffer.wrap(peer.mustReply(Numbers.REP_INFO).data());
            assertThat(sizes.getShort()).isEqualTo((short) Numbers.INFO_BLOCK_SIZE);
            assertThat(new int[] {sizes.getInt(), sizes.getInt(), sizes.getInt()})
                    .containsExactly(1, 262_144, 33_554_432);
            peer.mustReply(Numbers.REP_ACK);
            // The export that was looked at is the one that is used.
            peer.option(Numbers.OPT_GO, RawPeer.goData("disk")).mustReply(Numbers.REP_INFO);
            peer.mustReply(Numbers.REP_ACK);
            assertThat(opened).hasValue(1);
        }
        server.close();
        assertThat(disk.closed).hasValue(1);
    }

    @Test
    void exportsThatCannotBeUsedAreRefused() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            assertThat(peer.option(Numbers.OPT_GO, RawPeer.goData("nothing"))
                            .mustReply(Numbers.REP_ERR_UNKNOWN)
                            .text())
                    .contains("there is no export 'nothing'");
            assertThat(peer.option(Numbers.OPT_GO, RawPeer.goData("closed"))
                            .mustReply(Numbers.REP_ERR_POLICY)
                            .text())
                    .isEqualTo("you may not");
            assertThat(peer.option(Numbers.OPT_INFO, RawPeer.goData("broken"))
                            .mustReply(Numbers.REP_ERR_UNKNOWN)
                            .text())
                    .doesNotContain("secret");
            peer.option(Numbers.OPT_GO, RawPeer.goData("")).mustReply(Numbers.REP_INFO);
        }
    }

    @Test
    void listNamesExports() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(Numbers.OPT_LIST, NONE);
            assertThat(peer.mustReply(Numbers.REP_SERVER).data()).isEqualTo(RawPeer.bytes(to -> {
                RawPeer.text(to, "disk");
                to.write("what it is".getBytes());
            }));
            peer.mustReply(Numbers.REP_SERVER);
            peer.mustReply(Numbers.REP_ACK);
            peer.option(Numbers.OPT_LIST, new byte[1]).mustReply(Numbers.REP_ERR_INVALID);
        }
    }

    @Test
    void abortIsAnsweredAndEnds() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(Numbers.OPT_ABORT, new byte[3]).mustReply(Numbers.REP_ACK);
            peer.mustEnd();
        }
    }

    @Test
    void whatIsNotKnownOrMalformedIsRefusedAndTheHandshakeGoesOn() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(11, NONE).mustReply(Numbers.REP_ERR_UNSUP);
            peer.option(0x7fffffff, new byte[100]).mustReply(Numbers.REP_ERR_UNSUP);
            peer.option(Numbers.OPT_STARTTLS, NONE).mustReply(Numbers.REP_ERR_POLICY);
            peer.option(Numbers.OPT_STRUCTURED_REPLY, new byte[2]).mustReply(Numbers.REP_ERR_INVALID);
            // A name that is longer than the option, negative lengths, bytes behind the end, and no UTF-8.
            peer.option(Numbers.OPT_GO, new byte[] {0, 0, 0, 9, 1}).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_GO, new byte[] {-1, -1, -1, -1, 1}).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_GO, NONE).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_GO, new byte[] {0, 0, 0, 0, 0, 0, 7}).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_GO, new byte[] {0, 0, 0, 0, 0, 9}).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_INFO, new byte[] {0, 0, 0, 1, -1, 0, 0}).mustReply(Numbers.REP_ERR_INVALID);
            byte[] manyQueries = {0, 0, 0, 0, -1, -1, -1, -1};
            peer.option(Numbers.OPT_LIST_META_CONTEXT, manyQueries).mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_INFO, new byte[100_000]).mustReply(Numbers.REP_ERR_TOO_BIG);
            peer.option(Numbers.OPT_GO, RawPeer.goData("disk")).mustReply(Numbers.REP_INFO);
        }
    }

    @Test
    void absurdlyLongOptionsEndTheConnection() throws IOException {
        for (int option : new int[] {Numbers.OPT_LIST, Numbers.OPT_EXPORT_NAME}) {
            try (RawPeer peer = peer().greet(3)) {
                peer.out.writeLong(Numbers.OPTION_MAGIC);
                peer.out.writeInt(option);
                peer.out.writeInt(-1);
                peer.mustEnd();
            }
        }
    }

    @Test
    void wrongMagicEndsTheConnection() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.out.writeLong(5);
            peer.mustEnd();
        }
    }

    @Test
    void contextsAreListedAndSelected() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(Numbers.OPT_SET_META_CONTEXT, RawPeer.contextData("disk", Numbers.BASE_ALLOCATION))
                    .mustReply(Numbers.REP_ERR_INVALID);
            peer.option(Numbers.OPT_STRUCTURED_REPLY, NONE).mustReply(Numbers.REP_ACK);
            for (String[] queries : new String[][] {{}, {"base:"}, {"x-mine:a", Numbers.BASE_ALLOCATION}}) {
                peer.option(Numbers.OPT_LIST_META_CONTEXT, RawPeer.contextData("disk", queries));
                assertThat(peer.mustReply(Numbers.REP_META_CONTEXT).data()).endsWith("base:allocation".getBytes());
                peer.mustReply(Numbers.REP_ACK);
            }
            // Wildcards and unknown names select nothing.
            for (String[] queries : new String[][] {{}, {"base:"}, {"base:unknown", "qemu:dirty-bitmap:b"}}) {
                peer.option(Numbers.OPT_SET_META_CONTEXT, RawPeer.contextData("disk", queries))
                        .mustReply(Numbers.REP_ACK);
            }
            peer.option(Numbers.OPT_SET_META_CONTEXT, RawPeer.contextData("nothing", Numbers.BASE_ALLOCATION))
                    .mustReply(Numbers.REP_ERR_UNKNOWN);
        }
    }

    @Test
    void contextsOfAnotherExportAreNotSelected() throws IOException {
        try (RawPeer peer = peer().greet(3)) {
            peer.option(Numbers.OPT_STRUCTURED_REPLY, NONE).mustReply(Numbers.REP_ACK);
            peer.option(Numbers.OPT_SET_META_CONTEXT, RawPeer.contextData("disk", Numbers.BASE_ALLOCATION));
            peer.mustReply(Numbers.REP_META_CONTEXT);
            peer.mustReply(Numbers.REP_ACK);
            peer.option(Numbers.OPT_GO, RawPeer.goData("")).mustReply(Numbers.REP_INFO);
            peer.mustReply(Numbers.REP_ACK);
            peer.request(0, Numbers.CMD_BLOCK_STATUS, 1, 0, 100).mustFail(1, NbdError.INVALID);
        }
    }

    @Test
    void slowHandshakeIsEnded() throws IOException {
        NbdServerSettings hasty = NbdServerSettings.DEFAULT.withTimes(Duration.ofMillis(200), Duration.ofSeconds(60));
        try (NbdServer other = NbdServer.listen(NbdAddress.tcp("127.0.0.1", 0), new Disks(), hasty);
                RawPeer peer = new RawPeer(other.address()).greet(3)) {
            peer.mustEnd();
        }
    }

    @Test
    void connectionsAboveTheLimitAreClosed() throws IOException {
        NbdServerSettings few = NbdServerSettings.DEFAULT.withConnections(1);
        try (NbdServer other = NbdServer.listen(NbdAddress.unix(dir.resolve("few")), new Disks(), few);
                RawPeer first = new RawPeer(other.address()).go("disk", true)) {
            try (RawPeer second = new RawPeer(other.address())) {
                second.mustEnd();
            }
            first.request(0, Numbers.CMD_FLUSH, 1, 0, 0);
            assertThat(first.chunk().type()).isEqualTo(Numbers.CHUNK_NONE);
        }
    }

    @Test
    void oneClientCannotTakeAllConnections() throws IOException {
        NbdServerSettings few = NbdServerSettings.DEFAULT.withConnections(3).withPerAddress(2);
        try (NbdServer other = NbdServer.listen(NbdAddress.tcp("127.0.0.1", 0), new Disks(), few);
                RawPeer first = new RawPeer(other.address()).go("disk", true);
                // One that does not even greet.
                RawPeer second = new RawPeer(other.address())) {
            assertThat(second.in.readLong()).isEqualTo(Numbers.HANDSHAKE_MAGIC);
            try (RawPeer third = new RawPeer(other.address())) {
                third.mustEnd();
            }
            try (SocketChannel elsewhere = SocketChannel.open()) {
                elsewhere.bind(new InetSocketAddress("127.0.0.2", 0));
                elsewhere.connect(new InetSocketAddress("127.0.0.1", ((NbdAddress.Tcp) other.address()).port()));
                ByteBuffer greeting = ByteBuffer.allocate(Long.BYTES);
                while (greeting.hasRemaining()) {
                    assertThat(elsewhere.read(greeting)).isPositive();
                }
                assertThat(greeting.getLong(0)).isEqualTo(Numbers.HANDSHAKE_MAGIC);
            }
            first.request(0, Numbers.CMD_FLUSH, 1, 0, 0);
            assertThat(first.chunk().type()).isEqualTo(Numbers.CHUNK_NONE);
        }
    }
}
