package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events.Event;
import dev.holdfast.control.db.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that end while the test's clock runs. */
class ExpiryWatchTest {
    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-02T10:00:00Z"));

    private static List<String> open(ControlDb control) throws Exception {
        return control.events().list(true, 100).stream()
                .map(each -> each.severity() + " " + each.node())
                .toList();
    }

    @Test
    void certificateIsToldAQuarterAheadAgainAtTwoWeeksAndClosesWithANewOne() throws Exception {
        try (ControlDb control = new ControlDb(work.resolve("control.db"), now::get)) {
            control.tokens().add("t", Duration.ofHours(1), null);
            Node node = control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
            Instant ends = node.certificateEndsAt();
            ExpiryWatch watch = new ExpiryWatch(control, ends.plus(Duration.ofDays(1000)), now::get);
            now.set(ends.minus(Duration.ofDays(100)));
            watch.look();
            assertThat(open(control)).isEmpty();
            now.set(ends.minus(Duration.ofDays(91)));
            watch.look();
            watch.look();
            assertThat(open(control)).containsExactly("WARNING web1");
            Event told = control.events().list(true, 1).getFirst();
            assertThat(told.message()).contains("ends on 20", "token create --node web1 --data " + work);
            now.set(ends.minus(Duration.ofDays(3)));
            watch.look();
            assertThat(open(control)).containsExactly("ALERT web1");
            control.tokens().add("again", Duration.ofHours(1), node.id());
            assertThat(control.nodes()
                            .enroll("again", "web1", "linux", 8, id -> "g")
                            .id())
                    .isEqualTo(node.id());
            watch.look();
            assertThat(open(control)).isEmpty();
            // The authority's own, years ahead.
            now.set(ends.plus(Duration.ofDays(1000 - 729)));
            watch.look();
            assertThat(open(control)).containsExactly("WARNING ");
            now.set(ends.plus(Duration.ofDays(1000 - 181)));
            watch.look();
            assertThat(open(control)).containsExactly("ALERT ");
        }
    }

    @Test
    void clockThatIsBehindTheLastRunIsNamed() throws Exception {
        try (ControlDb control = new ControlDb(work.resolve("control.db"), now::get)) {
            ClockCheck.look(control, now::get);
            control.status().put(Map.of("updated", Long.toString(now.get().toEpochMilli())));
            now.set(now.get().minus(Duration.ofMinutes(5)));
            ClockCheck.look(control, now::get);
            assertThat(open(control)).isEmpty();
            now.set(Instant.parse("1970-01-01T00:00:20Z"));
            ClockCheck.look(control, now::get);
            assertThat(control.events().list(true, 1).getFirst().message())
                    .contains("clock says 1970-01-01T00:00:20Z", "ran at 2026-11-02T10:00:00Z");
            now.set(Instant.parse("2026-11-02T11:00:00Z"));
            ClockCheck.look(control, now::get);
            assertThat(open(control)).isEmpty();
        }
    }
}
