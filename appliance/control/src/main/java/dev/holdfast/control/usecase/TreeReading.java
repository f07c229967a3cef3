package dev.holdfast.control.usecase;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.UUID;

/** Reads the lists of files of snapshots. Where they are damaged or frozen, it says so, and what can be done. */
record TreeReading(ControlDb control, Engine engine) {
    /** What is to be read. */
    interface Work<T> {
        T of(SnapshotTree tree) throws IOException;
    }

    <T> T of(StoredSnapshot snapshot, Work<T> work) throws IOException {
        try (SnapshotTree tree = new SnapshotTree(engine.store(), snapshot)) {
            return work.of(tree);
        } catch (FrozenException e) {
            throw frozen(snapshot.id());
        } catch (FormatException | NoSuchFileException e) {
            if (!isDamage(e)) {
                throw e;
            }
            throw UseCaseException.damaged(Phrase.of("snapshot.names-lost")
                    .with("snapshot", snapshot.id().toString())
                    .with("reason", e)
                    .with("command", control.command("damage")));
        }
    }

    /** Whether a failure means that something stored is damaged or lost. */
    static boolean isDamage(IOException e) {
        return e instanceof NoSuchFileException
                || e instanceof FormatException format && format.problem() == FormatException.Problem.CORRUPT;
    }

    UseCaseException frozen(UUID snapshot) throws IOException {
        return UseCaseException.frozen(Phrase.of("snapshot.frozen")
                .with("command", control.command("vault", "thaw", snapshot.toString(), "--wait")));
    }
}
