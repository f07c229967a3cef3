package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model of the protocol sends random valid, almost valid and invalid sequences on many connections of several nodes and of
 * strangers, while an honest node backs up and restores. Five seconds by default; for an hour with little memory:
 *
 * <pre>mvn -pl appliance/server -am -Dtest=ProtocolModelTest -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dtest.heap=256m -Dholdfast.model.seconds=3600 -Dholdfast.model.seed=1 package</pre>
 */
class ProtocolModelTest {
    private static final int SECONDS = Integer.getInteger("holdfast.model.seconds", 5);
    private static final long SEED = Long.getLong("holdfast.model.seed", 1);
    private static final int NODES = 4;
    private static final int CONNECTIONS = 5;
    /** Rates are higher by this than those of an appliance. */
    private static final int RATES = 20;

    private static final int QUIET_ROUNDS = 3;
    /** What no hostile node ever stored. */
    private static final int[] SECRETS = IntStream.range(500_000, 500_020).toArray();

    @TempDir
    Path dir;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicReference<String> leak = new AtomicReference<>();
    /** What failed on a thread of the test, other than by being refused or cut off. */
    private final AtomicReference<Throwable> broken = new AtomicReference<>();

    private final Set<UUID> snapshots = ConcurrentHashMap.newKeySet();
    private TestAppliance office;
    private TestAppliance.Backup secret;

