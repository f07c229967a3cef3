package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The state that live updates are derived from. */
public final class ChangeUseCases {
    private static final long RECENTLY_MILLIS = 15_000;

    private final ControlDb control;
    private final Engine engine;

    ChangeUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
    }

    /**
     * The present state of all nodes. The caller must leave out what its reader may not see.
     *
     * @param tasks that are or were lately active
     * @param topics a mark of each that changes when it does
     */
    public record State(Map<Long, TaskView> tasks, Map<String, String> topics) {}

    public State look() throws IOException {
        Map<Long, TaskView> tasks = new HashMap<>();
        for (Task each : control.taskHistory().recentlyActive(System.currentTimeMillis() - RECENTLY_MILLIS)) {
            tasks.put(each.id(), TaskView.of(each));
        }
        Map<String, String> topics = new HashMap<>();
        topics.put("nodes", engine.connected() + " " + control.nodes().list().size());
        topics.put(
                "events", control.events().countOpen() + " " + control.events().list(false, 1));
        topics.put("snapshots", Long.toString(engine.countSnapshots()));
        topics.put("plans", control.decisions());
        // One that was added or removed has no status to change.
        StringBuilder vaults = new StringBuilder();
        control.vaults().list().forEach(each -> vaults.append(each.name()).append('\n'));
        control.status().all().forEach((name, value) -> {
            if (name.contains(".")) {
                vaults.append(name).append(value);
            }
        });
        topics.put("vaults", vaults.toString());
        return new State(tasks, topics);
    }
}
