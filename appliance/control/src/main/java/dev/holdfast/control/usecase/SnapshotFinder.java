package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Finds the snapshot that somebody names. */
record SnapshotFinder(ControlDb control, Engine engine) {
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
        for (Node each : control.nodes().list()) {
            Optional<KnownSnapshot> found = engine.snapshot(each.id(), id);
            if (found.isPresent() && actor.sees(each.name())) {
                return found.get();
            }
        }
        throw UseCaseException.notFound("there is no snapshot " + id);
    }

    /** As the store has it. */
    StoredSnapshot stored(KnownSnapshot snapshot) throws IOException {
        return engine.store()
                .manifests()
                .find(snapshot.node(), snapshot.id())
                .orElseThrow(() -> UseCaseException.notFound("there is no snapshot " + snapshot.id()));
    }
}
