package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.control.taskspec.TaskSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskPaceTest {
    private static final Instant START = Instant.parse("2026-11-28T10:00:00Z");

    @TempDir
    private Path dir;

    private Instant now = START;

    private static Instant at(long seconds) {
        return START.plusSeconds(seconds);
    }

    @Test
    void oneReportTellsNoRate() {
        TaskPace first = TaskPace.begin(at(0));
        assertThat(first.now(at(0))).isEqualTo(-1);
        assertThat(first.etaSeconds(10, 100, at(0))).isEqualTo(-1);
        assertThat(TaskPace.UNKNOWN.now(at(0))).isEqualTo(-1);
    }

    @Test
    void steadyStepEndsWhenItsRateSays() {
        TaskPace pace = TaskPace.begin(at(0));
        for (int second = 1; second <= 10; second++) {
            pace = pace.next((second - 1) * 50L, second * 50L, at(second));
        }
        assertThat(pace.now(at(10))).isCloseTo(50, within(0.001));
        assertThat(pace.etaSeconds(500, 1000, at(10))).isEqualTo(10);
    }

    @Test
    void rateFollowsWithoutAJump() {
        TaskPace fast = TaskPace.begin(at(0)).next(0, 1000, at(1));
        TaskPace slower = fast.next(1000, 1100, at(2));
        assertThat(slower.now(at(2))).isBetween(900.0, 999.0);
        TaskPace pace = slower;
        for (int second = 3; second <= 200; second++) {
            pace = pace.next(0, 100, at(second));
        }
        assertThat(pace.now(at(200))).isCloseTo(100, within(2.0));
    }

    @Test
    void stepThatStandsStillHasNoEnd() {
        TaskPace pace = TaskPace.begin(at(0)).next(0, 0, at(1));
        assertThat(pace.now(at(1))).isZero();
        assertThat(pace.etaSeconds(0, 100, at(1))).isEqualTo(-1);
    }

    @Test
    void silentTaskHasNoRateAndBeginsAnew() {
        TaskPace pace = TaskPace.begin(at(0)).next(0, 100, at(1));
        assertThat(pace.now(at(61))).isEqualTo(100);
        assertThat(pace.now(at(62))).isEqualTo(-1);
        assertThat(pace.etaSeconds(100, 200, at(62))).isEqualTo(-1);
        assertThat(pace.next(100, 110, at(62))).isEqualTo(TaskPace.begin(at(62)));
    }

    @Test
    void attemptThatBeginsAnewHasNoRate() {
        TaskPace pace = TaskPace.begin(at(0)).next(0, 100, at(1));
        assertThat(pace.next(100, 20, at(2))).isEqualTo(TaskPace.begin(at(2)));
    }

    @Test
    void clockThatStandsOrGoesBackChangesNothing() {
        TaskPace pace = TaskPace.begin(at(5)).next(0, 100, at(6));
        assertThat(pace.next(100, 200, at(6))).isEqualTo(pace);
        assertThat(pace.next(100, 200, at(5))).isEqualTo(pace);
    }

    @Test
    void hugeNumbersOfAHostileNodeTellNothing() {
        TaskPace pace = TaskPace.begin(at(0)).next(0, 1, at(1));
        assertThat(pace.etaSeconds(1, Long.MAX_VALUE, at(1))).isEqualTo(-1);
        assertThat(pace.next(0, Long.MAX_VALUE, at(2)).now(at(2))).isPositive();
    }

    @Test
    void storedTaskTellsRateAndEnd() throws IOException {
        try (ControlDb control = new ControlDb(dir.resolve("control.db"), clock())) {
            long id = control.tasks().queue(TaskSpec.Scrub.NEXT, "scrub", 0, "ann");
            control.tasks().start(id);
            control.tasks().step(id, "bytes moved", 100, 1000, now.toEpochMilli());
            assertThat(task(control, id).bytesPerSecond(now)).isEqualTo(-1);
            now = at(1);
            control.tasks().step(id, "bytes moved", 200, 1000, START.toEpochMilli());
            assertThat(task(control, id).bytesPerSecond(now)).isEqualTo(100);
            assertThat(task(control, id).etaSeconds(now)).isEqualTo(8);
            assertThat(control.taskHistory().list(1).getFirst().etaSeconds(now)).isEqualTo(8);
            now = at(2);
            control.tasks().step(id, "snapshots", 1, 5, now.toEpochMilli());
            now = at(3);
            control.tasks().step(id, "snapshots", 2, 5, at(2).toEpochMilli());
            assertThat(task(control, id).bytesPerSecond(now)).as("no bytes").isEqualTo(-1);
            assertThat(task(control, id).etaSeconds(now)).isEqualTo(3);
        }
    }

    private InstantSource clock() {
        return () -> now;
    }

    private static Task task(ControlDb control, long id) throws IOException {
        return control.tasks().find(id).orElseThrow();
    }
}
