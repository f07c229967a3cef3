package dev.holdfast.control.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.plan.Scheduler;
import dev.holdfast.control.plan.UpgradeTurns;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.store.check.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Makes each kind of trouble of machines and mends it: none is missed, none is told twice, and each clears by itself. */
class MachineHealthTest {
    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-06-01T00:00:00Z");
    private final InstantSource clock = () -> now;
    private ControlDb control;
    private Dispatcher dispatcher;
    private Scheduler scheduler;
    private int node;
    private int snapshots;

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"), clock);
        UpgradeTurns upgrades = new UpgradeTurns(control, new ClientPackages(directory), clock);
        dispatcher = new Dispatcher(control, 2, (task, at, result) -> {}, upgrades);
        scheduler = new Scheduler(control, clock, dispatcher::present);
        control.tokens().add("token", Duration.ofHours(1), null);
        node = control.nodes()
                .enroll("token", "laptop", "linux", 100, id -> "fingerprint-" + id)
                .id();
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private Standing standing() throws IOException {
        MachineHealth health = new MachineHealth(control);
        MachineHealth.Machine machine = new MachineHealth.Machine(node, "laptop", snapshots, dispatcher.present(node));
        return Objects.requireNonNull(
                health.of(List.of(machine), health.events(null)).get(node));
    }

    private List<TroubleKind> troubles() throws IOException {
        return standing().troubles().stream().map(Trouble::kind).toList();
    }

    private void bind(String name) throws IOException {
        control.plans()
                .put(
                        name,
                        new Plan(
                                        new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
                                        new Plan.When("0 * * * *", "UTC", List.of(), 0, true, 60),
                                        new Plan.How(0, 0, 0, false, 5))
                                .json());
        control.plans().bind(name, node);
    }

    /** A run of a plan that ends so. */
    private long run(String plan, Message.Outcome outcome, String result, String reason) throws IOException {
        now = now.plusSeconds(60);
        long task = Orders.backup(control, node, plan, false, "test");
        dispatcher.attend(node, new Silent(), List.of());
        dispatcher.look();
        if (outcome == Message.Outcome.DONE) {
            control.orders().received(task, 1, 1, "00000000-0000-0000-0000-000000000001");
            snapshots++;
        }
        dispatcher.ended(node, new Message.Ended(task, outcome, result, reason));
        return task;
    }

    private static final class Silent implements Dispatcher.Attendant {
        @Override
        public void order(long task, Job job) {}
    }

    private void passes(Duration duration) throws IOException {
        for (Instant end = now.plus(duration); now.isBefore(end); now = now.plusSeconds(600)) {
            scheduler.look();
        }
    }

    @Test
    void machineWithoutPlanIsUnprotected() throws IOException {
        Instant enrolled = now;
        now = now.plusSeconds(3600);
        assertThat(troubles()).containsExactly(TroubleKind.NO_PLAN);
        assertThat(standing().health()).isEqualTo(Health.UNPROTECTED);
        assertThat(standing().troubles().getFirst().since()).isEqualTo(enrolled);
        bind("nightly");
        assertThat(troubles()).containsExactly(TroubleKind.NEVER_BACKED_UP);
        assertThat(standing().health()).isEqualTo(Health.NEVER_BACKED_UP);
        run("nightly", Message.Outcome.DONE, "{}", "");
        assertThat(troubles()).isEmpty();
        assertThat(standing().health()).isEqualTo(Health.PROTECTED);
    }

