package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.StoredTasks;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders of other releases and damaged ones: each fails alone, and the other orders and plans go on. */
class UnreadableOrderTest {
    private static final UUID SNAPSHOT = new UUID(1, 2);

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-06-01T00:00:00Z");
    private ControlDb control;
    private Dispatcher dispatcher;
    private Scheduler scheduler;
    private int node;
    private final Map<Long, Job> heard = new HashMap<>();

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"), () -> now);
        dispatcher = new Dispatcher(
                control,
                2,
                (task, at, result) -> {},
                new UpgradeTurns(control, new ClientPackages(directory), () -> now));
        scheduler = new Scheduler(control, () -> now, dispatcher::present);
        node = enrol("db1");
        dispatcher.attend(node, heard::put, List.of());
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private int enrol(String name) throws IOException {
        control.tokens().add("token-" + name, Duration.ofHours(1), null);
        return control.nodes()
                .enroll("token-" + name, name, "linux", 100, id -> "fingerprint-" + id)
                .id();
    }

    private void bind(String plan, int node) throws IOException {
        control.plans()
                .put(
                        plan,
                        new Plan(
                                        new Plan.What(List.of("/home"), List.of(), false, "", "", 60),
                                        new Plan.When("0 2 * * *", "UTC", List.of(), 0, true, 0),
                                        new Plan.How(0, 0, 0, false, 5))
                                .json());
        control.plans().bind(plan, node);
    }

    private Task find(long id) throws IOException {
        return control.tasks().find(id).orElseThrow();
    }

    private List<String> events() throws IOException {
        return control.events().list(true, 100).stream().map(Events.Event::kind).toList();
    }

    @Test
    void unreadableOrdersFailAndTheOthersAreBrought() throws IOException {
        long unknown = StoredTasks.add(control, node, "levitate", "{}", 9);
        long damaged = StoredTasks.add(control, node, "verify", "{\"snapshot\":", 8);
        long misplaced = StoredTasks.add(control, node, "gc", "{}", 7);
        long old = StoredTasks.add(
                control,
                node,
                "restore",
                "{\"snapshot\":\"" + SNAPSHOT + "\",\"path\":\"/a\",\"target\":\"/back\",\"overwrite\":\"never\"}",
                6);
        long good = Orders.verify(control, node, SNAPSHOT, "user ann");
        dispatcher.look();
        assertThat(heard)
                .containsOnly(
                        Map.entry(old, new Job.Restore(SNAPSHOT, List.of("/a"), "/back", "never")),
                        Map.entry(good, new Job.Verify(SNAPSHOT)));
        assertThat(find(unknown).reason()).contains("does not know tasks of kind 'levitate'");
        assertThat(find(damaged).reason()).contains("this verify task is damaged");
        assertThat(find(misplaced).reason()).contains("cannot be ordered from a client");
        assertThat(List.of(unknown, damaged, misplaced))
                .allSatisfy(id -> assertThat(find(id).state()).isEqualTo(TaskState.FAILED));
        assertThat(events()).containsExactlyInAnyOrder("levitate-failed", "verify-failed", "gc-failed");
    }

    @Test
    void damageWhileAnOrderRunsHurtsNeitherItsEndNorTheNodesOtherRestores() throws IOException {
        long damaged = Orders.restore(control, node, SNAPSHOT, List.of(), "/back", "never", "user ann");
        long good = Orders.restore(control, node, new UUID(3, 4), List.of(), "/back", "never", "user ann");
        dispatcher.look();
        assertThat(heard).containsOnlyKeys(damaged, good);
        StoredTasks.damage(control, damaged, "\u0000");
        assertThat(Orders.restoring(control, node)).containsExactly(new UUID(3, 4));
        dispatcher.look();
        dispatcher.ended(node, new Message.Ended(damaged, Message.Outcome.FAILED, "{}", "no room"));
        assertThat(find(damaged).reason()).isEqualTo("no room");
        assertThat(events()).containsExactly("restore-failed");
    }

    @Test
    void planIsRetriedAfterADamagedTaskAndOtherPlansAreFollowed() throws IOException {
        bind("a", node);
        int other = enrol("db2");
        dispatcher.attend(other, heard::put, List.of());
        bind("b", other);
        now = Instant.parse("2026-06-01T02:01:00Z");
        scheduler.look();
        Task first = control.orders().last("a", node).orElseThrow();
        StoredTasks.damage(control, first.id(), "{\"plan\":\"a\",\"attempt\":");
        dispatcher.look();
        assertThat(find(first.id()).state()).isEqualTo(TaskState.FAILED);
        assertThat(find(first.id()).reason()).contains("damaged: it is not valid JSON");
        Task others = control.orders().last("b", other).orElseThrow();
        dispatcher.ended(other, new Message.Ended(others.id(), Message.Outcome.FAILED, "{}", "no disk"));

        now = now.plus(Duration.ofMinutes(2));
        scheduler.look();
        for (Task again : List.of(
                control.orders().last("a", node).orElseThrow(),
                control.orders().last("b", other).orElseThrow())) {
            assertThat(again.requestedBy()).isEqualTo("schedule, attempt 2");
            assertThat(TaskSpecCodec.decode(again.kind(), again.argument())
                            .kind()
                            .text())
                    .isEqualTo("backup");
        }
    }
}
