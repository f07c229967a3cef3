package dev.holdfast.server.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLimiterTest {
    @TempDir
    Path dir;

    private final AtomicLong now = new AtomicLong(1);

    private static List<String> outcomes(ControlDb control) throws IOException {
        return control.auditLog(1000).stream()
                .map(ControlDb.AuditEntry::outcome)
                .toList();
    }

    @Test
    void refusalsThatDifferByNumbersAreOneEntryAndACount() throws IOException {
        try (ControlDb control = new ControlDb(dir.resolve("control.db"))) {
            AuditLimiter limiter = new AuditLimiter(control, now::get);
            for (int i = 0; i < 50; i++) {
                String outcome = "refused: malformed: frame of " + (1L << i) + " bytes at offset " + i;
                assertThat(limiter.refused("node 1", "node 1 at " + i, "protocol", "", outcome))
                        .isEqualTo(i == 0);
            }
            assertThat(limiter.refused("node 2", "node 2", "protocol", "", "refused: malformed: frame of 9 bytes"))
                    .isTrue();
            now.addAndGet(61_000_000_000L);
            limiter.flush();
            assertThat(outcomes(control))
                    .containsExactlyInAnyOrder(
                            "refused: malformed: frame of 1 bytes at offset 0",
                            "refused: malformed: frame of 9 bytes",
                            "refused: malformed: frame of 1 bytes at offset 0 (49 more within 61 s)");
        }
    }
}
