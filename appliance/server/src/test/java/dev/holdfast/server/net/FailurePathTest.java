package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever fails of a request, what it held is given back, and what comes after it is done. */
class FailurePathTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private TestAppliance office;
    private TestAppliance.TestNode node;

    @BeforeEach
    void open() throws Exception {
        office = new TestAppliance(dir.resolve("data"), new Deadlines(LONG, LONG, LONG, LONG, LONG, LONG));
        node = office.enrol("node");
    }

    @AfterEach
    void close() throws Exception {
        office.close();
    }

    /** From now on the control database refuses to write into a table. */
    private void refuseWrites(String table, String change) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + office.controlFile);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
            statement.execute("CREATE TRIGGER refused BEFORE " + change + " ON " + table
                    + " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
        }
    }

    private void awaitCalm() throws InterruptedException {
        Limits limits = office.listener.limits();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while ((limits.ingest.heldBytes() + limits.answers.heldBytes() + limits.restore.heldBytes() > 0
                        || office.listener.connections() > 0)
                && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(limits.ingest.heldBytes()).isZero();
        assertThat(limits.answers.heldBytes()).isZero();
        assertThat(office.listener.connections()).isZero();
    }

    private static Message.Upload upload(Digest digest, int seed) {
        return new Message.Upload(ChunkKind.DATA, digest, Packed.raw(StoreFixture.random(seed, 30_000)));
    }

    @Test
    void requestWhoseRefusalFailsEndsWithTheLastOfItsChunks() throws Exception {
        List<Digest> right = new ArrayList<>();
        List<Message.Upload> uploads = new ArrayList<>();
        uploads.add(upload(HashAlgorithm.NEWEST.digest(new byte[] {1}), 1));
        for (int seed = 2; seed < 130; seed++) {
            Digest digest = HashAlgorithm.NEWEST.digest(StoreFixture.random(seed, 30_000));
            right.add(digest);
            uploads.add(upload(digest, seed));
        }
        try (TestAppliance.Connection connection = node.connect()) {
            connection.ask(new Message.OpenBackup("backup"), Message.BackupOpened.class);
            refuseWrites("event", "INSERT");
            assertThatThrownBy(() -> connection.ask(new Message.Put(uploads), Message.Stored.class))
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FAILED));
            byte[] known = connection
                    .ask(new Message.Query(right), Message.Known.class)
                    .bitmap();
            assertThat(known).hasSize(16).containsOnly(0xFF);
        }
        awaitCalm();
    }

    @Test
    void connectionWhoseTaskDoesNotEndLeavesNothingElseBehind() throws Exception {
        try (TestAppliance.Connection connection = node.connect()) {
            connection.ask(new Message.OpenBackup("backup"), Message.BackupOpened.class);
            connection.send(50, new Message.Attend(List.of()));
            office.await(node.id, true);
            refuseWrites("task", "UPDATE");
        }
        awaitCalm();
        assertThat(office.dispatcher.present(node.id)).isFalse();
        assertThat(office.sessions.count()).isZero();
    }

    @Test
    void floodOfASuspendedNodeSeldomReachesTheDatabase() throws IOException {
        AtomicLong now = new AtomicLong(1);
        ControlDb control = office.control;
        Suspensions suspensions = new Suspensions(control, now::get);
        suspensions.requireNotSuspended(node.id);
        control.suspensions().suspend(node.id, Phrase.plain("the test says so"));
        assertThatThrownBy(() -> suspensions.requireNone(node.id)).hasMessageContaining("the test says so");
        control.suspensions().resume(node.id);
        // What was found counts for a moment, then the database is asked again.
        assertThatThrownBy(() -> suspensions.requireNotSuspended(node.id)).hasMessageContaining("the test says so");
        now.addAndGet(Duration.ofMillis(60).toNanos());
        suspensions.requireNotSuspended(node.id);
        suspensions.requireNone(node.id);
    }
}
