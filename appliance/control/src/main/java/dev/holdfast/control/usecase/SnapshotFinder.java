package dev.holdfast.control.usecase;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/** Finds a snapshot by its id or the beginning of it. */
record SnapshotFinder(Engine engine) {
    private static final Pattern BEGINNING = Pattern.compile("[0-9a-f][0-9a-f-]{0,35}");
    private static final int SHOWN = 100;

    /**
     * A snapshot of a node that the actor sees.
     *
     * @param text an id, or the beginning of one
     */
    KnownSnapshot find(Actor actor, String text) throws IOException {
        if (!BEGINNING.matcher(text).matches()) {
            throw UseCaseException.notFound(
                    Phrase.of("snapshot.no-beginning").with("text", AuditTrail.cut(text, SHOWN)));
        }
        if (text.length() == 36) {
            return whole(actor, text);
        }
        List<KnownSnapshot> found = engine.snapshots().stream()
                .filter(each -> each.id().toString().startsWith(text) && actor.sees(each.nodeName()))
                .toList();
        if (found.size() > 1) {
            throw UseCaseException.invalid(
                    Phrase.of("snapshot.several").with("text", text).with("found", found.size()));
        }
        if (found.isEmpty()) {
            throw UseCaseException.notFound(Phrase.of("snapshot.none-begins").with("text", text));
        }
        return found.getFirst();
    }

    private KnownSnapshot whole(Actor actor, String text) throws IOException {
        UUID id;
        try {
            id = UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.notFound(Phrase.of("snapshot.no-id").with("text", text));
        }
        return engine.snapshot(id).filter(found -> actor.sees(found.nodeName())).orElseThrow(() -> unknown(id));
    }

    private static UseCaseException unknown(UUID id) {
        return UseCaseException.notFound(Phrase.of("task.no-snapshot").with("snapshot", id.toString()));
    }

    /** As the store has it. */
    StoredSnapshot stored(KnownSnapshot snapshot) throws IOException {
        StoredSnapshot known = snapshot.stored();
        return known != null
                ? known
                : engine.store()
                        .manifests()
                        .find(snapshot.node(), snapshot.id())
                        .orElseThrow(() -> unknown(snapshot.id()));
    }
}
