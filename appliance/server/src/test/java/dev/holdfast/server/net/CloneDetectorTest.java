package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.Events.Event;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of a node's state directory, over real connections. */
class CloneDetectorTest {
    @TempDir
    private Path dir;

    private TestAppliance office;
    private TestAppliance.TestNode node;

    @BeforeEach
    void open() throws Exception {
        // So that no rate is reached.
        office = new TestAppliance(dir, Deadlines.STANDARD, () -> System.nanoTime() * 100);
        node = office.enrol("mail");
    }

    @AfterEach
    void close() throws IOException {
        office.close();
    }

    /** A state directory on a machine, as a client treats it. */
    private final class Machine {
        private final String id;
        private String boot;
        private UUID instance;
        private long counter;

        Machine(String id, String boot) {
            this(id, boot, UUID.randomUUID(), 0);
        }

        Machine(String id, String boot, UUID instance, long counter) {
            this.id = id;
            this.boot = boot;
            this.instance = instance;
            this.counter = counter;
        }

        Machine copy(String id, String boot) {
            return new Machine(id, boot, instance, counter);
        }

        Machine boot(String name) {
            boot = name;
            return this;
        }

        TestAppliance.Connection connect() throws IOException {
            return connect(counter + 1);
        }

        private TestAppliance.Connection connect(long told) throws IOException {
            TestAppliance.Connection connection = node.connect();
            try {
                Message.Hold hold = new Message.Hold(instance, told, digest(id), digest(boot));
                instance = connection.ask(hold, Message.Held.class).instance();
                counter = Math.max(counter, told);
                return connection;
            } catch (IOException | RuntimeException e) {
                connection.close();
                throw e;
            }
        }

        /** Connects, and disconnects so that the appliance knows. */
        void visit() throws Exception {
            visit(counter + 1);
        }

        void visit(long told) throws Exception {
            int before = office.listener.connections();
            try {
                connect(told).close();
            } finally {
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                while (office.listener.connections() > before && System.nanoTime() < deadline) {
                    Thread.sleep(2);
                }
            }
        }

