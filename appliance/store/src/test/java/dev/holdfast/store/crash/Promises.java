package dev.holdfast.store.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.crash.IoTrace.Event;
import dev.holdfast.store.crash.StoreWorkload.Source;
import dev.holdfast.store.snapshot.BackupSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What a {@link StoreWorkload} was promised, as its marks tell, and whether a store keeps it. */
final class Promises {
    final Map<UUID, List<Source>> committed = new HashMap<>();
    final Map<UUID, Integer> nodes = new HashMap<>();
    final Set<UUID> forgotten = new HashSet<>();
    final Map<Integer, List<Source>> durable = new HashMap<>();
    /** What {@link #add} got, for whoever makes the same promises again. */
    final List<String> marks = new ArrayList<>();

    Promises copy() {
        Promises copy = new Promises();
        marks.forEach(copy::add);
        return copy;
    }

    Promises with(List<Event> events) {
        for (Event event : events) {
            if (event instanceof Event.Mark(String text)) {
                add(text);
            }
        }
        return this;
    }

    Promises add(String text) {
        marks.add(text);
        String[] words = text.split(" ");
        switch (words[0]) {
            case "committed" -> {
                UUID id = UUID.fromString(words[1]);
                int node = Integer.parseInt(words[2]);
                committed.put(id, sources(words[3]));
                nodes.put(id, node);
                durable.computeIfAbsent(node, n -> new ArrayList<>()).addAll(sources(words[3]));
            }
            case "durable" ->
                durable.computeIfAbsent(Integer.parseInt(words[1]), n -> new ArrayList<>())
                        .addAll(sources(words[2]));
            case "collecting" -> {
                durable.clear();
                committed.forEach((id, sources) -> {
                    if (!forgotten.contains(id)) {
                        durable.computeIfAbsent(nodes.get(id), n -> new ArrayList<>())
                                .addAll(sources);
                    }
                });
            }
            case "forgetting" -> forgotten.add(UUID.fromString(words[1]));
            default -> throw new IllegalArgumentException(text);
        }
        return this;
    }

    private static List<Source> sources(String text) {
        return Arrays.stream(text.split(",")).map(Source::parse).toList();
    }

    static void survives(Path state, Promises promises, String label) throws IOException {
        try {
            StoreFixture fixture = StoreFixture.existing(state);
            try (Store store = fixture.open()) {
                verify(store, promises);
                // Goes on without repair by hand.
                StoreFixture.backup(store, 1, List.of(StoreFixture.random(label.hashCode(), 5000)));
            }
            try (Store store = fixture.open()) {
                verify(store, promises);
                assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                        .isEmpty();
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(label + ": " + e.getMessage(), e);
        }
    }

    private static void verify(Store store, Promises promises) throws IOException {
        for (Map.Entry<UUID, List<Source>> snapshot : promises.committed.entrySet()) {
            UUID id = snapshot.getKey();
            int node = promises.nodes.get(id);
            if (!promises.forgotten.contains(id)) {
                assertThat(store.manifests().find(node, id))
                        .as("snapshot " + id)
                        .isPresent();
                readable(store, node, snapshot.getValue());
            }
        }
        for (Map.Entry<Integer, List<Source>> durable : promises.durable.entrySet()) {
            readable(store, durable.getKey(), durable.getValue());
        }
    }

    /** Readable, byte for byte, and known to belong to the node, so that it is not sent again. */
    private static void readable(Store store, int node, List<Source> sources) throws IOException {
        List<byte[]> contents = sources.stream().distinct().map(Source::bytes).toList();
        List<Digest> digests =
                contents.stream().map(store.vault().hash()::digest).toList();
        try (BackupSession session = store.openBackup(node, "node-" + node)) {
            assertThat(session.known(digests)).doesNotContain(false);
        }
        StoreReads.assertReadable(store, node, contents);
    }
}
