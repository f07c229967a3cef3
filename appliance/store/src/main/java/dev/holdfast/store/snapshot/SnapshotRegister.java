package dev.holdfast.store.snapshot;

import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Enters snapshots whose manifests are in place into the index, and deletes manifest and entry of those that are forgotten. A
 * snapshot exists exactly when its file does; a summary in the index without a file means that the file was lost. Safe for use
 * by several threads.
 */
final class SnapshotRegister {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final ManifestFiles files;
    /**
     * Held while a snapshot is forgotten, and while one is entered whose file was found: between the steps of forgetting a
     * file is there that the index does not know.
     */
    private final ReentrantLock entering = new ReentrantLock();

    SnapshotRegister(StoreParts parts, ManifestFiles files) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.files = files;
    }

    /** Enters snapshots whose files are in their places, or come later. */
    void enter(List<StoredSnapshot> snapshots) throws IOException {
        try (ChunkIndex.Batch batch = index.batch()) {
            for (StoredSnapshot each : snapshots) {
                batch.snapshot(each.node(), each.id(), each.encode());
            }
            batch.commit();
        }
    }

    /**
     * Enters the snapshot of a file that was found, where the index does not know it.
     *
     * @throws NoSuchFileException where it was forgotten meanwhile
     */
    void enter(ManifestFiles.Name name) throws IOException {
        entering.lock();
        try {
            if (index.snapshot(name.node(), name.id()) != null) {
                return;
            }
            StoredSnapshot snapshot;
            try (ManifestFile manifest = new ManifestFile(disk, name.file(), vault)) {
                snapshot = manifest.snapshot();
            }
            enter(List.of(snapshot));
        } finally {
            entering.unlock();
        }
    }

    /**
     * Enters a snapshot whose file was put in its place.
     *
     * @param known whether it was listed before; if it is not any more it was forgotten meanwhile, and its file goes
     */
    void enterHealed(StoredSnapshot snapshot, boolean known) throws IOException {
        entering.lock();
        try {
            if (known && index.snapshot(snapshot.node(), snapshot.id()) == null) {
                // Forgotten at this moment; where it was put in its place before that, it is gone already.
                Path file = files.path(snapshot.node(), snapshot.id());
                if (Files.exists(file)) {
                    disk.delete(file);
                }
                return;
            }
            enter(List.of(snapshot));
        } finally {
            entering.unlock();
        }
    }

    /** Deletes a snapshot for good. */
    void forget(StoredSnapshot snapshot) throws IOException {
        entering.lock();
        try {
            // In this order: a summary whose file is missing was lost, not forgotten, and its data are kept.
            try (ChunkIndex.Batch batch = index.batch()) {
                batch.removeSnapshot(snapshot.node(), snapshot.id()).commit();
            }
            disk.delete(files.path(snapshot.node(), snapshot.id()));
        } catch (NoSuchFileException e) {
            // Gone already, or never come: forgetting is what was asked for.
            return;
        } finally {
            entering.unlock();
        }
        disk.syncDirectory(files.directory(snapshot.node()));
    }
}
