package dev.holdfast.control.usecase;

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
                    "'" + AuditTrail.cut(text, SHOWN) + "' is not the id of a snapshot, nor the beginning of one");
        }
        if (text.length() == 36) {
            return whole(actor, text);
        }
        List<KnownSnapshot> found = engine.snapshots().stream()
                .filter(each -> each.id().toString().startsWith(text) && actor.sees(each.nodeName()))
                .toList();
        if (found.size() > 1) {
            throw UseCaseException.invalid(
                    "'" + text + "' is the beginning of " + found.size() + " snapshot ids; give more of it");
        }
        if (found.isEmpty()) {
            throw UseCaseException.notFound("there is no snapshot '" + text + "'");
        }
        return found.getFirst();
    }

    private KnownSnapshot whole(Actor actor, String text) throws IOException {
        UUID id;
        try {
            id = UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.notFound("'" + text + "' is not the id of a snapshot");
        }
        return engine.snapshot(id)
                .filter(found -> actor.sees(found.nodeName()))
                .orElseThrow(() -> UseCaseException.notFound("there is no snapshot " + id));
    }

    /** As the store has it. */
    StoredSnapshot stored(KnownSnapshot snapshot) throws IOException {
        StoredSnapshot known = snapshot.stored();
        return known != null
                ? known
                : engine.store()
                        .manifests()
                        .find(snapshot.node(), snapshot.id())
                        .orElseThrow(() -> UseCaseException.notFound("there is no snapshot " + snapshot.id()));
    }
}
