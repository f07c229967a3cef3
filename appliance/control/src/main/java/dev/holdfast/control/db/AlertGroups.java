package dev.holdfast.control.db;

import dev.holdfast.control.db.Events.Event;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Events of one kind, severity and node that a channel is told of together. Safe for use by several threads. */
public final class AlertGroups {
    private static final String SAME = " kind = ? AND severity = ? AND node = ?";

    private final ControlDb db;

    AlertGroups(ControlDb db) {
        this.db = db;
    }

    /**
     * A group.
     *
     * @param node its name, empty for the appliance itself
     * @param first the event that the channel was told of by itself
     * @param told how many of the group the channel knows of
     * @param until when a summary is due, ms since 1970
     */
    public record Group(String channel, String kind, String node, String severity, long first, long told, long until) {}

    /**
     * What became of a group.
     *
     * @param events how many there were since its first, with it
     * @param newest the last of them
     */
    public record Extent(long events, Event newest) {}

    /** Whether the channel is told of such events together now. */
    public boolean open(String channel, Event event) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM alert_group WHERE channel = ? AND" + SAME,
                        channel,
                        event.kind(),
                        severity(event),
                        event.node())
                .isEmpty();
    }

    /** Notes that the channel was told of an event by itself, and of what comes like it not before {@code until}. */
    public void begin(String channel, Event event, long until) throws IOException {
        db.inTransaction(() -> {
            db.update(
                    "INSERT OR REPLACE INTO alert_group(channel, kind, node, severity, first, told, until)"
                            + " VALUES (?, ?, ?, ?, ?, 1, ?)",
                    channel,
                    event.kind(),
                    event.node(),
                    severity(event),
                    event.id(),
                    until);
            db.alertChannels().delivered(channel, event.id());
        });
    }

    /** Those whose summary is due. */
    public List<Group> due(String channel, long now) throws IOException {
        return db.query(
                row -> new Group(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getLong(5),
                        row.getLong(6),
                        row.getLong(7)),
                "SELECT channel, kind, node, severity, first, told, until FROM alert_group WHERE channel = ? AND until <= ?"
                        + " ORDER BY first",
                channel,
                now);
    }

    public Extent extent(Group group) throws IOException {
        return db.events().extent(group.first, group.kind, group.severity, group.node);
    }

    /** Notes that the channel was told of a summary. */
    public void told(Group group, long events, long until) throws IOException {
        db.update(
                "UPDATE alert_group SET told = ?, until = ? WHERE channel = ? AND" + SAME,
                events,
                until,
                group.channel,
                group.kind,
                group.severity,
                group.node);
    }

    /** Nothing came: the next event is told by itself again. */
    public void end(Group group) throws IOException {
        db.update(
                "DELETE FROM alert_group WHERE channel = ? AND" + SAME,
                group.channel,
                group.kind,
                group.severity,
                group.node);
    }

    private static String severity(Event event) {
        return event.severity().name().toLowerCase(Locale.ROOT);
    }
}
