package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scheduler and dispatcher on a real control database, with time and nodes in the test's hands. */
class SchedulerTest {
    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-06-01T00:00:00Z");
    private final InstantSource clock = () -> now;
    private ControlDb control;
    private Dispatcher dispatcher;
    private Scheduler scheduler;
    private int node;

    /** A node's service, as the appliance sees it. */
    private final class Service implements Dispatcher.Attendant {
        final int node;
        final List<Long> backups = new ArrayList<>();
        final List<String> heard = new ArrayList<>();

        Service(int node, Long... running) throws IOException {
            this.node = node;
            dispatcher.attend(node, this, List.of(running));
        }

        @Override
        public void order(long task, Job job) {
            heard.add(job.getClass().getSimpleName() + " " + task);
            if (job instanceof Job.Backup) {
                backups.add(task);
            }
        }

        void ends(long task, Message.Outcome outcome) throws IOException {
            if (outcome == Message.Outcome.DONE) {
                control.orders().received(task, 1, 1, "00000000-0000-0000-0000-000000000001");
            }
            dispatcher.ended(node, new Message.Ended(task, outcome, "{}", "as the test wants it"));
        }
    }

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"), clock);
        dispatcher = new Dispatcher(control, 2, (task, at, result) -> {}, upgrades());
        scheduler = new Scheduler(control, clock, dispatcher::present);
        node = enrol("db1");
    }

    private UpgradeTurns upgrades() {
        return new UpgradeTurns(control, new ClientPackages(directory), clock);
    }

    private int enrol(String name) throws IOException {
        control.tokens().add("token-" + name, Duration.ofHours(1), null);
        return control.nodes()
                .enroll("token-" + name, name, "linux", 100, id -> "fingerprint-" + id)
                .id();
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private static Plan plan(String schedule, String zone, List<Hours> hours, int jitter, boolean makeUp, int overdue) {
        return new Plan(
                new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
                new Plan.When(schedule, zone, hours, jitter, makeUp, overdue),
                new Plan.How(0, 0, 0, false, 5));
    }

    private void bind(Plan plan, int... nodes) throws IOException {
        plan.check(now);
        control.plans().put("nightly", plan.json());
        for (int each : nodes) {
            control.plans().bind("nightly", each);
        }
    }

    /** Lets time pass, looking every minute. */
    private void pass(Duration duration) throws IOException {
        for (Instant end = now.plus(duration); now.isBefore(end); now = now.plusSeconds(60)) {
            scheduler.look();
            dispatcher.look();
        }
    }

    private List<Task> tasks() throws IOException {
        return control.taskHistory().list(1000).reversed();
    }

    private List<String> events() throws IOException {
        return control.events().list(false, 1000).reversed().stream()
                .map(Events.Event::kind)
                .toList();
    }

    @Test
    void everyDueMomentIsOrderedOnce() throws IOException {
        bind(plan("0 */6 * * *", "UTC", List.of(), 0, true, 60), node);
        Service service = new Service(node);
        for (int hour = 0; hour < 48; hour++) {
            pass(Duration.ofHours(1));
            for (long task : List.copyOf(service.backups)) {
                service.backups.remove(task);
                service.ends(task, Message.Outcome.DONE);
            }
        }
        assertThat(tasks()).hasSize(7).allMatch(task -> task.state() == TaskState.DONE);
        assertThat(events()).isEmpty();
    }

    @Test
    void aRunThatGoesOnIsNotOverlapped() throws IOException {
        bind(plan("0 * * * *", "UTC", List.of(), 0, true, 0), node);
        Service service = new Service(node);
        pass(Duration.ofHours(5));
        assertThat(service.backups).hasSize(1);
        assertThat(control.tasks().log(service.backups.getFirst()))
                .extracting(line -> line.text())
                .anyMatch(line -> line.contains("left out"));
        service.ends(service.backups.getFirst(), Message.Outcome.DONE);
        pass(Duration.ofHours(1));
        assertThat(service.backups).hasSize(2);
    }

    @Test
    void whatWasMissedIsMadeUpOnceOrLeftOut() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 0), node);
        now = now.plus(Duration.ofDays(4));
        // The appliance was off: another run of it notices.
        scheduler = new Scheduler(control, clock, dispatcher::present);
        pass(Duration.ofMinutes(5));
        assertThat(tasks())
                .singleElement()
                .satisfies(task -> assertThat(task.requestedBy()).contains("made up"));
        Service service = new Service(node);
        pass(Duration.ofMinutes(1));
        service.ends(service.backups.getFirst(), Message.Outcome.DONE);

        control.plans()
                .put("nightly", plan("0 2 * * *", "UTC", List.of(), 0, false, 0).json());
        now = now.plus(Duration.ofDays(4));
        scheduler = new Scheduler(control, clock, dispatcher::present);
        pass(Duration.ofMinutes(5));
        assertThat(tasks()).hasSize(1);
        pass(Duration.ofDays(1));
        assertThat(tasks()).hasSize(2);
    }

    @Test
    void aRunWaitsForItsHours() throws IOException {
        bind(plan("0 12 * * *", "UTC", List.of(Hours.parse("20:00-06:00")), 0, true, 0), node);
        pass(Duration.ofHours(19));
        assertThat(tasks()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(tasks()).hasSize(1);
    }

    @Test
    void jitterSpreadsNodesAndEachRunsOnce() throws IOException {
        int[] nodes = new int[30];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = enrol("web" + i);
        }
        bind(plan("0 1 * * *", "UTC", List.of(), 30, true, 0), nodes);
        pass(Duration.ofMinutes(62));
        int early = tasks().size();
        assertThat(early).isLessThan(12);
        pass(Duration.ofMinutes(30));
        assertThat(tasks()).hasSize(30);
        assertThat(tasks().stream().map(Task::node).collect(Collectors.toSet())).hasSize(30);
    }

    @Test
    void whatFailsIsTriedAgainAndToldOfOnce() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 90), node);
        Service service = new Service(node);
        for (int hour = 0; hour < 22; hour++) {
            for (int minute = 0; minute < 60; minute++) {
                pass(Duration.ofMinutes(1));
                for (long task : List.copyOf(service.backups)) {
                    service.backups.remove(task);
                    service.ends(task, Message.Outcome.FAILED);
                }
            }
        }
        assertThat(tasks()).hasSize(4).allMatch(task -> task.state() == TaskState.FAILED);
        assertThat(events()).containsExactly("backup-failed", "overdue");
        // The next night works.
        pass(Duration.ofHours(5));
        service.ends(service.backups.getFirst(), Message.Outcome.DONE);
        pass(Duration.ofMinutes(2));
        assertThat(events()).containsExactly("backup-failed", "overdue", "caught-up");
    }

    @Test
    void anAbsentNodeIsOverdueWithinMinutes() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 10), node);
        pass(Duration.ofHours(2).plusMinutes(9));
        assertThat(events()).isEmpty();
        pass(Duration.ofMinutes(3));
        assertThat(control.events().list(true, 10)).singleElement().satisfies(event -> {
            assertThat(event.kind()).isEqualTo("overdue");
            assertThat(event.node()).isEqualTo("db1");
            assertThat(event.message()).contains("not connected");
        });
        // It comes back, and does what waits.
        Service service = new Service(node);
        pass(Duration.ofMinutes(1));
        service.ends(service.backups.getFirst(), Message.Outcome.DONE);
        pass(Duration.ofMinutes(2));
        assertThat(events()).containsExactly("overdue", "caught-up");
    }

    @Test
    void noMoreRunAtOnceThanTheProfileAllowsAndThoseOfHighestPriorityFirst() throws IOException {
        List<Service> services = new ArrayList<>();
        control.plans().put("nightly", plan("", "UTC", List.of(), 0, true, 0).json());
        for (int i = 0; i < 5; i++) {
            services.add(new Service(enrol("web" + i)));
            control.orders()
                    .add(
                            services.get(i).node,
                            "nightly",
                            new TaskSpec.Backup("nightly", 1, false),
                            "b",
                            i,
                            "administrator");
        }
        dispatcher.look();
        assertThat(services.stream().map(each -> each.backups.size())).containsExactly(0, 0, 0, 1, 1);
        services.get(3).ends(services.get(3).backups.getFirst(), Message.Outcome.DONE);
        dispatcher.look();
        assertThat(services.stream().map(each -> each.backups.size())).containsExactly(0, 0, 1, 1, 1);
    }

    @Test
    void ordersAreCancelledPausedAndSurviveARestartOfTheAppliance() throws IOException {
        bind(plan("", "UTC", List.of(), 0, true, 0), node);
        Service service = new Service(node);
        long task = control.orders()
                .add(node, "nightly", new TaskSpec.Backup("nightly", 1, false), "b", 1, "administrator");
        dispatcher.look();
        assertThat(control.orders().pause(task, true)).isTrue();
        dispatcher.look();
        dispatcher.look();
        control.orders().pause(task, false);
        dispatcher.look();
        assertThat(service.heard).containsExactly("Backup " + task, "Pause " + task, "Resume " + task);

        // The appliance starts anew; the node goes on with what it does.
        control.tasks().breakRunning();
        dispatcher = new Dispatcher(control, 2, (done, at, result) -> {}, upgrades());
        Service again = new Service(node, task);
        assertThat(control.tasks().find(task).orElseThrow().state()).isEqualTo(TaskState.RUNNING);
        assertThat(control.tasks().cancel(task)).isTrue();
        dispatcher.look();
        dispatcher.look();
        assertThat(again.heard).containsExactly("Cancel " + task);
        again.ends(task, Message.Outcome.CANCELLED);
        assertThat(control.tasks().find(task).orElseThrow().state()).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void aServiceThatForgotItsOrderBreaksIt() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 0), node);
        Service service = new Service(node);
        pass(Duration.ofHours(2).plusMinutes(1));
        long task = service.backups.getFirst();
        dispatcher.leave(node, service);
        Service anew = new Service(node);
        assertThat(control.tasks().find(task).orElseThrow().state()).isEqualTo(TaskState.BROKEN);
        pass(Duration.ofMinutes(3));
        assertThat(anew.backups).as("the next attempt").hasSize(1);
    }

    @Test
    void whatANodeSaysOfOthersTasksIsRefused() throws IOException {
        bind(plan("", "UTC", List.of(), 0, true, 0), node);
        Service service = new Service(node);
        long task = control.orders()
                .add(node, "nightly", new TaskSpec.Backup("nightly", 1, false), "b", 1, "administrator");
        dispatcher.look();
        int other = enrol("other");
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> dispatcher.ended(other, new Message.Ended(task, Message.Outcome.DONE, "{}", "")))
                .hasMessageContaining("no order");
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> dispatcher.progress(other, new Message.Progress(task, "x", 1, 2, List.of())))
                .hasMessageContaining("no order");
        // Done without a snapshot is not done.
        dispatcher.ended(service.node, new Message.Ended(task, Message.Outcome.DONE, "{}", ""));
        assertThat(control.tasks().find(task).orElseThrow().state()).isEqualTo(TaskState.FAILED);
    }

    private List<String> openEvents() throws IOException {
        return control.events().list(true, 100).stream().map(Events.Event::kind).toList();
    }

    @Test
    void pausedPlanIsOverdueUnlessThePauseHasAnEnd() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 60), node);
        control.plans().pause("nightly", 0);
        pass(Duration.ofHours(4));
        assertThat(tasks()).isEmpty();
        assertThat(openEvents()).containsExactly("overdue");
        assertThat(control.events().list(true, 1).getFirst().message())
                .startsWith("plan nightly has made no snapshot since it was bound")
                .contains("it is paused", "holdfast appliance plan resume nightly --data " + directory, "--until");
        // A pause with an end: it ends by itself, and no run counts as missed before that.
        control.plans().pause("nightly", now.plus(Duration.ofDays(3)).toEpochMilli());
        pass(Duration.ofDays(2));
        assertThat(openEvents()).isEmpty();
        assertThat(tasks()).isEmpty();
        // It resumes by itself, and is overdue only for what was due since.
        pass(Duration.ofHours(25));
        assertThat(tasks()).hasSize(1);
        assertThat(openEvents()).isEmpty();
        pass(Duration.ofDays(1));
        assertThat(openEvents()).containsExactly("overdue");
    }

    @Test
    void overdueAlertClosesWithTheNextSnapshotAndNoOtherPlansDoes() throws IOException {
        bind(plan("0 2 * * *", "UTC", List.of(), 0, true, 60), node);
        control.plans()
                .put("weekly", plan("0 2 * * *", "UTC", List.of(), 0, true, 60).json());
        control.plans().bind("weekly", node);
        pass(Duration.ofHours(4));
        assertThat(openEvents()).containsExactly("overdue", "overdue");
        Service service = new Service(node);
        pass(Duration.ofMinutes(2));
        for (Task task : tasks()) {
            if ("nightly".equals(task.plan())) {
                service.ends(task.id(), Message.Outcome.DONE);
            }
        }
        pass(Duration.ofMinutes(2));
        assertThat(openEvents()).containsExactly("caught-up", "overdue");
        assertThat(control.events().list(true, 2).getLast().message()).startsWith("plan weekly ");
        // What nobody waits for any more is not missed.
        control.plans().unbind("weekly", node);
        assertThat(openEvents()).containsExactly("caught-up");
    }
}
