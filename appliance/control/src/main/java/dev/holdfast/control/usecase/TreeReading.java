package dev.holdfast.control.usecase;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.bytes.FormatException;
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
            throw UseCaseException.damaged(
                    "the names of files that are needed here are lost: the list of files of snapshot "
                            + snapshot.id() + " is damaged where it is stored (" + e.getMessage()
                            + "). Take the files from another snapshot. A download or restore of a directory above, or of the whole"
                            + " snapshot, gives what can still be read. For what is damaged: "
                            + control.command("damage"));
        }
    }

    /** Whether a failure means that something stored is damaged or lost. */
    static boolean isDamage(IOException e) {
        return e instanceof NoSuchFileException
                || e instanceof FormatException format && format.problem() == FormatException.Problem.CORRUPT;
    }

    UseCaseException frozen(UUID snapshot) throws IOException {
        return UseCaseException.frozen(
                "something of it is frozen in an archive class of the vault; thaw it first, on the appliance: "
                        + control.command("vault", "thaw", snapshot.toString(), "--wait"));
    }
}
