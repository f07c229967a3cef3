package dev.holdfast.store.archive;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.DiskCopy;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/** Replaces damaged containers on their volumes by the archive's copies. Safe for use by several threads. */
final class ContainerHealing {
    private static final String DRAFT_SUFFIX = ".healed";

    private final StoreParts parts;
    private final ChunkReader reader;
    /** Held from the first byte of a draft to its rename: the scrub and the vault's service use the same file names. */
    private final ReentrantLock healing = new ReentrantLock();

    ContainerHealing(StoreParts parts, ChunkReader reader) {
        this.parts = parts;
        this.reader = reader;
    }

    /** @param file where the container lies */
    void heal(int number, Path file) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + DRAFT_SUFFIX);
        healing.lock();
        try {
            // Of a healing that a crash ended.
            Files.deleteIfExists(draft);
            try {
                DiskCopy.make(parts.disk(), draft, parts.archive().open(number));
                requireWhole(draft);
            } catch (IOException e) {
                discard(draft, e);
                throw e;
            }
            if (!replace(number, draft, file)) {
                parts.disk().delete(draft);
                return;
            }
            parts.disk().syncDirectory(Objects.requireNonNull(file.getParent()));
        } finally {
            healing.unlock();
        }
        reader.forget(number);
    }

    private void requireWhole(Path draft) throws IOException {
        try (ContainerReader copy = ContainerReader.open(parts.disk(), draft, parts.vault(), false)) {
            copy.verifyHash();
            var bad = copy.badFrames(each -> true);
            if (!bad.isEmpty()) {
                throw FormatException.corrupt(
                        "the archive's copy is damaged too: " + bad.getFirst().what());
            }
        }
    }

    private void discard(Path draft, IOException cause) {
        try {
            if (Files.exists(draft)) {
                parts.disk().delete(draft);
            }
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Returns false where the container is not there any more. */
    private boolean replace(int number, Path draft, Path file) throws IOException {
        boolean[] replaced = new boolean[1];
        parts.index().exclusively(() -> {
            ContainerInfo info = parts.index().container(number);
            // It may have been collected, evicted or moved while it was fetched.
            if (info != null
                    && !info.archived()
                    && parts.volumes().containerPath(info.volume(), number).equals(file)) {
                parts.disk().rename(draft, file);
                replaced[0] = true;
            }
        });
        return replaced[0];
    }
}
