package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions of hostile clients. Each must end, leave no request at work, and answer with what begins as replies do. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServerFuzzTest {
    private static final int SESSIONS = 3000;
    private static final NbdServerSettings SETTINGS = NbdServerSettings.DEFAULT.withRequests(4, 2 << 20);

    private static long seed(String test) {
        long seed = Long.getLong("holdfast.nbd.seed", System.nanoTime());
        System.out.println(test + ": -Dholdfast.nbd.seed=" + seed);
        return seed;
    }

    /** What a server answers to a client that sends all at once. */
    private static byte[] serve(byte[] sent, MemoryExport disk, Pieces pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NbdTransport transport = NbdTransport.of(new ByteArrayInputStream(sent), out, () -> {});
        try {
            new NbdSession(transport, NbdExports.single("d", () -> disk), SETTINGS, pieces).run();
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
        assertThat(disk.active).hasValue(0);
        return out.toByteArray();
    }

    /** What a client sends, and the lengths of its requests by their cookies. */
    private record Session(byte[] sent, boolean structured, Map<Long, Integer> requests) {
        static Session valid(Random random) {
            boolean structured = random.nextBoolean();
            Map<Long, Integer> requests = new HashMap<>();
            byte[] sent = RawPeer.bytes(to -> {
                to.writeInt(random.nextInt(4) | 1);
                if (structured) {
                    to.write(RawPeer.optionBytes(Numbers.OPT_STRUCTURED_REPLY, new byte[0]));
                    to.write(RawPeer.optionBytes(
                            Numbers.OPT_SET_META_CONTEXT, RawPeer.contextData("d", Numbers.BASE_ALLOCATION)));
                }
                to.write(RawPeer.optionBytes(Numbers.OPT_GO, RawPeer.goData("d", Numbers.INFO_BLOCK_SIZE)));
                for (long cookie = random.nextInt(20); cookie > 0; cookie--) {
                    int type = random.nextInt(9);
                    // Else the session ends here.
                    type = type == Numbers.CMD_DISC ? Numbers.CMD_WRITE : type;
                    int length = random.nextInt(3000);
                    int flags = random.nextInt(3) == 0 ? random.nextInt(32) : 0;
                    to.write(RawPeer.requestBytes(flags, type, cookie, random.nextInt(4000), length));
                    if (type == Numbers.CMD_WRITE) {
                        to.write(new byte[length]);
                    }
                    requests.put(cookie, type == Numbers.CMD_READ ? length : 0);
                }
            });
            return new Session(sent, structured, requests);
        }

        /** Each request must have one reply, in one piece. */
        void mustBeAnswered(byte[] answer) throws IOException {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(answer));
            in.readNBytes(18);
            int option;
            int type;
            do {
                assertThat(in.readLong()).isEqualTo(Numbers.OPTION_REPLY_MAGIC);
                option = in.readInt();
                type = in.readInt();
                in.readNBytes(in.readInt());
            } while (option != Numbers.OPT_GO || type != Numbers.REP_ACK);
            Map<Long, Integer> open = new HashMap<>(requests);
            while (!open.isEmpty()) {
                int magic = in.readInt();
                boolean last = true;
                long cookie;
                if (structured) {
                    assertThat(magic).isEqualTo(Numbers.STRUCTURED_REPLY_MAGIC);
                    last = (in.readUnsignedShort() & Numbers.DONE) != 0;
                    in.readUnsignedShort();
                    cookie = in.readLong();
                    assertThat(open).containsKey(cookie);
                    in.readNBytes(in.readInt());
                } else {
                    assertThat(magic).isEqualTo(Numbers.SIMPLE_REPLY_MAGIC);
                    int error = in.readInt();
                    cookie = in.readLong();
                    assertThat(open).containsKey(cookie);
                    in.readNBytes(error == 0 ? open.get(cookie) : 0);
                }
                if (last) {
                    open.remove(cookie);
                }
            }
            assertThat(in.available()).isZero();
        }
    }

    @Test
    void randomBytesAreSurvived() {
        Random random = new Random(seed("random bytes"));
        Pieces pieces = new Pieces();
        for (int i = 0; i < SESSIONS; i++) {
            byte[] sent = new byte[random.nextInt(300)];
            random.nextBytes(sent);
            if (random.nextBoolean() && sent.length >= 4) {
                // Behind the greeting, at least.
                Arrays.fill(sent, 0, 4, (byte) 0);
                sent[3] = 3;
            }
            byte[] answer = serve(sent, MemoryExport.writable(5000), pieces);
            assertThat(answer).startsWith("NBDMAGICIHAVEOPT".getBytes());
        }
    }

    @Test
    void validSessionsAreAnsweredRequestByRequest() throws IOException {
        Random random = new Random(seed("valid sessions"));
        Pieces pieces = new Pieces();
        for (int i = 0; i < SESSIONS / 10; i++) {
            MemoryExport disk = MemoryExport.writable(5000);
            Session session = Session.valid(random);
            session.mustBeAnswered(serve(session.sent, disk, pieces));
            assertThat(disk.closed).hasValue(1);
        }
    }

    /** Valid sessions with some bytes changed, often to the largest numbers, or cut off. */
    @Test
    void damagedSessionsAreSurvived() {
        Random random = new Random(seed("damaged sessions"));
        Pieces pieces = new Pieces();
        for (int i = 0; i < SESSIONS; i++) {
            byte[] sent = Session.valid(random).sent;
            for (int change = random.nextInt(4); change > 0; change--) {
                int at = 4 + random.nextInt(sent.length - 4);
                if (random.nextBoolean()) {
                    sent[at] = (byte) random.nextInt(256);
                } else {
                    Arrays.fill(sent, at, Math.min(sent.length, at + 4), (byte) -1);
                }
            }
            byte[] cut = random.nextBoolean() ? sent : Arrays.copyOf(sent, random.nextInt(sent.length));
            serve(cut, MemoryExport.writable(5000), pieces);
        }
    }
}
