package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.boot.Screenshots;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rehearsed restores: ordered, listed, and exported with their signatures. */
public final class DrillUseCases {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final SnapshotFinder finder;
    private final TreeReading reading;
    private final AuditTrail audit;
    private final SecureRandom random = new SecureRandom();

    DrillUseCases(ControlDb control, Engine engine, NodeUseCases nodes, TaskUseCases tasks, SnapshotFinder finder) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.tasks = tasks;
        this.finder = finder;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
    }

    /**
     * Drills to be ordered.
     *
     * @param seed chooses the files; at random where it is missing
     */
    public record Wanted(
            @Bound(characters = 255) List<String> nodes,
            @Nullable Long seed) {}

    /**
     * A snapshot of disks that is to be booted. Without anything to wait for, it is a prompt for a login on the serial console.
     *
     * @param snapshot its id, or the beginning of it
     * @param text that the serial console must show
     * @param port that must answer
     * @param agent whether the guest agent must answer
     * @param script for a shell in the machine, which the guest agent must run with success
     * @param seconds within which all of this must be seen; missing for ten minutes
     * @param memoryMib of the machine; missing for 1024
     * @param firmware auto, bios or uefi; missing for auto: what the machine had
     * @param bus of disks and network, virtio or sata; missing for virtio
     * @param emulated whether the machine runs without KVM
     */
    public record WantedBoot(
            @Bound(characters = 36) @Nullable String snapshot,

            @Bound(characters = BootOrder.MOST_TEXT) @Nullable
            String text,

            @Nullable Integer port,
            @Nullable Boolean agent,

            @Bound(characters = BootOrder.MOST_SCRIPT) @Nullable
            String script,

            @Nullable Integer seconds,
            @Nullable Integer memoryMib,
            @Bound(characters = 10) @Nullable String firmware,
            @Bound(characters = 10) @Nullable String bus,
            @Nullable Boolean emulated) {}

    /** Where a picture is written, once it is known that there is one. */
    public interface Picture {
        OutputStream open() throws IOException;
    }

    /** Reports, the newest first, as they were signed. */
    public record Reports(List<JsonNode> reports) {}

    /**
     * A report as it was signed.
     *
     * @param report the signed text
     * @param signature of its bytes in UTF-8, base64; the key is that of the appliance's authority
     */
    public record Signed(String report, String signature) {}

    /** Orders nodes to restore a sample of their newest snapshots and compare it: all that are named, or none. */
    public TaskUseCases.QueuedAll order(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.OPERATE);
        if (wanted.nodes == null || wanted.nodes.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("drill.no-nodes"));
        }
        record Order(Node node, KnownSnapshot snapshot) {}
        List<Order> orders = new ArrayList<>();
        for (Node each : nodes.find(actor, wanted.nodes)) {
            Node node = nodes.findActive(actor, each.name());
            List<KnownSnapshot> snapshots = engine.snapshots(node.id());
            if (snapshots.isEmpty()) {
                throw UseCaseException.conflict(Phrase.of("node.no-snapshot").with("node", node.name()));
            }
            orders.add(new Order(node, snapshots.getLast()));
        }
        tasks.requireRoom();
        List<Long> queued = new ArrayList<>();
        for (Order each : orders) {
            long seed = wanted.seed == null ? random.nextLong() : wanted.seed;
            long task = Drills.order(control, each.node.id(), each.snapshot.id(), seed, actor.text());
            audit.note(actor, "drill", each.node.name(), "ordered, task " + task);
            queued.add(task);
        }
        return new TaskUseCases.QueuedAll(queued);
    }

    /** Orders the appliance to boot a snapshot of disks in a machine of its own, without a network. */
    public TaskUseCases.QueuedAll boot(Actor actor, WantedBoot wanted) throws IOException {
        actor.require(Permission.OPERATE);
        if (wanted.snapshot == null) {
            throw UseCaseException.invalid(Phrase.of("boot-drill.no-snapshot"));
        }
        if (wanted.script != null && !wanted.script.isEmpty()) {
            // What it prints is in the report.
            actor.require(Permission.RESTORE);
        }
        engine.instant();
        KnownSnapshot snapshot = finder.find(actor, wanted.snapshot);
        TaskSpec.Boot spec = BootOrder.of(snapshot.id(), wanted);
        BootOrder.requireDisks(
                spec, reading.of(finder.stored(snapshot), SnapshotDisks::of).size());
        tasks.requireRoom();
        String description = "boot of snapshot " + snapshot.id().toString().substring(0, 8);
        long task = control.boots().add(snapshot.node(), spec, description, actor.text());
        audit.note(actor, "boot drill", snapshot.nodeName(), "ordered, task " + task + ", snapshot " + snapshot.id());
        return new TaskUseCases.QueuedAll(List.of(task));
    }

    /** Writes the picture of the screen of a machine that was booted, as PNG. */
    public void screenshot(Actor actor, long task, Picture picture) throws IOException {
        Signed signed = export(actor, task);
        Optional<byte[]> png = JSON.readTree(signed.report).path("measured").has("screenshot")
                ? new Screenshots(engine.directory().root()).read(task)
                : Optional.empty();
        byte[] content = png.orElseThrow(() ->
                UseCaseException.notFound(Phrase.of("boot-drill.no-screenshot").with("task", task)));
        try (OutputStream out = picture.open()) {
            out.write(content);
        }
    }

    /** Reports of nodes that the actor sees, the newest first. */
    public Reports list(Actor actor, int limit) throws IOException {
        actor.require(Permission.VIEW);
        List<JsonNode> reports = new ArrayList<>();
        for (DrillTable.Drill each : control.drills().list(limit)) {
            if (actor.sees(each.node())) {
                reports.add(JSON.readTree(each.report()));
            }
        }
        return new Reports(reports);
    }

    /** @param task of the drill */
    public Signed export(Actor actor, long task) throws IOException {
        actor.require(Permission.VIEW);
        for (DrillTable.Drill each : control.drills().list(Integer.MAX_VALUE)) {
            if (each.task() == task && actor.sees(each.node())) {
                return new Signed(each.report(), Base64.getEncoder().encodeToString(each.signature()));
            }
        }
        throw UseCaseException.notFound(Phrase.of("drill.no-report").with("task", task));
    }
}
