package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.AuditLimiter.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A source that floods the audit log is counted, and hides no other source. */
class AuditLimiterTest {
    @TempDir
    private Path dir;

    private final AtomicLong nanos = new AtomicLong(1);
    private ControlDb control;
    private AuditLimiter limiter;

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(dir.resolve("control.db"));
        limiter = new AuditLimiter(control, nanos::get);
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private List<AuditEntry> log() throws IOException {
        return control.audit().newest(100_000);
    }

    @Test
    void aNodeThatFloodsHidesNoOther() throws Exception {
        for (int i = 0; i < 5000; i++) {
            limiter.done(Source.node(1), "node loud", "read", "snapshot " + i, "allowed");
        }
        assertThat(log()).hasSize(AuditLimiter.SOURCE_BURST);
        assertThat(limiter.done(Source.node(2), "node quiet", "read", "snapshot 7", "allowed"))
                .isTrue();
        assertThat(log().getFirst().actor()).isEqualTo("node quiet");
        assertThat(log().getFirst().object()).isEqualTo("snapshot 7");
        nanos.addAndGet(61_000_000_000L);
        limiter.flush();
        assertThat(log().getFirst()).satisfies(entry -> {
            assertThat(entry.actor()).isEqualTo("node loud");
            assertThat(entry.action()).isEqualTo("read");
            assertThat(entry.outcome()).isEqualTo("allowed (4980 more within 61 s)");
        });
        assertThat(log()).hasSize(AuditLimiter.SOURCE_BURST + 2);
    }

    @Test
    void whereManyFloodTogetherEachIsStillNamed() throws Exception {
        int nodes = 60;
        for (int i = 0; i < 100; i++) {
            for (int node = 1; node <= nodes; node++) {
                limiter.done(Source.node(node), "node " + node, "read", "snapshot " + i, "allowed");
            }
        }
        assertThat(log()).hasSize(400);
        // Beyond what all may have written at once the node and its act are named all the same.
        assertThat(limiter.done(Source.node(99), "node 99", "forget", "snapshot", "refused"))
                .isFalse();
        // Strangers take nothing from the nodes, nor the other way round.
        assertThat(limiter.refused(Source.stranger("192.0.2.1"), "stranger", "enroll", "x", "refused"))
                .isTrue();
        limiter.close();
        assertThat(log())
                .anyMatch(entry ->
                        entry.actor().equals("node 99") && entry.action().equals("forget"));
        for (int node = 1; node <= nodes; node++) {
            String name = "node " + node;
            assertThat(log()).anyMatch(entry -> entry.actor().equals(name));
        }
        assertThat(log())
                .noneMatch(entry -> entry.actor().isEmpty() || entry.actor().startsWith("several"));
    }

    @Test
    void strangersBeyondNumberAreCountedTogether() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            limiter.refused(Source.stranger("net " + i), "stranger " + i, "enroll", "x", "refused: no");
        }
        assertThat(limiter.done(Source.user("ann"), "user ann", "browse", "a", "allowed"))
                .isTrue();
        limiter.close();
        assertThat(log().size()).isBetween(1000, 1300);
        assertThat(log()).anyMatch(entry -> entry.actor().equals("several strangers"));
        long told = log().stream()
                .filter(entry -> entry.action().equals("enroll"))
                .mapToLong(entry -> entry.outcome().contains(" more within")
                        ? Long.parseLong(entry.outcome().replaceAll(".*\\((\\d+) more.*", "$1"))
                        : 1)
                .sum();
        assertThat(told).isEqualTo(20_000);
        // Nothing of it is kept for ever.
        nanos.addAndGet(200_000_000_000L);
        limiter.flush();
        limiter.flush();
        nanos.addAndGet(200_000_000_000L);
        assertThat(limiter.refused(Source.stranger("new"), "stranger new", "enroll", "x", "refused: no"))
                .isTrue();
    }

    @Test
    void freeTextIsShortAndMakesNoNewKind() throws Exception {
        for (int i = 0; i < 500; i++) {
            limiter.done(Source.node(1), "node 1", "read", ": because " + i + "x".repeat(5000), "snapshot", "allowed");
        }
        limiter.close();
        assertThat(log()).hasSize(2);
        assertThat(log().getLast().action()).startsWith("read: because 0").hasSize(201);
        assertThat(log().getFirst().outcome()).startsWith("allowed (499 more");
    }

    @Test
    void theDatabaseWritesWhatWasCountedWhenItIsClosed() throws Exception {
        for (int i = 0; i < 10; i++) {
            control.auditLimiter().refused(Source.user("ann"), "user ann", "GET /users", "/users", "refused: viewer");
        }
        control.close();
        control = new ControlDb(dir.resolve("control.db"));
        assertThat(log()).hasSize(2);
        assertThat(log().getFirst().outcome()).startsWith("refused: viewer (9 more");
    }

    @Test
    void refusalsThatDifferByNumbersAreOneEntryAndACount() throws Exception {
        for (int i = 0; i < 50; i++) {
            String outcome = "refused: malformed: frame of " + (1L << i) + " bytes at offset " + i;
            assertThat(limiter.refused(Source.node(1), "node 1 at " + i, "protocol", "", outcome))
                    .isEqualTo(i == 0);
        }
        limiter.close();
        assertThat(log())
                .extracting(AuditEntry::outcome)
                .containsExactly(
                        "refused: malformed: frame of 1 bytes at offset 0 (49 more within 1 s)",
                        "refused: malformed: frame of 1 bytes at offset 0");
    }
}
