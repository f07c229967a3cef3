package dev.holdfast.store.gc;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.Vault;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks what snapshots refer to: reports, pages, and the chunks that pages list. A page that several of a node's snapshots
 * share is read once. Used by one thread.
 */
final class References {
    private static final int PAGES_AT_ONCE = 128;

    private final Vault vault;
    private final ChunkIndex index;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final Pace pace;

    References(Vault vault, ChunkIndex index, Manifests manifests, ChunkReader reader, Pace pace) {
        this.vault = vault;
        this.index = index;
        this.manifests = manifests;
        this.reader = reader;
        this.pace = pace;
    }

    /** Told of each chunk that is referred to, of most of them several times. */
    interface Visitor {
        void chunk(ChunkId id) throws IOException;
    }

    /**
     * Visits what these snapshots refer to.
     *
     * @throws IOException where a page cannot be read: nobody knows then what may go
     */
    void visit(List<StoredSnapshot> snapshots, Visitor visitor, Progress progress) throws IOException {
        Set<Digest> seen = new HashSet<>();
        int node = -1;
        int done = 0;
        for (StoredSnapshot snapshot : snapshots.stream()
                .sorted(Comparator.comparingInt(StoredSnapshot::node))
                .toList()) {
            if (snapshot.node() != node) {
                node = snapshot.node();
                seen.clear();
            }
            visit(snapshot, seen, visitor);
            progress.step("snapshots", ++done, snapshots.size());
        }
    }

    private void visit(StoredSnapshot snapshot, Set<Digest> seen, Visitor visitor) throws IOException {
        for (Digest digest : SnapshotSummary.parse(snapshot.summary()).report()) {
            visitor.chunk(vault.chunkId(digest));
        }
        try (ManifestFile manifest = manifests.open(snapshot)) {
            for (int at = 0; at < snapshot.pages(); ) {
                List<PageRef> pages = manifest.pages(at, snapshot.pages());
                at += pages.size();
                List<Digest> fresh = new ArrayList<>();
                for (PageRef page : pages) {
                    if (seen.add(page.digest())) {
                        fresh.add(page.digest());
                    }
                }
                for (int from = 0; from < fresh.size(); from += PAGES_AT_ONCE) {
                    List<Digest> some = fresh.subList(from, Math.min(fresh.size(), from + PAGES_AT_ONCE));
                    pace.work(() -> pages(snapshot, some, visitor));
                }
            }
        } catch (NoSuchFileException e) {
            // Forgotten meanwhile. What it alone referred to is collected the next time.
            if (manifests.find(snapshot.node(), snapshot.id()).isPresent()) {
                throw e;
            }
        }
    }

    private void pages(StoredSnapshot snapshot, List<Digest> digests, Visitor visitor) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<@Nullable Location> locations = index.find(ids);
        List<ChunkReader.Wanted> wanted = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            wanted.add(new ChunkReader.Wanted(i, digests.get(i), ids.get(i), locations.get(i)));
        }
        for (List<ChunkReader.Wanted> run : reader.plan(wanted)) {
            for (ChunkReader.Result result : reader.read(run)) {
                Digest digest = digests.get(result.position());
                byte[] page;
                try {
                    page = ChunkReader.verified(digest, result);
                } catch (IOException e) {
                    throw new IOException(
                            "snapshot " + snapshot.id()
                                    + " has a damaged page, so nobody knows what it needs; nothing is"
                                    + " collected. Run check; heal or forget it: " + e.getMessage(),
                            e);
                }
                visitor.chunk(ids.get(result.position()));
                for (Digest chunk : Page.parse(page).chunks()) {
                    visitor.chunk(vault.chunkId(chunk));
                }
            }
        }
    }
}
