package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hostile nodes and strangers do to a listener, and that an honest node beside them notices nothing. */
class HostileNodeTest {
    private static final int CHUNK_BYTES = 100_000;
    private static final int[] SEEDS = IntStream.range(0, 60).toArray();

    @TempDir
    static Path dir;

    private static TestAppliance office;
    private static TestAppliance.TestNode honest;
    private static TestAppliance.TestNode hostile;
    private static TestAppliance.Backup good;

    @BeforeAll
    static void start() throws Exception {
        office = new TestAppliance(
                dir.resolve("data"),
                new Deadlines(
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(9),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(20),
                        Duration.ofDays(1)));
        honest = office.enrol("honest");
        hostile = office.enrol("hostile");
        good = null;
        while (good == null) {
            try {
                good = honest.backup(CHUNK_BYTES, SEEDS);
            } catch (SocketException e) {
                // The first handshake of a process may take longer than it may here.
                good = null;
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        office.close();
    }

    /** The median of several restores, in nanoseconds. */
    private static long restoreNanos() throws IOException {
        long[] nanos = new long[5];
        for (int i = 0; i < nanos.length; i++) {
            long began = System.nanoTime();
            honest.restore(good);
            nanos[i] = System.nanoTime() - began;
        }
        Arrays.sort(nanos);
        return nanos[nanos.length / 2];
    }

    private static void closeAll(List<? extends AutoCloseable> open) throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static void awaitCalm() throws InterruptedException {
        Limits limits = office.listener.limits();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while ((limits.ingest.heldBytes() + limits.answers.heldBytes() + limits.restore.heldBytes() > 0
                        || office.listener.connections() > 0)
                && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(limits.ingest.heldBytes()).isZero();
        assertThat(limits.answers.heldBytes()).isZero();
        assertThat(limits.restore.heldBytes()).isZero();
        assertThat(office.listener.connections()).isZero();
        assertThat(limits.underWay()).isZero();
        assertThat(limits.unidentified.taken() + limits.strangers.taken()).isZero();
    }

    private static long rows() throws IOException {
        return office.control.audit().newest(100_000).size();
    }

    @Test
    void unreadAnswersTakeAShareOfMemoryAndNobodysTime() throws Exception {
        TestAppliance.TestNode greedy = office.enrol("greedy");
        TestAppliance.Backup large =
                greedy.backup(CHUNK_BYTES, IntStream.range(1000, 1200).toArray());
        try (TestAppliance.Connection connection = greedy.connect()) {
            for (int i = 0; i < 40; i++) {
                greedy.backup(connection, 116_000, 10, 2000);
            }
        }
        long before = restoreNanos();
        List<TestAppliance.Connection> unread = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            TestAppliance.Connection connection = greedy.connect();
            unread.add(connection);
            connection.ask(new Message.OpenRead(large.snapshot(), "restore /"), Message.ReadOpened.class);
            for (int request = 100; request < 120; request++) {
                connection.send(request, new Message.ListSnapshots());
                connection.send(request + 100, new Message.Get(false, large.chunks()));
                connection.send(request + 200, new Message.ReadRoot(large.snapshot(), 0, 512));
            }
        }
        Limits limits = office.listener.limits();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (limits.restore.heldBytes(greedy.id) < 8 << 20 && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        long held = limits.restore.heldBytes(greedy.id);
        assertThat(held).isBetween(8L << 20, 20L << 20);
        assertThat(limits.answers.heldBytes(greedy.id)).isLessThan(20 << 20);
        long meanwhile = restoreNanos();
        TestAppliance.Backup more =
                honest.backup(CHUNK_BYTES, IntStream.range(3000, 3030).toArray());
        honest.restore(more);
        assertThat(limits.restore.heldBytes(greedy.id)).isGreaterThan(4 << 20);
        // Twice as long, and room for what else the machine does.
        assertThat(meanwhile).isLessThan(2 * before + 1_000_000_000L);
        closeAll(unread);
        awaitCalm();
    }

    @Test
    void listOfManySnapshotsIsWholeThoughItComesInParts() throws Exception {
        TestAppliance.TestNode many = office.enrol("many");
        List<java.util.UUID> made = new ArrayList<>();
        try (TestAppliance.Connection connection = many.connect()) {
            for (int i = 0; i < 12; i++) {
                made.add(many.backup(connection, i * 10_000, 10, 1).snapshot());
            }
            List<Message.SnapshotInfo> listed = connection.list();
            assertThat(listed).extracting(Message.SnapshotInfo::id).containsExactlyInAnyOrderElementsOf(made);
            assertThatThrownBy(() -> many.backup(connection, 140_000, 10, 1)).hasMessageContaining("too large");
        }
        awaitCalm();
    }

    @Test
    void manyOpenSnapshotsShareFewDescriptors() throws Exception {
        List<TestAppliance.Backup> backups = new ArrayList<>();
        try (TestAppliance.Connection connection = hostile.connect()) {
            for (int i = 0; i < 60; i++) {
                backups.add(hostile.backup(connection, 0, 10, i));
            }
        }
        awaitCalm();
        long before = TestAppliance.descriptors();
        List<TestAppliance.Connection> open = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            TestAppliance.Connection connection = hostile.connect();
            open.add(connection);
            for (TestAppliance.Backup each : backups) {
                connection.ask(new Message.OpenRead(each.snapshot(), "list"), Message.ReadOpened.class);
            }
        }
        // Two for each connection, one at either end.
        assertThat(TestAppliance.descriptors()).isLessThan(before + 60);
        assertThat(office.store.manifests().kept()).isLessThanOrEqualTo(32);
        for (TestAppliance.Connection connection : open) {
            for (TestAppliance.Backup each : backups) {
                assertThat(connection
                                .ask(new Message.ReadRoot(each.snapshot(), 0, 512), Message.RootPages.class)
                                .pages())
                        .hasSize(1);
            }
        }
        honest.restore(good);
        closeAll(open);
        awaitCalm();
    }

    @Test
    void idleAndDribblingStrangersKeepNobodyOutAndAreCutOff() throws Exception {
        List<TestAppliance.Connection> strangers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            strangers.add(office.stranger());
        }
        // Eight of one address at most; the last one is served.
        assertThat(office.listener.limits().strangers.taken()).isLessThanOrEqualTo(8);
        TestAppliance.Connection last = strangers.getLast();
        last.ask(new Message.Ping(), Message.Done.class);
        List<Socket> idle = new ArrayList<>();
        for (int i = 0; i < 320; i++) {
            idle.add(office.dial());
        }
        honest.restore(good);
        assertThat(office.listener.limits().unidentified.taken()).isLessThanOrEqualTo(64);
        try (Socket dribbler = office.dial()) {
            byte[] hello = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3};
            assertThatThrownBy(() -> {
                        for (int sent = 0; sent < 200; sent++) {
                            dribbler.getOutputStream().write(sent < hello.length ? hello[sent] : 0);
                            Thread.sleep(100);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        // However busy a stranger is, it goes in the end.
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        last.ask(new Message.Ping(), Message.Done.class);
                        Thread.sleep(100);
                    }
                })
                .isInstanceOf(IOException.class);
        closeAll(idle);
        closeAll(strangers);
        awaitCalm();
    }

    @Test
    void floodsOfRefusalsAreCountedNotWritten() throws Exception {
        long before = rows();
        for (int i = 0; i < 5; i++) {
            try (TestAppliance.Connection stranger = office.stranger()) {
                for (int attempt = 0; attempt < 12; attempt++) {
                    assertThatThrownBy(() -> stranger.ask(
                                    new Message.Enroll("hf1.00.00", "x", "p", new byte[10]), Message.Enrolled.class))
                            .isInstanceOf(RemoteException.class);
                }
            }
        }
        for (int i = 0; i < 20; i++) {
            try (TestAppliance.Connection connection = hostile.connect()) {
                connection.socket.getOutputStream().write(new byte[] {127, 0, 0, 0, 0});
                assertThatThrownBy(() -> connection.read(0)).hasMessageContaining("limit");
            }
        }
        try (TestAppliance.Connection connection = hostile.connect()) {
            for (int i = 0; i < 100; i++) {
                assertThatThrownBy(() -> connection.ask(new Message.Forget(good.snapshot()), Message.Done.class))
                        .isInstanceOfSatisfying(
                                RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN));
            }
        }
        assertThat(rows() - before).isLessThan(12);
        // From the same address a good token is as good as ever.
        office.control.tokens().add("good", Duration.ofHours(1), null);
        try (TestAppliance.Connection stranger = office.stranger()) {
            assertThatThrownBy(() -> stranger.ask(
                            new Message.Enroll("hf1.good.00", "late", "p", new byte[10]), Message.Enrolled.class))
                    .hasMessageContaining("certificate request");
            // On a busy machine the address has won back some attempts meanwhile.
            Set<String> refusals = new HashSet<>();
            for (int i = 0; i < 100 && refusals.stream().noneMatch(text -> text.contains("too many")); i++) {
                Message bad = new Message.Enroll("hf1.bad.00", "late", "p", new byte[10]);
                assertThatThrownBy(() -> stranger.ask(bad, Message.Enrolled.class))
                        .satisfies(refusal -> refusals.add(refusal.getMessage()));
            }
            assertThat(refusals).anySatisfy(text -> assertThat(text).contains("too many"));
        }
        awaitCalm();
    }

