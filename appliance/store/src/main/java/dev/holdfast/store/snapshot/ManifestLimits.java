package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** How many snapshots a node may have, and how much room must be left for their manifests. Safe for use by several threads. */
final class ManifestLimits {
    /** Of one node: one every quarter of an hour for 100 days. */
    private static final int MAX_SNAPSHOTS = 10_000;
    /** Of all snapshots of one node, descriptions included. */
    private static final long MAX_SUMMARY_BYTES = 16L << 20;

    private final Disk disk;
    private final ChunkIndex index;
    private final Path root;

    ManifestLimits(StoreParts parts, ManifestFiles files) {
        this.disk = parts.disk();
        this.index = parts.index();
        this.root = files.root();
    }

    /** Throws where the file system of the manifests is nearly full: the control database and the index live there too. */
    void requireRoom() throws IOException {
        Path place = Files.isDirectory(root) ? root : Objects.requireNonNull(root.getParent());
        if (disk.freeBytes(place) < Manifests.MIN_FREE_BYTES) {
            throw new StoreFullException(Phrase.of("full.data-directory")
                    .with("least", Manifests.MIN_FREE_BYTES)
                    .with("place", place.toString()));
        }
    }

    /**
     * Throws where a node has as many snapshots as it may: listing them takes memory for all.
     *
     * @param summaryBytes of one more
     */
    void requireFewer(int node, int summaryBytes) throws IOException {
        long[] count = new long[1];
        long[] bytes = {summaryBytes};
        index.eachSnapshot(node, (key, value) -> {
            count[0]++;
            bytes[0] += value.length;
        });
        if (count[0] >= MAX_SNAPSHOTS || bytes[0] > MAX_SUMMARY_BYTES) {
            throw new StoreFullException(Phrase.of("full.snapshots")
                    .with("snapshots", count[0])
                    .with("bytes", bytes[0])
                    .with("mostSnapshots", MAX_SNAPSHOTS)
                    .with("mostBytes", MAX_SUMMARY_BYTES));
        }
    }
}
