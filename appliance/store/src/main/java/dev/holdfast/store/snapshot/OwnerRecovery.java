package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Learns from the snapshots which nodes own chunks that another node stored first: after the index was rebuilt from the
 * containers, which tell only who stored a chunk first. Used by one thread.
 */
public final class OwnerRecovery {
    /** Pages that are remembered as read: some 50 MB. */
    private static final int MAX_SEEN = 500_000;

    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Manifests manifests;
    private final ChunkReader chunks;
    private final IndexRecovery.Progress progress;
    private boolean ownersKnown = true;

    public OwnerRecovery(StoreParts parts, Manifests manifests, ChunkReader chunks, IndexRecovery.Progress progress) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.manifests = manifests;
        this.chunks = chunks;
        this.progress = progress;
    }

    /**
     * Reads the snapshots' pages.
     *
     * @return whether all of it could be read; otherwise some owners stay unknown
     */
    public boolean recover(List<StoredSnapshot> snapshots) throws IOException {
        long done = 0;
        Set<Digest> seen = new HashSet<>();
        int node = -1;
        for (StoredSnapshot snapshot : snapshots.stream()
                .sorted((a, b) -> Integer.compare(a.node(), b.node()))
                .toList()) {
            if (snapshot.node() != node) {
                node = snapshot.node();
                seen.clear();
            }
            try (ManifestFile manifest = manifests.open(snapshot)) {
                recover(manifest, seen);
            } catch (IndexException e) {
                throw e;
            } catch (IOException e) {
                ownersKnown = false;
                progress.warning("snapshot " + snapshot.id() + ": " + e.getMessage());
            }
            progress.step("snapshots", ++done, snapshots.size());
        }
        return ownersKnown;
    }

    private void recover(ManifestFile manifest, Set<Digest> seen) throws IOException {
        int node = manifest.snapshot().node();
        own(node, SnapshotSummary.parse(manifest.snapshot().summary()).report(), false);
        int total = manifest.snapshot().pages();
        for (int at = 0; at < total; ) {
            List<PageRef> pages = manifest.pages(at, total);
            at += pages.size();
            for (PageRef page : pages) {
                if (seen.size() >= MAX_SEEN) {
                    // Some are read again.
                    seen.clear();
                }
                if (seen.add(page.digest())) {
                    own(node, List.of(page.digest()), true);
                    try {
                        own(node, Page.parse(chunks.readVerified(page.digest())).chunks(), false);
                    } catch (IndexException e) {
                        throw e;
                    } catch (IOException e) {
                        ownersKnown = false;
                        progress.warning("snapshot " + manifest.snapshot().id() + ", page " + page.first() + ": "
                                + e.getMessage());
                    }
                }
            }
        }
    }

    private void own(int node, List<Digest> digests, boolean asPages) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<Location> locations = index.find(ids);
        try (ChunkIndex.Batch batch = index.batch()) {
            for (int i = 0; i < ids.size(); i++) {
                Location location = locations.get(i);
                if (location != null && !index.owns(node, ids.get(i), location)) {
                    batch.owner(node, ids.get(i), Adoption.unknown(asPages));
                }
            }
            batch.commit();
        }
    }
}