    @Test
    void nothingCrashesLeaksOrIsToldToOthers() throws Exception {
        System.out.println("seed " + SEED + ", " + SECONDS + " s");
        office = new TestAppliance(
                dir.resolve("data"),
                new Deadlines(
                        // Long enough for honest handshakes on a busy machine.
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(21),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(8),
                        Duration.ofDays(1)),
                // Refusals are slowed down on purpose; here so many are wanted.
                () -> System.nanoTime() * RATES);
        TestAppliance.TestNode honest = office.enrol("honest");
        try (TestAppliance.Connection warm = honest.connect()) {
            secret = honest.backup(warm, 0, 50_000, SECRETS);
        }
        long[] quiet = new long[QUIET_ROUNDS];
        for (int i = 0; i < quiet.length; i++) {
            quiet[i] = round(honest, 590_000 + 2 * i);
        }
        long threads = Thread.getAllStackTraces().size();
        long descriptors = TestAppliance.descriptors();
        List<Thread> attackers = new ArrayList<>();
        List<TestAppliance.TestNode> hostile = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            TestAppliance.TestNode member = office.enrol("hostile-" + node);
            for (int i = 0; i < CONNECTIONS; i++) {
                Random random = new Random(SEED + 31L * node + i);
                boolean careful = node % 2 == 0;
                attackers.add(
                        Thread.ofPlatform().daemon().name("hostile").start(() -> attack(member, careful, random)));
            }
            hostile.add(member);
        }
        for (int i = 0; i < 3; i++) {
            Random random = new Random(SEED - i - 1);
            attackers.add(Thread.ofPlatform().daemon().name("stranger").start(() -> attack(null, false, random)));
        }
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        int rounds = 0;
        int resumed = 0;
        List<Long> times = new ArrayList<>();
        do {
            long took = round(honest, 600_000 + rounds);
            times.add(took);
            // No node begins more than one backup a second for long.
            Thread.sleep(Math.max(0, 1000 - took / 1_000_000));
            rounds++;
            for (TestAppliance.TestNode each : hostile) {
                // Somebody believes them every time.
                if (office.control.suspensions().resume(each.id)) {
                    resumed++;
                }
            }
        } while (System.nanoTime() < end);
        stop.set(true);
        for (Thread attacker : attackers) {
            attacker.join();
        }
        awaitCalm(threads, descriptors);
        assertThat(broken.get()).isNull();
        assertThat(leak.get()).isNull();
        assertThat(sent.get()).isGreaterThan(100);
        assertThat(answered.get()).isGreaterThan(50);
        assertThat(snapshots).isNotEmpty();
        honest.restore(secret);
        System.out.println(sent + " messages, " + answered + " answers, " + rounds + " honest rounds of "
                + figures(times) + " ms ("
                + figures(Arrays.stream(quiet).boxed().toList()) + " before), " + snapshots.size()
                + " hostile snapshots, " + resumed
                + " suspensions lifted");
        office.close();
    }

    /** A backup and two restores, which must be whole; returns how long they took, in nanoseconds. */
    private long round(TestAppliance.TestNode honest, int seed) throws IOException {
        long began = System.nanoTime();
        TestAppliance.Backup backup = honest.backup(20_000, seed, seed + 1, 7);
        honest.restore(backup);
        honest.restore(secret);
        return System.nanoTime() - began;
    }

    /** Median and maximum, in milliseconds. */
    private static String figures(List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get(sorted.size() / 2) / 1_000_000 + ", at most " + sorted.getLast() / 1_000_000;
    }

    private void awaitCalm(long threads, long descriptors) throws InterruptedException {
        Limits limits = office.listener.limits();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while ((office.listener.connections() > 0
                        || limits.ingest.heldBytes() + limits.answers.heldBytes() + limits.restore.heldBytes() > 0
                        || Thread.getAllStackTraces().size() > threads + 5)
                && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertThat(office.listener.connections()).isZero();
        assertThat(limits.ingest.heldBytes()).isZero();
        assertThat(limits.answers.heldBytes()).isZero();
        assertThat(limits.restore.heldBytes()).isZero();
        assertThat(limits.underWay()).isZero();
        assertThat(limits.unidentified.taken() + limits.strangers.taken()).isZero();
        assertThat(office.sessions.count()).isZero();
        assertThat(Thread.getAllStackTraces().size()).isLessThanOrEqualTo((int) threads + 5);
        // Manifests and containers are kept open within limits.
        assertThat(TestAppliance.descriptors()).isLessThan(descriptors + 32 + 128 + 20);
    }

    /**
     * One connection after the other until it is over.
     *
     * @param careful sends nothing that a node is suspended for, so that more of what it says is looked at
     */
    private void attack(TestAppliance.TestNode member, boolean careful, Random random) {
        boolean first = true;
        while (!stop.get()) {
            try {
                boolean backup = first || random.nextInt(3) == 0;
                if (!first && random.nextInt(12) == 0) {
                    garbage(random);
                } else {
                    first = false;
                    converse(member, careful, backup, random);
                }
            } catch (IOException e) {
                // Refused or cut off, as it should be.
                answered.incrementAndGet();
            } catch (Throwable e) {
                broken.set(e);
                return;
            }
        }
    }

    /** What is no TLS, or breaks off in the middle of it. */
    private void garbage(Random random) throws Exception {
        try (Socket socket = office.dial()) {
            byte[] bytes = new byte[random.nextInt(400)];
            random.nextBytes(bytes);
            if (random.nextBoolean() && bytes.length > 3) {
                bytes[0] = 22;
                bytes[1] = 3;
                bytes[2] = 1;
            }
            socket.getOutputStream().write(bytes);
            sent.incrementAndGet();
            Thread.sleep(random.nextInt(300));
        }
    }

    /** @param backup begins with a backup as an honest client does it */
    private void converse(TestAppliance.TestNode member, boolean careful, boolean backup, Random random)
            throws Exception {
        TestAppliance.Connection connection = member == null ? office.stranger() : member.connect();
        State state = new State(random, careful);
        if (member != null && backup) {
            try {
                int[] seeds = random.ints(1 + random.nextInt(5), 0, 3000).toArray();
                state.has(member.backup(connection, random.nextInt(20_000), 1 + random.nextInt(20_000), seeds));
            } catch (IOException e) {
                connection.close();
                throw e;
            }
        }
        boolean reads = random.nextInt(4) != 0;
        Thread reader = Thread.ofVirtual().start(() -> {
            if (reads) {
                read(connection);
            }
        });
        try {
            int messages = 1 + random.nextInt(150);
            for (int i = 0; i < messages && !stop.get(); i++) {
                byte[] frame =
                        Frames.encode(1 + random.nextInt(40), state.next()).toByteArray();
                if (random.nextInt(60) == 0 && !careful) {
                    frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
                }
                int length = random.nextInt(80) == 0 ? random.nextInt(frame.length) : frame.length;
                connection.socket.getOutputStream().write(frame, 0, length);
                sent.incrementAndGet();
            }
            if (!reads) {
                Thread.sleep(random.nextInt(500));
            }
        } finally {
            if (random.nextBoolean()) {
                connection.socket.setSoLinger(true, 0);
            }
            connection.close();
            reader.join();
        }
    }

    /** Takes answers as they come; what the honest node alone has must not be among them. */
    private void read(TestAppliance.Connection connection) {
        try {
            InputStream in = connection.socket.getInputStream();
            while (true) {
                Frames.Frame frame = Frames.read(in, bytes -> {});
                if (frame == null) {
                    return;
                }
                answered.incrementAndGet();
                switch (frame.message()) {
                    case Message.Committed(UUID id) -> snapshots.add(id);
                    case Message.Snapshots(List<Message.SnapshotInfo> list, boolean last) -> {
                        if (list.stream().anyMatch(each -> each.id().equals(secret.snapshot()))) {
                            leak.set("the honest node's snapshot is listed");
                        }
                    }
                    case Message.Chunks(List<Message.Answer> answers, boolean last) -> {
                        for (Message.Answer answer : answers) {
                            Packed packed = answer.packed();
                            if (packed != null
                                    && secret.chunks().contains(HashAlgorithm.NEWEST.digest(packed.unpack()))) {
                                leak.set("a chunk of the honest node was sent");
                            }
                        }
                    }
                    default -> {}
                }
            }
        } catch (IOException e) {
            // Cut off.
        } catch (Throwable e) {
            broken.set(e);
        }
    }

    /** What a hostile client knows, and what it says next. */
    private final class State {
        private final Random random;
        private final List<Digest> stored = new ArrayList<>();
        private final List<PageRef> pages = new ArrayList<>();
        private final boolean careful;
        private UUID own;

        State(Random random, boolean careful) {
            this.random = random;
            this.careful = careful;
        }

        /** What it may read. */
        void has(TestAppliance.Backup backup) {
            own = backup.snapshot();
            stored.addAll(backup.chunks());
            snapshots.add(own);
        }

        Message next() throws IOException {
            return switch (random.nextInt(26)) {
                case 0, 1 -> new Message.OpenBackup(text());
                case 2 -> new Message.JoinBackup(random.nextInt(200));
                case 3, 4 -> new Message.Query(digests());
                case 5, 6, 7, 8 -> put();
                case 9, 10 -> new Message.RootPart(List.copyOf(pages));
                case 11, 12 -> new Message.Commit(summary());
                case 13 -> new Message.ListSnapshots();
                case 14, 15 -> new Message.OpenRead(snapshot(), text());
                case 16 ->
                    random.nextBoolean()
                            ? new Message.ReadRoot(snapshot(), 0, 1 + random.nextInt(512))
                            : new Message.ReadRoot(snapshot(), random.nextInt(20) - 5, random.nextInt());
                case 17 -> new Message.Plan(digests());
                case 18, 19 -> new Message.Get(Message.Reading.values()[random.nextInt(3)], digests());
                case 20 -> random.nextBoolean() ? new Message.Forget(snapshot()) : new Message.AskThaw(snapshot());
                case 21 ->
                    new Message.Attend(
                            List.of(random.nextLong(50), random.nextLong()),
                            random.nextBoolean() ? null : List.of(text(), "/" + text()));
                case 22 ->
                    new Message.Progress(
                            random.nextInt(50),
                            text(),
                            random.nextLong(),
                            1,
                            List.of(text(), text()),
                            random.nextBoolean()
                                    ? null
                                    : new Message.Figures(
                                            random.nextLong(), random.nextLong(), random.nextLong(), text()));
                case 23 ->
                    new Message.Ended(
                            random.nextInt(50),
                            Message.Outcome.values()[random.nextInt(3)],
                            random.nextBoolean() ? "{}" : "[".repeat(2000),
                            text());
                case 24 -> new Message.Enroll(text(), text(), text(), new byte[random.nextInt(200)]);
                default -> random.nextInt(10) == 0 ? new Message.Done() : new Message.Ping();
            };
        }

        private String text() {
            return switch (random.nextInt(4)) {
                case 0 -> "restore /x";
                case 1 -> "\u001b[31m\u202e".repeat(random.nextInt(20));
                case 2 -> "x".repeat(random.nextInt(1000));
                default -> "";
            };
        }

        private UUID snapshot() {
            if (own != null && random.nextBoolean()) {
                return own;
            }
            List<UUID> known = List.copyOf(snapshots);
            return random.nextInt(4) == 0 || known.isEmpty()
                    ? secret.snapshot()
                    : known.get(random.nextInt(known.size()));
        }

        private List<Digest> digests() {
            List<Digest> digests = new ArrayList<>();
            for (int n = random.nextInt(random.nextInt(20) == 0 ? 5000 : 40); n > 0; n--) {
                digests.add(
                        switch (random.nextInt(4)) {
                            case 0 ->
                                secret.chunks()
                                        .get(random.nextInt(secret.chunks().size()));
                            case 1 -> new Digest(random.nextLong(), 1, 2, 3);
                            default ->
                                stored.isEmpty() ? new Digest(1, 2, 3, 4) : stored.get(random.nextInt(stored.size()));
                        });
            }
            return random.nextInt(5) == 0
                    ? digests
                    : digests.stream().distinct().toList();
        }

        private Message put() throws IOException {
            List<Message.Upload> uploads = new ArrayList<>();
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                byte[] bytes = StoreFixture.random(random.nextInt(3000), 1 + random.nextInt(40_000));
                Digest digest = HashAlgorithm.NEWEST.digest(bytes);
                ChunkKind kind = random.nextInt(10) == 0 && !careful ? ChunkKind.PAGE : ChunkKind.DATA;
                Packed packed = switch (random.nextInt(careful ? 10 : 12)) {
                    case 10 -> new Packed(Codec.ZSTD, bytes.length, bytes);
                    case 11 -> new Packed(Codec.RAW, bytes.length + 1, bytes);
                    case 2 -> Packed.raw(bytes);
                    default -> Packed.compress(bytes, 1);
                };
                Digest claimed =
                        random.nextInt(12) == 0 && !careful ? secret.chunks().getFirst() : digest;
                uploads.add(new Message.Upload(kind, claimed, packed));
                stored.add(digest);
                if (random.nextInt(6) == 0) {
                    pages.add(new PageRef(
                            TreePath.parse("/p" + random.nextInt(9)), false, digest, bytes.length, random.nextInt(9)));
                    if (random.nextBoolean()) {
                        pages.clear();
                    }
                }
            }
            return new Message.Put(uploads);
        }

        private byte[] summary() throws IOException {
            byte[] summary = TestAppliance.summary(random.nextInt(20_000)).encode();
            if (random.nextInt(4) == 0) {
                summary[random.nextInt(summary.length)] ^= (byte) random.nextInt(256);
            }
            return summary;
        }
    }
}