        void mustBeRefused() {
            assertThatThrownBy(this::visit)
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN))
                    .hasMessageContaining("another machine uses this node's identity: one at 127.0.0.1 (");
        }

        boolean tryVisit() throws Exception {
            try {
                visit();
                return true;
            } catch (RemoteException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN);
                return false;
            }
        }
    }

    private static Digest digest(String text) {
        return text.isEmpty()
                ? new Digest(0, 0, 0, 0)
                : HashAlgorithm.NEWEST.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Says something all the time, as a client's pings do. */
    private static final class Talk implements AutoCloseable {
        private final AtomicBoolean over = new AtomicBoolean();
        private final FutureTask<Void> talk;

        Talk(TestAppliance.Connection connection) {
            talk = new FutureTask<>(() -> {
                try {
                    while (!over.get()) {
                        connection.ask(new Message.Ping(), Message.Done.class);
                        Thread.sleep(20);
                    }
                } catch (IOException e) {
                    // The other side has ended it.
                }
                return null;
            });
            Thread.ofVirtual().start(talk);
        }

        @Override
        public void close() throws Exception {
            over.set(true);
            talk.get();
        }
    }

    private void passes(Duration time) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + office.controlFile);
                Statement statement = raw.createStatement()) {
            statement.executeUpdate("UPDATE holder SET seen_at = seen_at - " + time.toMillis());
        }
    }

    private List<String> events() throws IOException {
        return office.control.events().list(false, 1000).stream()
                .filter(each -> each.node().equals("mail"))
                .map(Event::kind)
                .distinct()
                .toList();
    }

    @Test
    void copyIsRefusedWhileTheOriginalIsConnected() throws Exception {
        Machine original = new Machine("one", "a");
        original.visit();
        Machine copy = original.copy("two", "b");
        try (TestAppliance.Connection service = original.connect()) {
            try (Talk talk = new Talk(service)) {
                copy.mustBeRefused();
                // However often it tries.
                copy.mustBeRefused();
            }
            original.visit();
        }
        node.restore(node.backup(1000, 1));
        assertThat(events()).containsExactly("identity-copied");
        assertThat(office.control.events().list(true, 1).getFirst().message())
                .contains("two machines use the identity of 'mail': the first at 127.0.0.1 (")
                .contains(
                        "The first keeps the identity, the second is refused; there: holdfast --state DIR enroll https://APPLIANCE:8807 --force")
                .contains("node release-identity mail --data " + dir);
    }

    @Test
    void copyWithTheSameMachineIdIsRefusedWhileTheOriginalIsConnected() throws Exception {
        Machine original = new Machine("same", "a");
        try (TestAppliance.Connection service = original.connect();
                Talk talk = new Talk(service)) {
            original.copy("same", "b").mustBeRefused();
        }
        assertThat(events()).containsExactly("identity-copied");
    }

    @Test
    void copyOnTheSameStartIsRefusedByItsCounter() throws Exception {
        Machine original = new Machine("same", "a");
        original.visit();
        Machine copy = original.copy("same", "a");
        try (TestAppliance.Connection service = original.connect();
                Talk talk = new Talk(service)) {
            copy.mustBeRefused();
        }
    }

    @Test
    void connectionThatACrashLeftKeepsNobodyOut() throws Exception {
        Machine machine = new Machine("one", "a");
        try (TestAppliance.Connection left = machine.connect()) {
            machine.boot("b").visit();
            assertThatThrownBy(() -> left.ask(new Message.Ping(), Message.Done.class))
                    .isInstanceOf(IOException.class);
        }
        assertThat(events()).isEmpty();
    }

    @Test
    void processesOfOneMachineWorkSideBySide() throws Exception {
        Machine machine = new Machine("one", "a");
        try (TestAppliance.Connection service = machine.connect();
                Talk talk = new Talk(service);
                TestAppliance.Connection backup = machine.connect()) {
            backup.ask(new Message.Ping(), Message.Done.class);
            machine.visit();
            // One that cannot store its counter.
            machine.visit(0);
            machine.visit();
        }
        machine.boot("b").visit(0);
        machine.visit();
        assertThat(events()).isEmpty();
    }

    @Test
    void stateDirectoryMoves() throws Exception {
        Machine machine = new Machine("one", "a");
        machine.visit();
        Machine moved = machine.copy("two", "b");
        moved.visit();
        Machine back = moved.copy("one", "a");
        back.visit();
        assertThat(events()).containsExactly("identity-moved");
    }

    @Test
    void olderStateOnTheSameMachineIsAcceptedAsOftenAsItComes() throws Exception {
        Machine machine = new Machine("one", "a");
        machine.visit();
        Machine saved = machine.copy("one", "");
        machine.visit();
        machine.visit();
        for (String boot : List.of("a", "b", "c", "c")) {
            Machine restored = saved.copy("one", boot);
            restored.visit();
            restored.visit();
        }
        assertThat(events()).containsExactly("identity-older-copy");
    }

    @Test
    void lostHolderFileIsAccepted() throws Exception {
        new Machine("one", "").visit();
        new Machine("one", "").visit();
        assertThat(events()).containsExactly("identity-older-copy");
    }

    @Test
    void olderStateOnAnotherMachineIsAcceptedOnceTheFirstIsGone() throws Exception {
        Machine machine = new Machine("one", "a");
        machine.visit();
        Machine rescued = machine.copy("two", "b");
        machine.visit();
        rescued.mustBeRefused();
        passes(Duration.ofMinutes(16));
        rescued.visit();
        rescued.boot("c").visit();
        assertThat(events()).containsExactly("identity-older-copy", "identity-copied");
        // The machine that was lost is found, switched off until now.
        machine.boot("z").mustBeRefused();
        passes(Duration.ofDays(6));
        machine.mustBeRefused();
        rescued.visit();
        passes(Duration.ofDays(8));
        machine.visit();
    }

    @Test
    void originalThatNeverStoppedGetsItsIdentityBackFromACopyThatCameFirst() throws Exception {
        Machine original = new Machine("one", "a");
        original.visit();
        Machine copy = original.copy("two", "b");
        copy.visit();
        try (TestAppliance.Connection service = copy.connect()) {
            original.visit();
            assertThatThrownBy(() -> service.ask(new Message.Ping(), Message.Done.class))
                    .isInstanceOf(IOException.class);
        }
        copy.mustBeRefused();
        copy.boot("c").mustBeRefused();
        original.boot("d").visit();
        assertThat(events()).containsExactly("identity-copied", "identity-moved");
    }

    @Test
    void originalThatNeverStoppedGetsItsIdentityBackFromACopyWithItsMachineId() throws Exception {
        Machine original = new Machine("same", "a");
        original.visit();
        Machine copy = original.copy("same", "b");
        original.visit();
        passes(Duration.ofHours(20));
        copy.visit();
        passes(Duration.ofHours(1));
        original.visit();
        copy.mustBeRefused();
        passes(Duration.ofHours(20));
        copy.boot("c").mustBeRefused();
        original.visit();
    }

    @Test
    void administratorDecidesWhoHasTheIdentity() throws Exception {
        Machine original = new Machine("one", "a");
        original.visit();
        Machine copy = original.copy("two", "b");
        original.visit();
        copy.mustBeRefused();
        assertThat(office.control.holders().release(node.id)).isTrue();
        copy.visit();
        original.mustBeRefused();
        original.boot("c").mustBeRefused();
        copy.visit();
    }

    @Test
    void newEnrolmentForgetsWhoHadTheIdentity() throws Exception {
        Machine original = new Machine("one", "a");
        original.visit();
        office.control.tokens().add("again", Duration.ofHours(1), node.id);
        office.control.nodes().enroll("again", "mail", "test", TestAppliance.NODES, id -> "fingerprint");
        assertThat(office.control.holders().of(node.id)).isEmpty();
        assertThat(office.control.holders().release(node.id)).isFalse();
    }

    @Test
    void connectionSaysItOnce() throws Exception {
        Machine machine = new Machine("one", "a");
        try (TestAppliance.Connection connection = machine.connect()) {
            Message.Hold again = new Message.Hold(machine.instance, 9, digest("one"), digest("a"));
            assertThatThrownBy(() -> connection.ask(again, Message.Held.class))
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MALFORMED));
        }
    }

    @Test
    void hostileNumbersHarmNobodyElse() throws Exception {
        Machine liar = new Machine("one", "a");
        liar.visit(Long.MAX_VALUE);
        liar.visit(-1);
        liar.visit(Long.MIN_VALUE);
        liar.counter = 0;
        for (int i = 0; i < 40; i++) {
            new Machine("one", Integer.toString(i)).visit();
        }
        assertThat(office.control.holders().of(node.id)).hasSizeLessThanOrEqualTo(16);
        TestAppliance.TestNode other = office.enrol("web");
        other.restore(other.backup(1000, 2));
    }

    /** Two machines with one state directory, at any times, booted at will: in the end one has the identity. */
    @Test
    void ofTwoThatGoOnOneIsLeft() throws Exception {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        System.out.println("CloneDetectorTest: -Dholdfast.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < Integer.getInteger("holdfast.holders", 4); round++) {
            node = office.enrol("node-" + round);
            boolean sameId = random.nextBoolean();
            Machine original = new Machine("m", "o0");
            for (int i = random.nextInt(3); i >= 0; i--) {
                original.visit();
            }
            Machine copy = original.copy(sameId ? "m" : "n", "c0");
            List<Machine> allowed = new ArrayList<>();
            for (int step = 1; step <= 12; step++) {
                allowed.clear();
                for (Machine each : random.nextBoolean() ? List.of(original, copy) : List.of(copy, original)) {
                    if (random.nextInt(4) == 0) {
                        each.boot((each == copy ? "c" : "o") + step);
                    }
                    passes(Duration.ofHours(random.nextInt(30)));
                    for (int visits = 1 + random.nextInt(2); visits > 0; visits--) {
                        if (each.tryVisit() && !allowed.contains(each)) {
                            allowed.add(each);
                        }
                    }
                }
            }
            assertThat(allowed).as("round " + round + ", seed " + seed).hasSize(1);
            assertThat(office.control.events().list(false, 1000))
                    .as("round " + round + ", seed " + seed)
                    .anyMatch(
                            each -> each.node().equals(node.name) && each.kind().equals("identity-copied"));
            office.control.nodes().revoke(node.name);
        }
    }
}
