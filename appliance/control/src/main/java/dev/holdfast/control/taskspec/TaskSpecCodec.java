package dev.holdfast.control.taskspec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the control database stores a {@link TaskSpec}: the name of its kind, and a JSON object. The texts are a promise to
 * tasks that wait while the appliance is upgraded or downgraded: fields may be added, but none renamed or removed.
 *
 * <pre>
 * forget             {"snapshots": [id, …]}
 * retention, retention-preview, usage, audit-prune, upload    {}
 * gc, gc-preview     {"liveBelowPercent": 1…100, "graceHours": 0…}         both optional
 * scrub              {"all": true} or {"containers": [number, …]}          both optional
 * drain              {"volume": number, "target": number, "retire": true}  target and retire optional
 * volume-lost        {"volume": number, "dryRun": true}                    dryRun optional
 * node-remove        {"node": number}
 * backup             {"plan": name, "attempt": 1…, "fullRead": false}      attempt and fullRead optional
 * restore            {"snapshot": id, "paths": [path, …], "target": path, "overwrite": rule}
 * verify             {"snapshot": id}
 * drill              {"snapshot": id, "sampleBytes": n, "seed": n}
 * boot-drill         {"snapshot": id, "text": text, "port": n, "agent": true, "script": text, "seconds": n, "memoryMib": n,
 *                    "firmware": "auto", "bios" or "uefi", "bus": "virtio" or "sata",
 *                    "emulated": false}             text, port, agent, script and emulated optional
 * upgrade            {"version": version}
 * </pre>
 *
 * <p>Unknown fields are ignored. Earlier releases wrote {@code "all": false} for kinds that have no such field, and a single
 * {@code "path"} for restores.
 */
public final class TaskSpecCodec {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_KIND_CHARACTERS = 50;

    private TaskSpecCodec() {}

