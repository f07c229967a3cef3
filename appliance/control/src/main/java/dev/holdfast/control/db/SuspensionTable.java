package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Nodes from which the appliance takes no backups until an administrator resumes them, since they sent what no client sends.
 * They may still restore. Safe for use by several threads.
 */
public final class SuspensionTable {
    private final ControlDb db;

    SuspensionTable(ControlDb db) {
        this.db = db;
    }

    /** @param since ms since 1970 */
    public record Suspension(
            long since, String reason, @Nullable Phrase phrase) {}

    /** Returns whether the node was not suspended before; an earlier reason stays. */
    public boolean suspend(int node, Phrase reason) throws IOException {
        return db.update(
                        "INSERT OR IGNORE INTO suspension(node_id, since, reason, reason_phrase) VALUES (?, ?, ?, ?)",
                        node,
                        db.now(),
                        reason.english(),
                        PhraseJson.write(reason))
                == 1;
    }

    public Optional<Suspension> find(int node) throws IOException {
        return db
                .read(
                        row -> new Suspension(
                                row.getLong(1),
                                row.getString(2),
                                PhraseJson.read(row.getString(3)).orElse(null)),
                        "SELECT since, reason, reason_phrase FROM suspension WHERE node_id = ?",
                        node)
                .stream()
                .findFirst();
    }

    /** Closes the events too; returns whether it was suspended. */
    public boolean resume(int node) throws IOException {
        boolean suspended = db.update("DELETE FROM suspension WHERE node_id = ?", node) == 1;
        db.events().close(EventKinds.NODE_SUSPENDED, node);
        return suspended;
    }
}
