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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
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

    /** Told of pages, and what they list; a report counts as a page of one chunk. */
    interface PageVisitor {
        /**
         * A page that none of the node's snapshots before this one has.
         *
         * @param chunks itself, and those that it lists
         * @param alone whether none behind has it either
         */
        void page(StoredSnapshot snapshot, Digest page, List<ChunkId> chunks, boolean alone) throws IOException;

        /** A page of a snapshot, whoever else has it. */
        void has(StoredSnapshot snapshot, Digest page);
    }

    /** As {@link #visit}, page by page and node by node; reads twice which pages there are. */
    void visitPages(List<StoredSnapshot> snapshots, PageVisitor visitor, Progress progress) throws IOException {
        Map<Integer, List<StoredSnapshot>> nodes = new TreeMap<>();
        snapshots.forEach(each ->
                nodes.computeIfAbsent(each.node(), node -> new ArrayList<>()).add(each));
        int done = 0;
        for (List<StoredSnapshot> ofNode : nodes.values()) {
            Set<Digest> once = new HashSet<>();
            Set<Digest> shared = new HashSet<>();
            for (StoredSnapshot each : ofNode) {
                eachPage(each, page -> {
                    if (!once.add(page)) {
                        shared.add(page);
                    }
                });
            }
            once.clear();
            for (StoredSnapshot each : ofNode) {
                visit(each, once, (page, chunks) -> visitor.page(each, page, chunks, !shared.contains(page)));
                eachPage(each, page -> visitor.has(each, page));
                progress.step("snapshots", ++done, snapshots.size());
            }
        }
    }

    private void eachPage(StoredSnapshot snapshot, Consumer<Digest> visitor) throws IOException {
        SnapshotSummary.parse(snapshot.summary()).report().forEach(visitor);
        try (ManifestFile manifest = manifests.open(snapshot)) {
            for (int at = 0; at < snapshot.pages(); ) {
                List<PageRef> pages = manifest.pages(at, snapshot.pages());
                at += pages.size();
                pages.forEach(page -> visitor.accept(page.digest()));
            }
        } catch (NoSuchFileException e) {
            requireForgotten(snapshot, e);
        }
    }

    /** A page, or report, and the ids of itself and of what it lists. */
    private interface FreshPage {
        void page(Digest page, List<ChunkId> chunks) throws IOException;
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
            visit(snapshot, seen, (page, chunks) -> {
                for (ChunkId chunk : chunks) {
                    visitor.chunk(chunk);
                }
            });
            progress.step("snapshots", ++done, snapshots.size());
        }
    }

    private void visit(StoredSnapshot snapshot, Set<Digest> seen, FreshPage visitor) throws IOException {
        for (Digest digest : SnapshotSummary.parse(snapshot.summary()).report()) {
            if (seen.add(digest)) {
                visitor.page(digest, List.of(vault.chunkId(digest)));
            }
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
            requireForgotten(snapshot, e);
        }
    }

    /** What a snapshot alone referred to that was forgotten meanwhile is collected the next time. */
    private void requireForgotten(StoredSnapshot snapshot, NoSuchFileException missing) throws IOException {
        if (manifests.find(snapshot.node(), snapshot.id()).isPresent()) {
            throw missing;
        }
    }

    private void pages(StoredSnapshot snapshot, List<Digest> digests, FreshPage visitor) throws IOException {
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
                List<ChunkId> chunks = new ArrayList<>();
                chunks.add(ids.get(result.position()));
                Page.parse(page).chunks().forEach(chunk -> chunks.add(vault.chunkId(chunk)));
                visitor.page(digest, chunks);
            }
        }
    }
}
