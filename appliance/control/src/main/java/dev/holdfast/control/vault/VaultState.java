package dev.holdfast.control.vault;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a vault is, as its service told last. Times are null for none.
 *
 * @param offsiteRpoSeconds age of the oldest snapshot that belongs there and is not there
 * @param progressPhrase and {@code errorPhrase}: the texts for other languages; null where they have no code
 * @param doneBy when the backlog will be gone, by forecast
 * @param root sequence number of the newest root, to be noted with the recovery key
 * @param classes bytes of objects by storage class
 * @param counted whether the figures are of the place that is set now: not before the appliance has looked there, and until
 *     then nothing counts as off-site
 */
public record VaultState(
        String name,
        String url,
        String when,
        String state,
        String progress,
        @Nullable Phrase progressPhrase,
        long snapshotsBehind,
        long offsiteRpoSeconds,
        long backlogBytes,
        @Nullable Instant doneBy,
        long history,
        long historyBehind,
        long objectBytes,
        long root,
        @Nullable Instant lastSuccess,
        String error,
        @Nullable Phrase errorPhrase,
        List<OfNode> nodes,
        Map<String, Long> classes,
        boolean counted) {
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** Set, and not opened yet. */
    private static final String STARTING = "starting";

    /** One node's snapshots in a vault. */
    public record OfNode(
            String node,
            int snapshots,
            int offsite,
            int behind,
            long bytesBehind,
            long rpoSeconds,
            @Nullable Instant lastOffsite) {}

    /** All vaults, the first one first. */
    public static List<VaultState> all(ControlDb control, boolean running) throws IOException {
        Map<String, String> values = control.status().all();
        List<VaultRow> rows = control.vaults().list().stream()
                .sorted(Comparator.comparing(each -> !each.name().equals(VaultRegistry.FIRST)))
                .toList();
        List<VaultState> states = new java.util.ArrayList<>();
        for (VaultRow each : rows) {
            states.add(of(each, values, running));
        }
        return states;
    }

    private static VaultState of(VaultRow vault, Map<String, String> all, boolean running) throws IOException {
        VaultSettings settings = VaultSettings.readable(vault.settings());
        String prefix = vault.name() + ".";
        boolean counted = settings.url().equals(all.get(prefix + "url"));
        Map<String, String> values = counted ? all : unCounted(all, prefix);
        return new VaultState(
                vault.name(),
                settings.url(),
                settings.policy().when().toString(),
                running ? values.getOrDefault(prefix + "state", STARTING) : "not running",
                values.getOrDefault(prefix + "progress", ""),
                PhraseJson.read(values.get(prefix + "progressPhrase")).orElse(null),
                number(values, prefix + "behind"),
                age(number(values, prefix + "oldestBehind")),
                number(values, prefix + "backlogBytes"),
                Moments.ofMillis(number(values, prefix + "doneBy")),
                number(values, prefix + "history"),
                number(values, prefix + "historyBehind"),
                number(values, prefix + "objectBytes"),
                number(values, prefix + "root"),
                Moments.ofMillis(number(values, prefix + "lastSuccess")),
                values.getOrDefault(prefix + "error", ""),
                PhraseJson.read(values.get(prefix + "errorPhrase")).orElse(null),
                nodes(values.getOrDefault(prefix + "nodes", "[]")),
                JSON.readValue(
                        values.getOrDefault(prefix + "classes", "{}"), new TypeReference<Map<String, Long>>() {}),
                counted);
    }

    /** Of another place, or of none: only what is said of the vault itself. */
    private static Map<String, String> unCounted(Map<String, String> all, String prefix) {
        Map<String, String> said = new HashMap<>();
        for (String name : List.of("state", "progress", "progressPhrase", "error", "errorPhrase")) {
            String value = all.get(prefix + name);
            if (value != null) {
                said.put(prefix + name, value);
            }
        }
        return said;
    }

    /** The age of something is told by who looks at it: who noted its time may hang. */
    private static long age(long since) {
        return since == 0 ? 0 : Math.max(0, System.currentTimeMillis() - since) / 1000;
    }

    private static List<OfNode> nodes(String json) throws IOException {
        return JSON.readValue(json, new TypeReference<List<NodeBacklog>>() {}).stream()
                .map(each -> new OfNode(
                        each.node(),
                        each.snapshots(),
                        each.offsite(),
                        each.behind(),
                        each.bytesBehind(),
                        age(each.oldestBehind()),
                        Moments.ofMillis(each.lastOffsite())))
                .toList();
    }

    private static long number(Map<String, String> values, String name) {
        return Long.parseLong(values.getOrDefault(name, "0"));
    }
}
