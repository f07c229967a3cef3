package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server answers to requests, as it is on the wire. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransmissionTest {
    private static final int SIZE = 40 << 20;

    @TempDir
    Path dir;

    private static final byte[] CONTENT = new byte[SIZE];

    static {
        new Random(1).nextBytes(CONTENT);
        // A hole within.
        Arrays.fill(CONTENT, 8192, 16384, (byte) 0);
    }

    private volatile MemoryExport.Hook hook = (act, offset, length) -> {};
    private NbdServer server;

    @BeforeEach
    void start() throws IOException {
        NbdExports exports = new NbdExports() {
            @Override
            public List<Listed> list() {
                return List.of();
            }

            @Override
            public NbdExport open(String name) {
                return new MemoryExport(
                        CONTENT,
                        name.contains("r"),
                        name.contains("s"),
                        (act, offset, length) -> hook.before(act, offset, length));
            }
        };
        server = NbdServer.listen(NbdAddress.unix(dir.resolve("s")), exports, NbdServerSettings.DEFAULT);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private RawPeer peer(String name, boolean structured) throws IOException {
        return new RawPeer(server.address()).go(name, structured);
    }

    private byte[] content(int offset, int length) {
        return Arrays.copyOfRange(CONTENT, offset, offset + length);
    }

    @Test
    void simpleRepliesHaveTheData() throws IOException {
        try (RawPeer peer = peer("w", false)) {
            // One piece, several pieces, and more than are kept in memory.
            for (int length : new int[] {1, 100_000, 1 << 20, 20 << 20, 32 << 20}) {
                peer.request(0, Numbers.CMD_READ, length, 4097, length).mustBeSimple(length, 0);
                assertThat(peer.in.readNBytes(length)).isEqualTo(content(4097, length));
            }
            peer.request(0, Numbers.CMD_READ, 9, 0, 0).mustBeSimple(9, 0);
            peer.request(0, Numbers.CMD_READ, 10, 0, (32 << 20) + 1).mustBeSimple(10, NbdError.INVALID.code());
            peer.request(0, Numbers.CMD_BLOCK_STATUS, 11, 0, 1).mustBeSimple(11, NbdError.INVALID.code());
            peer.request(Numbers.DF, Numbers.CMD_READ, 12, 0, 1).mustBeSimple(12, NbdError.INVALID.code());
            peer.request(0, Numbers.CMD_DISC, 13, 0, 0).mustEnd();
        }
    }

    @Test
    void errorBehindTheFirstPartOfALongSimpleReplyEndsTheConnection() throws IOException {
        hook = (act, offset, length) -> {
            if (offset >= 10 << 20) {
                throw new IOException("broken");
            }
        };
        try (RawPeer peer = peer("w", false)) {
            peer.request(0, Numbers.CMD_READ, 1, 10 << 20, 20 << 20).mustBeSimple(1, NbdError.IO.code());
            peer.request(0, Numbers.CMD_READ, 2, 0, 20 << 20).mustBeSimple(2, 0);
            assertThat(peer.in.readNBytes(10 << 20)).isEqualTo(content(0, 10 << 20));
            peer.mustEnd();
        }
    }

    @Test
    void structuredReadsSendHoles() throws IOException {
        try (RawPeer peer = peer("s", true)) {
            peer.request(0, Numbers.CMD_READ, 1, 4096, 20_000);
            byte[] got = new byte[20_000];
            RawPeer.Chunk chunk;
            boolean hole = false;
            int covered = 0;
            do {
                chunk = peer.chunk();
                ByteBuffer payload = ByteBuffer.wrap(chunk.payload());
                int at = (int) payload.getLong() - 4096;
                if (chunk.type() == Numbers.CHUNK_HOLE) {
                    hole = true;
                    covered += payload.getInt();
                } else {
                    assertThat(chunk.type()).isEqualTo(Numbers.CHUNK_DATA);
                    covered += payload.remaining();
                    payload.get(got, at, payload.remaining());
                }
            } while (!chunk.last());
            assertThat(hole).isTrue();
            assertThat(covered).isEqualTo(20_000);
            assertThat(got).isEqualTo(content(4096, 20_000));
        }
    }

    @Test
    void dontFragmentGetsOneChunkOrAnError() throws IOException {
        try (RawPeer peer = peer("s", true)) {
            // Across a boundary of pieces.
            peer.request(Numbers.DF, Numbers.CMD_READ, 1, 262_144 - 1000, 65_536);
            RawPeer.Chunk chunk = peer.chunk();
            assertThat(chunk.last()).isTrue();
            assertThat(Arrays.copyOfRange(chunk.payload(), 8, chunk.payload().length))
                    .isEqualTo(content(262_144 - 1000, 65_536));
            peer.request(Numbers.DF, Numbers.CMD_READ, 2, 0, 30 << 20).mustFail(2, NbdError.TOO_LONG);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // type, flags, offset, length, error
        "0, 0, 41943040, 1, INVALID",
        "0, 0, 41943039, 2, INVALID",
        "0, 0, -1, 1, INVALID",
        "0, 0, 9223372036854775807, 1000000, INVALID",
        "0, 0, 0, 33554433, TOO_LONG",
        "0, 2, 0, 1, INVALID",
        "0, 32768, 0, 1, INVALID",
        "3, 0, 0, 1, INVALID",
        "3, 0, 1, 0, INVALID",
        "3, 4, 0, 0, INVALID",
        "4, 0, 41943040, 1, INVALID",
        "4, 2, 0, 1, INVALID",
        "5, 0, 41943040, 4294967295, INVALID",
        "5, 4, 0, 1, INVALID",
        "6, 0, 41943040, 1, NO_SPACE",
        "6, 0, 0, 4294967295, NO_SPACE",
        "6, 16, 0, 1, NOT_SUPPORTED",
        "6, 18, 0, 1, NOT_SUPPORTED",
        "6, 8, 0, 1, INVALID",
        "7, 0, 41943040, 1, INVALID",
        "7, 0, 0, 0, INVALID",
        "7, 2, 0, 1, INVALID",
        "8, 0, 0, 0, INVALID",
        "65535, 0, 0, 0, INVALID"
    })
    void wrongRequestsAreRefused(int type, int flags, long offset, long length, NbdError error) throws IOException {
        try (RawPeer peer = peer("w", true)) {
            assertThat(peer.request(flags, type, -7, offset, length).mustFail(-7, error))
                    .isNotEmpty();
            // The connection goes on.
            peer.request(Numbers.FUA, Numbers.CMD_READ, 3, 5, 1);
            assertThat(peer.chunk().payload()[8]).isEqualTo(CONTENT[5]);
        }
    }

    @Test
    void refusedWritesAreReadToTheirEnd() throws IOException {
        try (RawPeer peer = peer("w", true);
                RawPeer reader = peer("r", true)) {
            byte[] data = new byte[100_000];
            peer.request(0, Numbers.CMD_WRITE, 1, SIZE - 10, data.length).out.write(data);
            peer.mustFail(1, NbdError.NO_SPACE);
            peer.request(Numbers.NO_HOLE, Numbers.CMD_WRITE, 2, 0, data.length)
                    .out
                    .write(data);
            peer.mustFail(2, NbdError.INVALID);
            peer.request(0, Numbers.CMD_FLUSH, 3, 0, 0);
            assertThat(peer.chunk().cookie()).isEqualTo(3);
            for (int type : new int[] {Numbers.CMD_WRITE, Numbers.CMD_TRIM, Numbers.CMD_WRITE_ZEROES}) {
                reader.request(Numbers.FUA, type, type, 0, 1).out.write(new byte[type == Numbers.CMD_WRITE ? 1 : 0]);
                reader.mustFail(type, NbdError.PERMISSION);
            }
            reader.request(0, Numbers.CMD_FLUSH, 9, 0, 0);
            assertThat(reader.chunk().type()).isEqualTo(Numbers.CHUNK_NONE);
        }
    }

    @Test
    void absurdWriteEndsTheConnection() throws IOException {
        try (RawPeer peer = peer("w", true)) {
            peer.request(0, Numbers.CMD_WRITE, 1, 0, -1).mustEnd();
        }
    }

    @Test
    void wrongMagicEndsTheConnection() throws IOException {
        try (RawPeer peer = peer("w", true)) {
            peer.out.write(new byte[28]);
            peer.mustEnd();
        }
    }

    @Test
    void statusOfOneExtentIsWithinTheRequest() throws IOException {
        try (RawPeer peer = peer("s", true)) {
            peer.request(Numbers.REQ_ONE, Numbers.CMD_BLOCK_STATUS, 1, 8192, 100);
            ByteBuffer one = ByteBuffer.wrap(peer.chunk().payload());
            assertThat(new int[] {one.getInt(), one.getInt(), one.getInt()}).containsExactly(1, 100, 3);
            assertThat(one.hasRemaining()).isFalse();
            peer.request(0, Numbers.CMD_BLOCK_STATUS, 2, 0, SIZE);
            ByteBuffer all = ByteBuffer.wrap(peer.chunk().payload());
            assertThat(all.getInt()).isEqualTo(1);
            assertThat(new int[] {all.getInt(), all.getInt(), all.getInt(), all.getInt(), all.getInt(), all.getInt()})
                    .containsExactly(8192, 0, 8192, 3, SIZE - 16384, 0);
        }
    }

    @Test
    void exportsChooseErrorsAndHideOthers() throws IOException {
        hook = (act, offset, length) -> {
            switch ((int) offset) {
                case 1 -> throw new NbdException(NbdError.SHUTDOWN, "x".repeat(5000));
                case 2 -> throw new IOException("/secret/path: No space left on device");
                case 3 -> throw new IllegalStateException("secret");
                case 4 -> throw new StackOverflowError();
                default -> {}
            }
        };
        try (RawPeer peer = peer("w", true)) {
            assertThat(peer.request(0, Numbers.CMD_READ, 1, 1, 1).mustFail(1, NbdError.SHUTDOWN))
                    .hasSize(4096);
            assertThat(peer.request(0, Numbers.CMD_TRIM, 2, 2, 1).mustFail(2, NbdError.NO_SPACE))
                    .isEmpty();
            peer.request(0, Numbers.CMD_WRITE, 3, 3, 1).out.write(7);
            assertThat(peer.mustFail(3, NbdError.IO)).isEmpty();
            assertThat(peer.request(0, Numbers.CMD_READ, 4, 4, 1).mustFail(4, NbdError.IO))
                    .isEmpty();
        }
    }

    @Test
    void errorWithinAReadFollowsWhatWasRead() throws IOException {
        hook = (act, offset, length) -> {
            if (offset == 262_144) {
                throw new NbdException(NbdError.IO, "damaged");
            }
        };
        try (RawPeer peer = peer("w", true)) {
            peer.request(0, Numbers.CMD_READ, 1, 0, 600_000);
            RawPeer.Chunk first = peer.chunk();
            assertThat(first.type()).isEqualTo(Numbers.CHUNK_DATA);
            assertThat(first.last()).isFalse();
            assertThat(peer.mustFail(1, NbdError.IO)).isEqualTo("damaged");
        }
    }
}
