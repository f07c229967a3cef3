package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Selector;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The names of snapshots: the local time when each was made, with the short id where that is not the only one. Asked for again after
 * some seconds, and a snapshot keeps its name and number. Safe for use by several threads.
 */
final class SnapshotList {
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd_HH-mm-ss", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final long FRESH_NANOS = 2_000_000_000L;
    /** Numbers have 15 bits. */
    private static final int MAX_NUMBER = 32_767;

    /** @param number is never given to another one */
    record Named(String name, int number, UUID id, Instant committed) {
        byte[] bytes() {
            return name.getBytes(StandardCharsets.UTF_8);
        }

        Timestamp time() {
            return FileStatus.time(committed);
        }
    }

    private final Session session;
    private final Selector selector;
    private final Map<UUID, Named> known = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private List<Named> current = List.of();
    private boolean asked;
    private long askedAt;

    SnapshotList(Session session, Selector selector) {
        this.session = session;
        this.selector = selector;
    }

    /** Oldest first. */
    synchronized List<Named> get() throws IOException {
        if (!asked || System.nanoTime() - askedAt > FRESH_NANOS) {
            List<Named> found = new ArrayList<>();
            for (Appliance.Listed each :
                    selector.select(session.ask(live -> live.appliance().snapshots()))) {
                Named named = known.get(each.id());
                if (named == null) {
                    if (known.size() == MAX_NUMBER) {
                        // Better than a list that lacks the newest.
                        throw new IOException("more than " + MAX_NUMBER + " snapshots were listed; unmount, and mount"
                                + " again, or fewer of them by --path, --host or --tag");
                    }
                    String time = NAME.format(each.committed());
                    String name = names.contains(time) ? time + "-" + each.shortId() : time;
                    names.add(name);
                    named = new Named(name, known.size() + 1, each.id(), each.committed());
                    known.put(each.id(), named);
                }
                found.add(named);
            }
            current = List.copyOf(found);
            asked = true;
            askedAt = System.nanoTime();
        }
        return current;
    }
}
