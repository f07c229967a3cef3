package dev.holdfast.store.check;

import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Verifies a store: every container's structure, every manifest and page, that every chunk referred to is there; on
 * demand also every byte. Then names the snapshots and paths that what it found will hurt. Reads only.
 */
public final class Checker {
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Manifests manifests;
    private final Findings findings = new Findings();
    private final ContainerCheck containerCheck;
    private final SnapshotCheck snapshotCheck;

    public Checker(StoreParts parts, Manifests manifests, ChunkReader chunks) {
        this.index = parts.index();
        this.volumes = parts.volumes();
        this.manifests = manifests;
        this.containerCheck = new ContainerCheck(parts, findings);
        this.snapshotCheck = new SnapshotCheck(parts, manifests, chunks, findings);
    }

    /**
     * What a check found.
     *
     * @param chunks frames looked at; with {@code readData} each was decrypted, decompressed and rehashed
     * @param pages those that list chunks which cannot be read; at most {@link SnapshotCheck#MAX_HURT_PAGES}
     */
    public record Report(
            long containers,
            long chunks,
            long snapshots,
            boolean readData,
            List<Finding> findings,
            Set<ChunkId> pages) {}

    /** Told how far the check is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    public Report run(boolean readData, Progress progress) throws IOException {
        return run(number -> readData, readData, progress);
    }

    /** Reads the data of some containers only, and names what is hurt by what is found there and by all else. */
    public Report run(IntPredicate readData, Progress progress) throws IOException {
        return run(readData, false, progress);
    }

    private Report run(IntPredicate readData, boolean all, Progress progress) throws IOException {
        boolean indexWhole = true;
        try {
            index.verify();
        } catch (IOException e) {
            indexWhole = false;
            findings.add(Finding.Kind.INDEX, index.directory(), e.getMessage());
        }
        List<Volumes.Found> containers = volumes.containers();
        long frames = 0;
        long done = 0;
        for (Volumes.Found container : containers) {
            if (!container.open()) {
                frames += containerCheck.check(container, readData.test(container.number()));
            }
            progress.step("containers", ++done, containers.size());
        }
        // What a damaged index says, or fails to say, proves nothing about chunks.
        if (indexWhole) {
            containerCheck.compareWithIndex(containers);
        }
        List<Path> files = manifests.files();
        done = 0;
        for (Path file : files) {
            if (indexWhole) {
                snapshotCheck.check(file);
            }
            progress.step("snapshots", ++done, files.size());
        }
        if (indexWhole) {
            snapshotCheck.findMissing();
        }
        if (!findings.bad().isEmpty()) {
            done = 0;
            for (Path file : files) {
                snapshotCheck.nameHurt(file);
                progress.step("damage", ++done, files.size());
            }
        }
        return new Report(containers.size(), frames, files.size(), all, findings.all(), snapshotCheck.hurtPages());
    }
}
