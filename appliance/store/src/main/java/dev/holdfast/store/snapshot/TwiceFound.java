package dev.holdfast.store.snapshot;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Containers on another volume than the index says: a move between volumes was interrupted, or the file was moved by hand.
 * Of two copies one is deleted, once the other was found whole.
 */
record TwiceFound(Disk disk, VaultKeys vault, ChunkIndex index, Volumes volumes, IndexRecovery.Progress progress) {
    /**
     * Leaves one copy, which the index points to.
     *
     * @param info as the index has it, on another volume than {@code found}
     * @return as the index has it now
     */
    ContainerInfo settle(Volumes.Found found, ContainerInfo info) throws IOException {
        if (found.open() || !Files.exists(found.finalPath())) {
            return info;
        }
        Path indexed = volumes.containerPath(info.volume(), found.number());
        boolean twice = volumes.isReadable(info.volume()) && Files.exists(indexed);
        if (twice && isWhole(indexed)) {
            delete(found.finalPath());
            return info;
        }
        if (!isWhole(found.finalPath())) {
            progress.warning("container " + found.finalPath() + " is damaged, and " + indexed
                    + " is damaged or missing; run check");
            return info;
        }
        ContainerInfo here = new ContainerInfo(found.volume(), info.frames(), Files.size(found.finalPath()));
        try (ChunkIndex.Batch batch = index.batch()) {
            batch.container(found.number(), here).commit();
        }
        if (twice) {
            delete(indexed);
        }
        return here;
    }

    private boolean isWhole(Path file) {
        try (ContainerReader reader = ContainerReader.open(disk, file, vault, false)) {
            reader.verifyHash();
            return true;
        } catch (IOException e) {
            progress.warning(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void delete(Path file) throws IOException {
        disk.delete(file);
        disk.syncDirectory(Objects.requireNonNull(file.getParent()));
    }
}
