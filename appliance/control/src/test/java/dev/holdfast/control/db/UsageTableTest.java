package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.gc.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the room that nodes use grew. */
class UsageTableTest {
    private static final Instant FIRST = Instant.parse("2026-11-02T10:00:00Z");

    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(FIRST);

    private void calculated(ControlDb control, String at, long stored) throws IOException {
        now.set(Instant.parse(at));
        control.usage()
                .put(new Usage.Report(
                        1,
                        0,
                        List.of(new Usage.OfNode(1, 2, stored, stored / 2), new Usage.OfNode(2, 1, 7, 0)),
                        List.of()));
    }

    @Test
    void theLastCalculationOfEachDayIsKeptForADay() throws IOException {
        try (ControlDb control = new ControlDb(work.resolve("control.db"), now::get)) {
            for (String name : List.of("db1", "web1")) {
                control.tokens().add(name, Duration.ofDays(1), null);
                control.nodes().enroll(name, name, "linux", 8, id -> "f" + id);
            }
            calculated(control, "2026-11-02T10:00:00Z", 10);
            calculated(control, "2026-11-02T23:59:00Z", 20);
            calculated(control, "2026-11-04T00:00:00Z", 40);
            UsageTable usage = control.usage();
            assertThat(usage.history(30, List.of("db1")))
                    .containsExactly(
                            new UsageTable.Was("db1", Instant.parse("2026-11-02T23:59:00Z"), 20, 10),
                            new UsageTable.Was("db1", Instant.parse("2026-11-04T00:00:00Z"), 40, 20));
            assertThat(usage.history(30, null)).hasSize(4);
            assertThat(usage.history(30, List.of())).isEmpty();
            assertThat(usage.history(2, null))
                    .extracting(UsageTable.Was::stored)
                    .containsExactly(40L, 7L);
            usage.forgetBefore(Instant.parse("2026-11-03T12:00:00Z").toEpochMilli());
            assertThat(usage.history(30, null)).hasSize(2);
        }
    }
}
