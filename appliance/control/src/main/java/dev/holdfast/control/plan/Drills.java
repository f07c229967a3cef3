package dev.holdfast.control.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/** Rehearsed restores: has each node that attends restore a sample now and then, and signs what came of it. */
public final class Drills {
    /** Days between drills of a node, in the settings; 0 for none but those that somebody asks for. */
    private static final String EVERY_DAYS = "drill.days";

    private static final int DEFAULT_DAYS = 7;

    /** Behind everything else that a node is ordered to do. */
    private static final int PRIORITY = 1;

    private static final long SAMPLE_BYTES = 256L << 20;
    /** Kinds of events. */
    public static final String FAILED = "drill";

    private static final String FROZEN = "drill-frozen";
    /** How the messages of events begin, in English: a drill that passes closes those of its own kind. */
    public static final String BOOT = "the boot drill";

    private static final String SAMPLE = "the rehearsed restore";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlDb control;
    private final Manifests manifests;
    private final Authority authority;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    public Drills(ControlDb control, Manifests manifests, Authority authority, InstantSource clock) {
        this.control = control;
        this.manifests = manifests;
        this.authority = authority;
        this.clock = clock;
    }

    /** Days between drills of a node. */
    public static int days(ControlDb control) throws IOException {
        return Integer.parseInt(control.settings().get(EVERY_DAYS).orElse("" + DEFAULT_DAYS));
    }

    public static void setDays(ControlDb control, int days) throws IOException {
        control.settings().set(EVERY_DAYS, Integer.toString(days));
    }

    /** Orders what is due. */
    public void look(Iterable<Integer> present) throws IOException {
        int days = days(control);
        if (days == 0) {
            return;
        }
        Instant now = clock.instant();
        for (int node : present) {
            List<StoredSnapshot> snapshots = manifests.list(node);
            // A node's first week has little to rehearse.
            boolean due = !snapshots.isEmpty()
                    && !control.orders().isOpen(TaskKind.DRILL, node)
                    && Duration.between(since(node, snapshots.getFirst()), now).compareTo(Duration.ofDays(days)) >= 0;
            if (due) {
                order(control, node, snapshots.getLast().id(), random.nextLong(), "schedule");
            }
        }
    }

    private Instant since(int node, StoredSnapshot first) throws IOException {
        return Instant.ofEpochMilli(Math.max(control.orders().lastEnded(TaskKind.DRILL, node), first.committed()));
    }

    /** Orders a drill; returns the task. */
    public static long order(ControlDb control, int node, UUID snapshot, long seed, String by) throws IOException {
        return control.orders()
                .add(
                        node,
                        null,
                        new TaskSpec.Drill(snapshot, SAMPLE_BYTES, seed),
                        "sample of snapshot " + snapshot.toString().substring(0, 8),
                        PRIORITY,
                        by);
    }

    /** Notes a drill's outcome: what the node measured, and what that means for all of the snapshot. */
    public void done(Task task, int node, String result) throws IOException {
        if (!task.is(TaskKind.DRILL)) {
            return;
        }
        JsonNode told = JSON.readTree(result);
        long bytes = told.path("bytes").asLong();
        long files = told.path("files").asLong();
        long millis = Math.max(1, told.path("millis").asLong());
        double byBytes = bytes == 0 ? 0 : (double) told.path("snapshotBytes").asLong() / bytes;
        double byFiles = files == 0 ? 0 : (double) told.path("snapshotFiles").asLong() / files;
        ObjectNode report = JSON.createObjectNode();
        report.put("version", 1);
        report.put("node", task.node());
        report.put("task", task.id());
        report.put("at", Moments.text(clock.instant()));
        report.set("measured", told);
        // Whichever grows more, since small files cost by number and large ones by size.
        report.put("rtoSeconds", Math.ceil(millis / 1000.0 * Math.max(byBytes, byFiles)));
        report.put("passed", told.path("wrong").asInt(-1) == 0 && files > 0);
        byte[] text = JSON.writeValueAsBytes(report);
        control.drills()
                .add(task.id(), node, clock.millis(), new String(text, StandardCharsets.UTF_8), authority.sign(text));
        for (String kind : List.of(FAILED, FROZEN)) {
            control.events().close(kind, node, SAMPLE);
        }
        long frozen = told.path("frozen").asLong();
        if (files == 0 && frozen > 0 && told.path("wrong").asInt(-1) == 0) {
            control.events()
                    .raise(
                            dev.holdfast.control.db.Events.Severity.WARNING,
                            FROZEN,
                            node,
                            Phrase.of("event.drill-frozen")
                                    .with("task", task.id())
                                    .with("count", frozen));
        } else if (!report.path("passed").asBoolean()) {
            control.events()
                    .raise(
                            dev.holdfast.control.db.Events.Severity.ALERT,
                            FAILED,
                            node,
                            Phrase.of("event.drill-failed")
                                    .with("task", task.id())
                                    .with("count", told.path("wrong").asLong())
                                    .with("files", files));
        }
        control.audit()
                .append("appliance", "drill", task.node(), report.path("passed").asBoolean() ? "passed" : "FAILED");
    }
}
