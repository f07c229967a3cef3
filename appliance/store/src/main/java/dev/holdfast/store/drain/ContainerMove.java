package dev.holdfast.store.drain;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.DiskCopy;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Moves single containers to another volume. A copy gets its name only once it was synced and read back whole, and the index
 * points to it before the old file is deleted: after a crash both may be there, of which the next start deletes one. Used by
 * one thread.
 */
final class ContainerMove {
    private final StoreParts parts;
    private final Volumes volumes;
    private final ChunkReader reader;

    ContainerMove(StoreParts parts, ChunkReader reader) {
        this.parts = parts;
        this.volumes = parts.volumes();
        this.reader = reader;
    }

    /** How a container came to its new place. */
    enum Moved {
        WHOLE,
        /** It is damaged, and no archive has it: what is whole in it moved along. */
        DAMAGED,
        /** Nothing moved: it was evicted or deleted meanwhile. */
        GONE
    }

    /**
     * Moves a container off a volume that can be read.
     *
     * @throws IOException where it can neither be read nor had from the archive; it stays where it is
     */
    Moved fromVolume(int number, int from, int to) throws IOException {
        Path old = volumes.containerPath(from, number);
        Path draft = newDraft(to, number);
        try {
            Moved how = copyOrFetch(number, old, draft);
            if (!enter(number, from, to, draft)) {
                discard(draft);
                return Moved.GONE;
            }
            reader.forget(number);
            deleteMoved(old);
            return how;
        } catch (NoSuchFileException e) {
            discard(draft, e);
            if (isAt(number, from)) {
                throw e;
            }
            return Moved.GONE;
        } catch (IOException e) {
            discard(draft, e);
            throw e;
        }
    }

    /**
     * Puts the archive's copy of a container in place of one on a volume that was given up.
     *
     * @throws NoSuchFileException where the archive does not hold it
     */
    void fromArchive(int number, int from, int to) throws IOException {
        Path draft = newDraft(to, number);
        try {
            fetch(number, draft);
            if (!enter(number, from, to, draft)) {
                discard(draft);
            }
        } catch (IOException e) {
            discard(draft, e);
            throw e;
        }
        reader.forget(number);
    }

    private Path newDraft(int to, int number) throws IOException {
        Path draft = Volumes.draft(volumes.prepareContainer(to, number));
        Files.deleteIfExists(draft);
        return draft;
    }

    private Moved copyOrFetch(int number, Path old, Path draft) throws IOException {
        IOException damage;
        try {
            DiskCopy.make(parts.disk(), draft, parts.disk().open(old, false));
            requireWhole(draft);
            return Moved.WHOLE;
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            damage = e;
        }
        discard(draft);
        try {
            fetch(number, draft);
            return Moved.WHOLE;
        } catch (IOException e) {
            damage.addSuppressed(e);
        }
        discard(draft);
        if (!(damage instanceof FormatException) || isWhole(old)) {
            // The disk it lies on, or the one it goes to, cannot be relied on.
            throw damage;
        }
        DiskCopy.make(parts.disk(), draft, parts.disk().open(old, false));
        reader.report(number, damage);
        return Moved.DAMAGED;
    }

    private void fetch(int number, Path draft) throws IOException {
        DiskCopy.make(parts.disk(), draft, parts.archive().open(number));
        requireWhole(draft);
    }

    private void requireWhole(Path file) throws IOException {
        try (ContainerReader copy = ContainerReader.open(parts.disk(), file, parts.vault(), false)) {
            copy.verifyHash();
        }
    }

    private boolean isWhole(Path file) {
        try {
            requireWhole(file);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns false where the container is not on its old volume any more. */
    private boolean enter(int number, int from, int to, Path draft) throws IOException {
        Path file = volumes.containerPath(to, number);
        boolean[] entered = new boolean[1];
        ChunkIndex index = parts.index();
        index.exclusively(() -> {
            ContainerInfo now = index.container(number);
            if (now == null || now.volume() != from) {
                return;
            }
            parts.disk().rename(draft, file);
            parts.disk().syncDirectory(Objects.requireNonNull(file.getParent()));
            try (ChunkIndex.Batch batch = index.batch()) {
                batch.container(number, new ContainerInfo(to, now.frames(), now.bytes()))
                        .commit();
            }
            entered[0] = true;
        });
        return entered[0];
    }

    private boolean isAt(int number, int volume) throws IOException {
        ContainerInfo now = parts.index().container(number);
        return now != null && now.volume() == volume;
    }

    private void deleteMoved(Path file) throws IOException {
        try {
            parts.disk().delete(file);
            parts.disk().syncDirectory(Objects.requireNonNull(file.getParent()));
        } catch (NoSuchFileException e) {
            // It was removed by hand.
        } catch (IOException e) {
            throw new IOException("it was moved, and its old file could not be deleted: " + e.getMessage(), e);
        }
    }

    private void discard(Path draft) throws IOException {
        if (Files.exists(draft)) {
            parts.disk().delete(draft);
        }
    }

    private void discard(Path draft, IOException cause) {
        try {
            discard(draft);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