    /** The JSON object that {@link #decode} reads back. */
    public static String encode(TaskSpec spec) {
        ObjectNode fields = JSON.createObjectNode();
        switch (spec) {
            case TaskSpec.Forget forget -> {
                var snapshots = fields.putArray("snapshots");
                forget.snapshots().forEach(each -> snapshots.add(each.toString()));
            }
            case TaskSpec.Retention _,
                    TaskSpec.RetentionPreview _,
                    TaskSpec.CountUsage _,
                    TaskSpec.PruneAudit _,
                    TaskSpec.Upload _ -> {}
            case TaskSpec.Collect(TaskSpec.Selection selection) -> put(fields, selection);
            case TaskSpec.CollectPreview(TaskSpec.Selection selection) -> put(fields, selection);
            case TaskSpec.Scrub(boolean all, List<Integer> containers) -> {
                if (all) {
                    fields.put("all", true);
                }
                if (!containers.isEmpty()) {
                    containers.forEach(fields.putArray("containers")::add);
                }
            }
            case TaskSpec.Drain(int volume, Integer target, boolean retire) -> {
                fields.put("volume", volume);
                if (target != null) {
                    fields.put("target", target);
                }
                if (retire) {
                    fields.put("retire", true);
                }
            }
            case TaskSpec.ReplaceLost(int volume, boolean dryRun) -> {
                fields.put("volume", volume);
                if (dryRun) {
                    fields.put("dryRun", true);
                }
            }
            case TaskSpec.RemoveNode(int node) -> fields.put("node", node);
            case TaskSpec.Backup(String plan, int attempt, boolean fullRead) ->
                fields.put("plan", plan).put("attempt", attempt).put("fullRead", fullRead);
            case TaskSpec.Restore restore -> {
                fields.put("snapshot", restore.snapshot().toString());
                restore.paths().forEach(fields.putArray("paths")::add);
                fields.put("target", restore.target()).put("overwrite", restore.overwrite());
            }
            case TaskSpec.Verify verify ->
                fields.put("snapshot", verify.snapshot().toString());
            case TaskSpec.Drill drill ->
                fields.put("snapshot", drill.snapshot().toString())
                        .put("sampleBytes", drill.sampleBytes())
                        .put("seed", drill.seed());
            case TaskSpec.Boot boot -> put(fields, boot);
            case TaskSpec.Upgrade(ReleaseVersion version) -> fields.put("version", version.text());
        }
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an object of texts and numbers can be written", e);
        }
    }

    private static void put(ObjectNode fields, TaskSpec.Selection selection) {
        if (selection.liveBelowPercent() != null) {
            fields.put("liveBelowPercent", selection.liveBelowPercent());
        }
        if (selection.graceHours() != null) {
            fields.put("graceHours", selection.graceHours());
        }
    }

    private static void put(ObjectNode fields, TaskSpec.Boot boot) {
        fields.put("snapshot", boot.snapshot().toString()).put("text", boot.text());
        fields.put("port", boot.port()).put("agent", boot.agent()).put("script", boot.script());
        fields.put("seconds", boot.seconds()).put("memoryMib", boot.memoryMib());
        fields.put("firmware", boot.firmware().name().toLowerCase(Locale.ROOT));
        fields.put("bus", boot.bus().name().toLowerCase(Locale.ROOT)).put("emulated", boot.emulated());
    }

    /**
     * Reads what {@link #encode}, of this release or an earlier one, wrote.
     *
     * @throws TaskSpecException where this release does not know the kind, or the text is damaged
     */
    public static TaskSpec decode(String kind, String text) throws TaskSpecException {
        TaskKind known = TaskKind.of(kind)
                .orElseThrow(() ->
                        new TaskSpecException(Phrase.of("task.kind-unknown").with("kind", brief(kind))));
        try {
            return decode(known, SpecFields.parse(text));
        } catch (IllegalArgumentException e) {
            throw new TaskSpecException(
                    Phrase.of("task.spec-damaged").with("kind", kind).with("reason", e));
        }
    }

    /** As {@link #decode}, for tasks of the appliance's own queue. */
    public static TaskSpec.Own decodeOwn(String kind, String text) throws TaskSpecException {
        if (decode(kind, text) instanceof TaskSpec.Own own) {
            return own;
        }
        throw new TaskSpecException(Phrase.of("task.not-queued").with("kind", kind));
    }

    /** As {@link #decode}, for orders to clients. */
    public static TaskSpec.Order decodeOrder(String kind, String text) throws TaskSpecException {
        if (decode(kind, text) instanceof TaskSpec.Order order) {
            return order;
        }
        throw new TaskSpecException(Phrase.of("task.not-ordered").with("kind", kind));
    }

    private static TaskSpec decode(TaskKind kind, SpecFields fields) {
        return switch (kind) {
            case FORGET -> new TaskSpec.Forget(fields.requiredIds("snapshots"));
            case RETENTION -> new TaskSpec.Retention();
            case RETENTION_PREVIEW -> new TaskSpec.RetentionPreview();
            case GC -> new TaskSpec.Collect(selection(fields));
            case GC_PREVIEW -> new TaskSpec.CollectPreview(selection(fields));
            case USAGE -> new TaskSpec.CountUsage();
            case SCRUB -> new TaskSpec.Scrub(fields.flag("all"), fields.integers("containers"));
            case AUDIT_PRUNE -> new TaskSpec.PruneAudit();
            case DRAIN ->
                new TaskSpec.Drain(fields.requiredInteger("volume"), fields.integer("target"), fields.flag("retire"));
            case VOLUME_LOST -> new TaskSpec.ReplaceLost(fields.requiredInteger("volume"), fields.flag("dryRun"));
            case NODE_REMOVE -> new TaskSpec.RemoveNode(fields.requiredInteger("node"));
            case UPLOAD -> new TaskSpec.Upload();
            case BACKUP -> {
                Integer attempt = fields.integer("attempt");
                yield new TaskSpec.Backup(
                        fields.requiredText("plan"), attempt == null ? 1 : attempt, fields.flag("fullRead"));
            }
            case RESTORE ->
                new TaskSpec.Restore(
                        fields.requiredId("snapshot"), paths(fields), fields.text("target"), fields.text("overwrite"));
            case VERIFY -> new TaskSpec.Verify(fields.requiredId("snapshot"));
            case DRILL ->
                new TaskSpec.Drill(fields.requiredId("snapshot"), fields.number("sampleBytes"), fields.number("seed"));
            case BOOT -> {
                Integer port = fields.integer("port");
                yield new TaskSpec.Boot(
                        fields.requiredId("snapshot"),
                        fields.text("text"),
                        port == null ? 0 : port,
                        fields.flag("agent"),
                        fields.text("script"),
                        fields.requiredInteger("seconds"),
                        fields.requiredInteger("memoryMib"),
                        TaskSpec.Boot.Firmware.valueOf(
                                fields.requiredText("firmware").toUpperCase(Locale.ROOT)),
                        TaskSpec.Boot.Bus.valueOf(fields.requiredText("bus").toUpperCase(Locale.ROOT)),
                        fields.flag("emulated"));
            }
            case UPGRADE -> new TaskSpec.Upgrade(new ReleaseVersion(fields.requiredText("version")));
        };
    }

    private static TaskSpec.Selection selection(SpecFields fields) {
        return new TaskSpec.Selection(fields.integer("liveBelowPercent"), fields.integer("graceHours"));
    }

    private static List<String> paths(SpecFields fields) {
        List<String> paths = new ArrayList<>(fields.texts("paths"));
        // Orders of an earlier release name one path, and this way.
        String only = fields.text("path");
        if (!only.isEmpty()) {
            paths.add(only);
        }
        return paths;
    }

    private static String brief(String kind) {
        return kind.length() <= MAX_KIND_CHARACTERS ? kind : kind.substring(0, MAX_KIND_CHARACTERS) + "…";
    }
}
