package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.Store;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.check.Scrub;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The containers that are damaged and could not be healed: clients are asked for what they hold, after a restart too. */
public final class SuspectContainers {
    private static final String SETTING = "damage.containers";

    private final Set<Integer> containers;

    private SuspectContainers(Set<Integer> containers) {
        this.containers = containers;
    }

    public static SuspectContainers load(ControlDb control) throws IOException {
        return new SuspectContainers(
                Arrays.stream(control.settings().get(SETTING).orElse("").split(","))
                        .filter(number -> !number.isEmpty())
                        .map(Integer::valueOf)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** At start: what was known to be damaged still is. Numbers that no container has may be given to new ones. */
    public void tell(Store store) throws IOException {
        containers.retainAll(present(store));
        store.suspect(containers);
    }

    /** Counts in what a scrub found. */
    void settle(Store store, Scrub.Outcome outcome) throws IOException {
        containers.addAll(outcome.damaged());
        store.suspect(outcome.damaged());
        for (int number : outcome.healed()) {
            containers.remove(number);
            store.trust(number);
        }
        lookAgain(store, outcome.damaged());
    }

    /** Trusts what is whole again, and forgets what is gone. */
    void lookAgain(Store store) throws IOException {
        lookAgain(store, List.of());
    }

    private void lookAgain(Store store, List<Integer> damaged) throws IOException {
        // Those that a reader found, and the vault healed, or that could not be read for another reason than damage.
        for (int number : List.copyOf(containers)) {
            if (!damaged.contains(number) && store.scrub().isWhole(number)) {
                containers.remove(number);
                store.trust(number);
            }
        }
        // Those that the collector has emptied and deleted.
        containers.retainAll(present(store));
    }

    /** A copy. */
    public Set<Integer> numbers() {
        return new TreeSet<>(containers);
    }

    /** Those of these containers that nobody had found damaged before. */
    <V> Map<Integer, V> unknown(Map<Integer, V> found) {
        Map<Integer, V> unknown = new TreeMap<>(found);
        unknown.keySet().removeAll(containers);
        return unknown;
    }

    /** Counts in damage that a reader found, whatever it read for. */
    void add(Set<Integer> numbers) {
        containers.addAll(numbers);
    }

    private static Set<Integer> present(Store store) throws IOException {
        return store.archiving().local().stream().map(Archiving.Local::number).collect(Collectors.toSet());
    }

    /** An appliance that was recovered numbers its containers anew. */
    public static void forget(ControlDb control) throws IOException {
        control.settings().set(SETTING, "");
        HurtPages.forget(control);
        control.damage().forgetAll();
    }

    void save(ControlDb control) throws IOException {
        control.settings().set(SETTING, containers.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
}
