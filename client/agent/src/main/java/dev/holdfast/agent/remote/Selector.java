package dev.holdfast.agent.remote;

import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of a node's snapshots are meant, beyond their age.
 *
 * @param path that they have; null for any
 * @param host the machine's own name when they were made; null for any
 * @param tags that they have, all of them
 */
public record Selector(@Nullable TreePath path, @Nullable String host, List<String> tags) {
    public static final Selector ANY = new Selector(null, null, List.of());

    /**
     * Those that are meant, oldest first. Where some have the whole path, no others; else those that have something below
     * it.
     */
    public List<Appliance.Listed> select(List<Appliance.Listed> all) {
        List<Appliance.Listed> whole = new ArrayList<>();
        List<Appliance.Listed> parts = new ArrayList<>();
        for (Appliance.Listed each : all) {
            SnapshotSummary summary = each.summary();
            if ((host != null && !host.equalsIgnoreCase(summary.host()))
                    || !summary.tags().containsAll(tags)) {
                continue;
            }
            TreePath wanted = path;
            if (wanted == null || summary.sources().stream().anyMatch(wanted::startsWith)) {
                whole.add(each);
            } else if (summary.sources().stream().anyMatch(source -> source.startsWith(wanted))) {
                parts.add(each);
            }
        }
        return whole.isEmpty() ? parts : whole;
    }

    /** For messages: what was asked for. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        if (path != null) {
            words.add("of path " + path);
        }
        if (host != null) {
            words.add("of host " + host);
        }
        tags.forEach(tag -> words.add("with tag " + tag));
        return String.join(" ", words);
    }
}