    @Test
    void freeTextOfReadersIsShortInTheAuditAndTheSameIsCounted() throws Exception {
        TestAppliance.TestNode reader = office.enrol("reader");
        TestAppliance.Backup own = reader.backup(10, 1);
        long before = rows();
        try (TestAppliance.Connection connection = reader.connect()) {
            for (int i = 0; i < 200; i++) {
                // Free text makes no entry of its own.
                connection.ask(
                        new Message.OpenRead(own.snapshot(), i + "z".repeat(4000 - i % 100)), Message.ReadOpened.class);
            }
        }
        assertThat(rows() - before).isLessThanOrEqualTo(2);
        assertThat(office.control.audit().newest(100_000))
                .extracting(AuditEntry::action)
                .allMatch(action -> action.length() <= 220)
                .anyMatch(action -> action.startsWith("read: 0zzz"));
        awaitCalm();
    }

    @Test
    void orderOfChunksDoesNotTellWhatOthersStore() throws Exception {
        TestAppliance.TestNode spy = office.enrol("spy");
        // Between random chunks of its own: some that the honest node stored, some that nobody did.
        int[] seeds = {7000, 0, 7001, 1, 7002, 7003, 7004, 2, 3, 7005};
        try (TestAppliance.Connection connection = spy.connect()) {
            connection.ask(new Message.OpenBackup("probe"), Message.BackupOpened.class);
            for (int seed : seeds) {
                // One at a time, which makes the order certain.
                byte[] chunk = StoreFixture.random(seed, CHUNK_BYTES);
                connection.ask(
                        new Message.Put(List.of(new Message.Upload(
                                ChunkKind.DATA, HashAlgorithm.NEWEST.digest(chunk), Packed.compress(chunk, 1)))),
                        Message.Stored.class);
            }
        }
        TestAppliance.Backup probe = spy.backup(CHUNK_BYTES, seeds);
        try (TestAppliance.Connection connection = spy.connect()) {
            long[] inOrder = connection
                    .ask(new Message.Plan(probe.chunks()), Message.Places.class)
                    .places();
            assertThat(inOrder).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            long[] reversed = connection
                    .ask(new Message.Plan(probe.chunks().reversed()), Message.Places.class)
                    .places();
            assertThat(reversed).containsExactly(19, 18, 17, 16, 15, 14, 13, 12, 11, 10);
            List<Digest> shuffled = new ArrayList<>(probe.chunks());
            java.util.Collections.shuffle(shuffled, new java.util.Random(5));
            assertThat(connection.get(shuffled))
                    .extracting(Message.Answer::index)
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        }
        spy.restore(probe);
        awaitCalm();
    }

