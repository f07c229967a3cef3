package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which events are asked for: those that fit all of it.
 *
 * @param open only those that nobody has acknowledged
 * @param severity null for all; {@code kind}, {@code node} and {@code tag} of the node are empty for all
 * @param text part of the message
 * @param since when they were raised at the earliest; null for all
 */
public record EventFilter(
        boolean open,
        Events.@Nullable Severity severity,
        String kind,
        String node,
        String tag,
        String text,
        @Nullable Instant since) {
    /** @param nodes whose; null for all, and for what belongs to no node */
    Conditions conditions(@Nullable List<String> nodes) throws IOException {
        Conditions conditions = new Conditions();
        if (open) {
            conditions.and("acknowledged IS NULL");
        }
        return conditions
                .where("severity = ?", severity == null ? null : severity.name().toLowerCase(Locale.ROOT))
                .where("kind = ?", kind)
                .where("node_id = (SELECT id FROM node WHERE name = ?)", node)
                .where("node_id IN (SELECT node_id FROM node_tag WHERE tag = ?)", tag)
                .where("at >= ?", since == null ? null : since.toEpochMilli())
                .contain(text, "message")
                .where("node.name IN (SELECT value FROM json_each(?))", ControlDb.list(nodes));
    }
}
