package dev.holdfast.control.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.HistoryTable;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.plan.Scheduler;
import dev.holdfast.control.plan.UpgradeTurns;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would be lost by a plan that runs every minute, on a real control database, with time and the node in the test's hands. */
class RecoveryPointsTest {
    private static final long NEVER = -1;

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-06-01T00:00:30Z");
    private final Set<UUID> there = new HashSet<>();
    private final List<Backup> done = new ArrayList<>();
    private ControlDb control;
    private Dispatcher dispatcher;
    private Scheduler scheduler;
    private Service service;
    private int node;

    /** A backup that was done, as the test saw it. */
    private record Backup(Instant began, Instant ended, UUID snapshot, boolean complete) {}

    /** Backs up for a time that the test chooses. */
    private final class Service implements Dispatcher.Attendant {
        private long task = NEVER;
        private Instant began = Instant.MIN;
        private int overlaps;

        @Override
        public void order(long order, Job job) {
            if (job instanceof Job.Backup) {
                overlaps += task == NEVER ? 0 : 1;
                task = order;
                began = now;
            }
        }

        void end(String result, Message.Outcome outcome) throws IOException {
            UUID snapshot = new UUID(1, task);
            if (outcome == Message.Outcome.DONE) {
                control.orders().received(task, 1, 100, snapshot.toString());
                there.add(snapshot);
                done.add(new Backup(began, now, snapshot, result.equals("{}")));
            }
            dispatcher.ended(node, new Message.Ended(task, outcome, result, "as the test wants it"));
            task = NEVER;
        }
    }

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"), () -> now);
        dispatcher = new Dispatcher(
                control,
                2,
                (task, at, result) -> {},
                new UpgradeTurns(control, new ClientPackages(directory), () -> now));
        scheduler = new Scheduler(control, () -> now, dispatcher::present);
        control.tokens().add("token", Duration.ofHours(1), null);
        node = control.nodes()
                .enroll("token", "db1", "linux", 100, id -> "fingerprint-" + id)
                .id();
        Plan plan = new Plan(
                new Plan.What(List.of("/srv"), List.of(), false, "", "", 60),
                new Plan.When("every 1 min", "UTC", List.of(), 0, true, 2),
                new Plan.How(0, 0, 0, false, 5));
        plan.check(now);
        control.plans().put("continuous", plan.json());
        control.plans().bind("continuous", node);
        service = new Service();
        dispatcher.attend(node, service, List.of());
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private Rpo rpo() throws IOException {
        return new RecoveryPoints(control)
                .of(Set.of(node), there::contains)
                .get(node)
                .getFirst();
    }

    /** Lets time pass in steps of three seconds; a backup takes a random time, and some take longer than their interval. */
    private void pass(Duration duration, Random random) throws IOException {
        Instant until = now.plus(duration);
        int left = 0;
        while (now.isBefore(until)) {
            scheduler.look();
            long before = service.task;
            dispatcher.look();
            if (service.task != before) {
                left = random.nextInt(12) == 0 ? 60 + random.nextInt(150) : 1 + random.nextInt(20);
            }
            now = now.plusSeconds(3);
            if (service.task != NEVER && (left -= 3) <= 0) {
                boolean incomplete = random.nextInt(15) == 0;
                boolean failed = random.nextInt(15) == 0;
                service.end(
                        incomplete ? "{\"problems\":2}" : "{}", failed ? Message.Outcome.FAILED : Message.Outcome.DONE);
            }
        }
    }

    /** For each backup, all that is younger than the best one before it would have been lost just before its end. */
    private long[] lost(Instant since) {
        return done.stream()
                .filter(each -> !each.ended().isBefore(since))
                .flatMapToLong(each -> done.stream()
                        .filter(other -> other.ended().isBefore(each.ended()))
                        .mapToLong(other ->
                                Duration.between(other.began(), each.ended()).toSeconds())
                        .min()
                        .stream()
                        .mapToObj(LongStream::of)
                        .findFirst()
                        .orElse(LongStream.empty()))
                .sorted()
                .toArray();
    }

    private static long rank(long[] sorted, int percent) {
        return sorted[(sorted.length * percent + 99) / 100 - 1];
    }

    private void matches(Rpo.Spread told, long[] lost, long current) {
        assertThat(told.intervals()).isEqualTo(lost.length);
        assertThat(told.medianSeconds()).isEqualTo(rank(lost, 50));
        assertThat(told.p95Seconds()).isEqualTo(rank(lost, 95));
        assertThat(told.worstSeconds()).isEqualTo(Math.max(current, lost[lost.length - 1]));
        assertThat(told.beyondTarget())
                .isEqualTo(Arrays.stream(lost).filter(each -> each > 180).count());
    }