    @Test
    void plansSortedTogetherKeepTheOrderOfTheDisk() throws Exception {
        TestAppliance.TestNode old = office.enrol("old");
        TestAppliance.Backup backup = old.backup(10, IntStream.range(8000, 8080).toArray());
        List<Long> merged = new ArrayList<>();
        try (TestAppliance.Connection connection = old.connect()) {
            for (int from = 0; from < 80; from += 10) {
                for (long place : connection
                        .ask(new Message.Plan(backup.chunks().subList(from, from + 10)), Message.Places.class)
                        .places()) {
                    merged.add(place);
                }
            }
        }
        for (int plan = 0; plan < 8; plan++) {
            assertThat(merged.subList(plan * 10, plan * 10 + 10)).allMatch(inPlan(plan));
        }
        assertThat(merged).doesNotHaveDuplicates();
        awaitCalm();
    }

    private static java.util.function.Predicate<Long> inPlan(int plan) {
        return place -> place / 10 == plan;
    }

    @Test
    void smallRequestsInMassesAreHeldBack() throws Exception {
        try (TestAppliance.Connection connection = hostile.connect()) {
            connection.socket.setSoTimeout(100);
            byte[] ping = Frames.encode(7, new Message.Ping()).toByteArray();
            byte[] many = new byte[ping.length * 1000];
            for (int i = 0; i < 1000; i++) {
                System.arraycopy(ping, 0, many, i * ping.length, ping.length);
            }
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 5000; i++) {
                        connection.socket.getOutputStream().write(many);
                    }
                } catch (IOException e) {
                    Thread.currentThread().interrupt();
                }
            });
            honest.restore(good);
            honest.backup(CHUNK_BYTES, 4000, 4001);
            assertThat(office.listener.limits().answers.heldBytes(hostile.id)).isLessThan(20 << 20);
            connection.socket.setSoLinger(true, 0);
            connection.close();
            writer.join();
        }
        awaitCalm();
    }

    @Test
    void requestsBeyondTheirLimitsAreRefused() throws Exception {
        List<Digest> digests =
                IntStream.range(0, 40_000).mapToObj(i -> new Digest(i, 1, 2, 3)).toList();
        try (TestAppliance.Connection connection = hostile.connect()) {
            assertThat(connection
                            .ask(new Message.Plan(digests.subList(0, 1 << 15)), Message.Places.class)
                            .places())
                    .containsOnly(-1);
            assertThat(connection.get(digests.subList(0, 4096))).hasSize(4096);
            assertThatThrownBy(() -> connection.get(digests.subList(0, 4097))).hasMessageContaining("at most");
            connection.send(5, new Message.Plan(digests));
            assertThatThrownBy(() -> connection.read(0)).hasMessageContaining("digest count");
        }
        try (TestAppliance.Connection connection = hostile.connect()) {
            connection.ask(new Message.OpenRead(hostileSnapshot(connection), "x"), Message.ReadOpened.class);
            assertThatThrownBy(() -> connection.ask(
                            new Message.ReadRoot(connection.list().getFirst().id(), -1, 5), Message.RootPages.class))
                    .isInstanceOf(RemoteException.class);
        }
        awaitCalm();
    }

    private static java.util.UUID hostileSnapshot(TestAppliance.Connection connection) throws IOException {
        return hostile.backup(connection, 0, 10, 1).snapshot();
    }
}