    @Test
    void withoutItsLastPlanAMachineIsUnprotectedFromThenOn() throws IOException {
        bind("nightly");
        bind("weekly");
        now = now.plusSeconds(3600);
        control.plans().unbind("nightly", node);
        assertThat(troubles()).containsExactly(TroubleKind.NEVER_BACKED_UP);
        now = now.plusSeconds(3600);
        Instant unbound = now;
        control.plans().unbind("weekly", node);
        now = now.plusSeconds(3600);
        control.plans().unbind("weekly", node);
        assertThat(standing().troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.kind()).isEqualTo(TroubleKind.NO_PLAN);
            assertThat(trouble.since()).isEqualTo(unbound);
        });
    }

    @Test
    void withoutAVaultItIsSinceTheSetUpOrTheLastOneWasRemoved() throws IOException {
        // Flyway notes the time of this machine's clock.
        assertThat(control.vaults().noneSince())
                .isBetween(Instant.now().minusSeconds(3600), Instant.now().plusSeconds(1));
        control.vaults().put("vault", "{}", null);
        control.vaults().put("copy", "{}", null);
        Instant made = control.vaults().noneSince();
        control.vaults().remove("copy");
        assertThat(control.vaults().noneSince()).isEqualTo(made);
        now = now.plusSeconds(3600);
        control.vaults().remove("vault");
        assertThat(control.vaults().noneSince()).isEqualTo(now);
        assertThat(control.vaults().remove("vault")).isFalse();
    }

    @Test
    void planThatFailsIsToldOnceUntilItIsDone() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{}", "");
        run("nightly", Message.Outcome.FAILED, "{}", "/home is missing");
        Instant first = now;
        long last = run("nightly", Message.Outcome.FAILED, "{}", "/home is missing still");
        // One that was cancelled proves nothing.
        run("nightly", Message.Outcome.CANCELLED, "{}", "");
        assertThat(standing().troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.kind()).isEqualTo(TroubleKind.FAILING);
            assertThat(trouble.task()).isEqualTo(last);
            assertThat(trouble.plan()).isEqualTo("nightly");
            assertThat(trouble.since()).isEqualTo(first);
            assertThat(trouble.about()).isEqualTo("2");
            assertThat(trouble.text()).isEqualTo("/home is missing still");
        });
        assertThat(standing().health()).isEqualTo(Health.FAILING);
        assertThat(MachineHealth.ofPlan("nightly", List.of(standing()))).isEqualTo(Health.FAILING);
        assertThat(MachineHealth.ofPlan("other", List.of(standing()))).isEqualTo(Health.PROTECTED);
        assertThat(control.runs().ofNode(node, 14).stream().map(run -> run.state()))
                .containsExactly(TaskState.DONE, TaskState.FAILED, TaskState.FAILED, TaskState.CANCELLED);
        assertThat(control.runs().ofPlan("nightly", List.of("laptop"), 2)).hasSize(2);
        assertThat(control.runs().ofPlan("nightly", List.of("other"), 2)).isEmpty();

        run("nightly", Message.Outcome.DONE, "{}", "");
        assertThat(troubles()).isEmpty();
        assertThat(control.events().list(true, 10)).isEmpty();
    }

    @Test
    void overduePlanIsToldOnceAndAsFailingWhereItFails() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{}", "");
        passes(Duration.ofHours(4));
        assertThat(troubles()).containsExactly(TroubleKind.OVERDUE);
        assertThat(standing().health()).isEqualTo(Health.OVERDUE);
        assertThat(standing().troubles().getFirst().about()).isEmpty();
        control.plans().pause("nightly", 0);
        assertThat(standing().troubles().getFirst().about()).isEqualTo("paused");
        assertThat(standing().troubles().getFirst().title()).endsWith("is overdue; the plan is paused");
        control.plans().resume("nightly");
        run("nightly", Message.Outcome.FAILED, "{}", "no room");
        assertThat(troubles()).containsExactly(TroubleKind.FAILING);
        run("nightly", Message.Outcome.DONE, "{}", "");
        scheduler.look();
        assertThat(troubles()).isEmpty();
    }

    @Test
    void filesThatCouldNotBeReadAreToldUntilTheyAreRead() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{\"problems\":3}", "");
        assertThat(standing().troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.kind()).isEqualTo(TroubleKind.INCOMPLETE);
            assertThat(trouble.about()).isEqualTo("3");
        });
        assertThat(standing().health()).isEqualTo(Health.WARNING);
        run("nightly", Message.Outcome.DONE, "{\"problems\":0}", "");
        assertThat(troubles()).isEmpty();
    }

    @Test
    void suspendedNodeAndPausedRetentionAreToldOnceUntilTheyEnd() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{}", "");
        control.suspensions().suspend(node, Phrase.plain("it sent nonsense"));
        control.events().raise(Events.Severity.ALERT, EventKinds.NODE_SUSPENDED, node, Phrase.plain("suspended"));
        control.events().pauseRetention(node, Phrase.plain("most files changed"));
        control.events().raise(Events.Severity.ALERT, EventKinds.RETENTION_PAUSE, node, Phrase.plain("paused"));
        assertThat(troubles()).containsExactly(TroubleKind.SUSPENDED, TroubleKind.RETENTION_PAUSED);
        assertThat(standing().health()).isEqualTo(Health.FAILING);
        control.suspensions().resume(node);
        assertThat(standing().health()).isEqualTo(Health.WARNING);
        control.events().resumeRetention(node);
        assertThat(troubles()).isEmpty();
        assertThat(control.events().list(true, 10)).isEmpty();
    }

    @Test
    void damageIsToldOnceWithTheMachineThatItHurtsUntilItIsHealed() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{}", "");
        control.events()
                .raise(Events.Severity.ALERT, EventKinds.DAMAGE, null, Phrase.plain("a container cannot be read"));
        // Nobody knows yet whom it hurts.
        assertThat(new MachineHealth(control).events(null)).hasSize(1);
        UUID snapshot = new UUID(1, 2);
        Finding.Hurt a = new Finding.Hurt(snapshot, node, "laptop", "/home/a", false);
        Finding.Hurt b = new Finding.Hurt(snapshot, node, "laptop", "/home/b", false);
        List<Finding> first = List.of(new Finding(Finding.Kind.CHUNK, "/v/1.hfc", "is bad", List.of(a)));
        assertThat(control.damage().replace(first, 7)).isTrue();
        assertThat(control.damage().replace(first, 8)).isFalse();
        Instant since = now;
        now = now.plusSeconds(3600);
        Finding other = new Finding(Finding.Kind.MISSING_CHUNK, "/m/1.hfs", "is not in the store", List.of(a, b));
        assertThat(control.damage().replace(List.of(other), 9)).isTrue();
        assertThat(standing().troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.kind()).isEqualTo(TroubleKind.DAMAGED);
            assertThat(trouble.about()).isEqualTo("2");
            assertThat(trouble.since()).isEqualTo(since);
        });
        assertThat(standing().health()).isEqualTo(Health.DAMAGED);
        assertThat(new MachineHealth(control).events(null)).isEmpty();
        control.damage().forget(snapshot);
        // A container is damaged still, which no snapshot needs.
        assertThat(new MachineHealth(control).events(null)).hasSize(1);
        assertThat(standing().health()).isEqualTo(Health.PROTECTED);
        control.damage().replace(List.of(), 10);
        control.events().close(EventKinds.DAMAGE, null);
        assertThat(new MachineHealth(control).events(null)).isEmpty();
    }

    @Test
    void whatCannotBeDerivedComesFromOpenEvents() throws IOException {
        bind("nightly");
        run("nightly", Message.Outcome.DONE, "{}", "");
        control.events().raise(Events.Severity.INFO, "note", node, Phrase.plain("nothing to do"));
        control.events()
                .raise(Events.Severity.WARNING, "restore-failed", node, Phrase.plain("restore (x), task 1: no room"));
        control.events().raise(Events.Severity.ALERT, "other", null, Phrase.plain("of the appliance"));
        assertThat(standing().troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.kind()).isEqualTo(TroubleKind.EVENT);
            assertThat(trouble.about()).isEqualTo("restore-failed");
        });
        List<Trouble> all = new MachineHealth(control).events(null);
        assertThat(Verdict.of(List.of(standing().health(), Health.PROTECTED), all))
                .isEqualTo(new Verdict(2, 1, 1, Health.WARNING));
        control.events().acknowledge(null);
        assertThat(troubles()).isEmpty();
    }
}
