package dev.holdfast.vault.upload;

import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.journal.ClassifiedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Moves containers that have been in a vault for long to colder classes. Metadata stay where they are at hand, and what
 * is frozen stays as it is: it could be moved on only after a thaw. So does what the service would charge for as if it
 * had stayed the least time of its class: it waits until that is over. Used by one thread.
 */
public final class Cooling {
    private static final int AT_ONCE = 1000;
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final ObjectStore store;
    private final Journal journal;

    /** @param after in the vault, from the day on which a container was stored there */
    public record Rule(Duration after, StorageClass to) {}

    public Cooling(ObjectStore store, Journal journal) {
        this.store = store;
        this.journal = journal;
    }

    /**
     * Moves what is due, the oldest first. Costs two requests a container.
     *
     * @param now ms since 1970
     * @return how many were moved
     */
    public int run(List<Rule> rules, long now, BooleanSupplier stopping) throws IOException {
        int moved = 0;
        for (Rule rule : rules.stream()
                .sorted(Comparator.comparing(Rule::after).reversed())
                .toList()) {
            for (StorageClass from : StorageClass.values()) {
                if (from.compareTo(rule.to) >= 0 || from.frozen()) {
                    continue;
                }
                List<ClassifiedContainer> due = journal.containers()
                        .inClass(
                                from,
                                now - rule.after.toMillis(),
                                now - Duration.ofDays(from.leastDays()).toMillis(),
                                AT_ONCE);
                for (ClassifiedContainer each : due) {
                    if (stopping.getAsBoolean()) {
                        return moved;
                    }
                    moved += move(each, rule.to, now);
                }
            }
        }
        return moved;
    }

    /**
     * Learns from listings in which class containers are whose class nobody noted, as after a recovery; since when is
     * not told, so they count as having come there now. Asks for nothing where all are known.
     */
    public void learn(long now) throws IOException {
        Set<UUID> unknown = new HashSet<>(journal.containers().inUnknownClass());
        if (unknown.isEmpty()) {
            return;
        }
        Map<UUID, StorageClass> found = new HashMap<>();
        store.each(ObjectKind.CONTAINER.prefix(), "", object -> {
            String name = object.key().substring(object.key().lastIndexOf('/') + 1);
            UUID id = NAME.matcher(name).matches() ? UUID.fromString(name) : null;
            if (id != null && unknown.contains(id)) {
                found.put(id, object.storageClass());
            }
        });
        journal.inTransaction(() -> {
            for (Map.Entry<UUID, StorageClass> each : found.entrySet()) {
                journal.containers().classChanged(each.getKey(), each.getValue(), now);
            }
        });
    }

    private int move(ClassifiedContainer container, StorageClass to, long now) throws IOException {
        String key = ObjectKind.CONTAINER.key(container.id());
        StoredObject there;
        try {
            there = store.head(key);
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                // For the check to find; it must not hold up the others each time.
                journal.containers().classChanged(container.id(), to, now);
                return 0;
            }
            throw e;
        }
        boolean unknown = container.classSince() == null && there.storageClass().leastDays() > 0;
        if (there.storageClass().compareTo(to) >= 0
                || there.storageClass().frozen()
                || there.storageClass() != container.storageClass()
                || unknown) {
            // Since when it is there nobody knows: from now on, so that no time is charged twice.
            journal.containers().classChanged(container.id(), there.storageClass(), now);
            return 0;
        }
        store.changeClass(key, to);
        journal.containers().classChanged(container.id(), to, now);
        return 1;
    }
}