    private long current() {
        return done.stream()
                .filter(each -> there.contains(each.snapshot()))
                .mapToLong(each -> Duration.between(each.began(), now).toSeconds())
                .min()
                .orElse(NEVER);
    }

    @Test
    void anHourOfEveryMinuteIsMeasuredAsItWas() throws IOException {
        assertThat(rpo().currentSeconds()).isEqualTo(NEVER);
        assertThat(rpo().targetSeconds()).isEqualTo(180);
        pass(Duration.ofHours(1), new Random(7));
        Rpo told = rpo();
        assertThat(service.overlaps).isZero();
        assertThat(done).hasSizeGreaterThan(30).hasSizeLessThan(61);
        assertThat(told.scheduled()).isTrue();
        assertThat(told.currentSeconds()).isEqualTo(current());
        assertThat(told.incomplete())
                .isPositive()
                .isEqualTo(done.stream().filter(each -> !each.complete()).count());
        matches(told.day(), lost(Instant.MIN), current());
        matches(told.month(), lost(Instant.MIN), current());
        // What was due while a run went on is not made up: each run that a schedule began is at a minute of its own.
        assertThat(control.taskHistory().list(1000).stream()
                        .filter(each -> each.requestedBy().equals("schedule"))
                        .map(each -> each.queuedAt().getEpochSecond() / 60))
                .doesNotHaveDuplicates();
    }

    @Test
    void snapshotThatIsGoneOrDamagedIsNoPointToComeBackTo() throws IOException {
        pass(Duration.ofMinutes(20), new Random(3));
        Instant newest = Objects.requireNonNull(rpo().point());
        there.remove(Objects.requireNonNull(rpo().snapshot()));
        assertThat(rpo().point()).isBefore(newest);
        assertThat(rpo().currentSeconds()).isEqualTo(current());
        there.clear();
        assertThat(rpo().point()).isNull();
        assertThat(rpo().currentSeconds()).isEqualTo(NEVER);
    }

    @Test
    void oldRunsAreFoldedAndTheirIntervalsStay() throws IOException {
        pass(Duration.ofHours(3), new Random(11));
        Rpo before = rpo();
        List<HistoryTable.Hour> hours = control.history().hours(0);
        int tasks = control.taskHistory().list(10_000).size();
        Instant fold = Instant.parse("2026-06-01T02:00:00Z");
        control.recovery().fold(fold.toEpochMilli(), Set.of());
        control.recovery().fold(fold.toEpochMilli(), Set.of());
        assertThat(rpo().month()).isEqualTo(before.month());
        assertThat(rpo().point()).isEqualTo(before.point());
        assertThat(control.history().hours(0)).isEqualTo(hours);
        List<Task> left = control.taskHistory().list(10_000);
        // Of each hour that is folded no more than one that was done and one that failed, with and without files left
        // out.
        assertThat(left).hasSizeLessThan(tasks / 2);
        assertThat(left.stream()
                        .filter(each ->
                                Objects.requireNonNull(each.finishedAt()).isBefore(fold)))
                .hasSizeLessThanOrEqualTo(8)
                .allMatch(each -> each.state() == TaskState.DONE || each.state() == TaskState.FAILED);
        pass(Duration.ofHours(1), new Random(5));
        matches(rpo().month(), lost(Instant.MIN), current());
    }

    @Test
    void nodeThatIsAwayForDaysHasOneRunWhenItComesBack() throws IOException {
        pass(Duration.ofMinutes(10), new Random(1));
        if (service.task != NEVER) {
            service.end("{}", Message.Outcome.DONE);
        }
        dispatcher.leave(node, service);
        int before = control.taskHistory().list(10_000).size();
        for (int minute = 0; minute < 30 * 60; minute++) {
            now = now.plusSeconds(60);
            scheduler.look();
        }
        List<Task> waiting = control.taskHistory().list(10_000);
        assertThat(waiting).hasSize(before + 1);
        assertThat(control.tasks().log(waiting.getFirst().id())).hasSize(1);
        assertThat(rpo().currentSeconds()).isEqualTo(current()).isGreaterThan(30 * 3600);
        assertThat(rpo().day().intervals()).isZero();
        assertThat(rpo().day().worstSeconds()).isEqualTo(current());
    }

    @Test
    void applianceThatWasOffForAYearFindsWhatIsDueNow() throws IOException {
        now = now.plus(Duration.ofDays(365));
        scheduler.look();
        assertThat(control.taskHistory().list(10)).hasSize(1);
        scheduler.look();
        assertThat(control.taskHistory().list(10)).hasSize(1);
    }
}
