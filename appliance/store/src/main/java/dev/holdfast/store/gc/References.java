package dev.holdfast.store.gc;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
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
    private static final System.Logger LOG = System.getLogger(References.class.getName());
    private static final int PAGES_AT_ONCE = 128;
    /** Pages that are remembered as read: some 50 MB. Beyond, some are read again. */
    private static final int MAX_SEEN = 500_000;

    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final Pace pace;

    References(StoreParts parts, Manifests manifests, ChunkReader reader, Pace pace) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.manifests = manifests;
        this.reader = reader;
        this.pace = pace;
    }

    /** Told of each chunk that is referred to, of most of them several times. */
    interface ChunkVisitor {
        void chunk(ChunkId id) throws IOException;
    }

    /** Told also of what cannot be read. */
    interface Visitor extends ChunkVisitor {
        /**
         * A manifest or a page of a snapshot cannot be read, so that the snapshot may refer to any chunk that its node owns; to
         * others it cannot.
         */
        void unreadable(StoredSnapshot snapshot, IOException cause) throws IOException;
    }

    /** Told of pages, and what they list; a report counts as a page of one chunk. */
    interface PageVisitor {
        /**
         * A page that none of the node's snapshots before this one has.
         *
         * @param chunks itself, and those that it lists
         * @param alone whether no later one has it either
         */
        void page(StoredSnapshot snapshot, Digest page, List<ChunkId> chunks, boolean alone) throws IOException;

        /** A page of a snapshot, whether or not another one has it. */
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
                    // An estimate beyond: a page that is not known to be shared counts as its snapshot's own.
                    if (once.size() < MAX_SEEN && !once.add(page)) {
                        shared.add(page);
                    }
                });
            }
            once.clear();
            for (StoredSnapshot each : ofNode) {
                visit(each, once, new FreshPage() {
                    @Override
                    public void page(Digest page, List<ChunkId> chunks) throws IOException {
                        visitor.page(each, page, chunks, !shared.contains(page));
                    }

                    @Override
                    public void unreadable(IOException cause) {
                        // The sum leaves it out; the scrub reports the damage.
                    }
                });
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
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "snapshot " + snapshot.id() + " is not counted: " + e.getMessage());
        }
    }

    /** A page, or report, and the ids of itself and of what it lists. */
    private interface FreshPage {
        void page(Digest page, List<ChunkId> chunks) throws IOException;

        void unreadable(IOException cause) throws IOException;
    }

    /** Visits what these snapshots refer to. */
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
            visit(snapshot, seen, new FreshPage() {
                @Override
                public void page(Digest page, List<ChunkId> chunks) throws IOException {
                    for (ChunkId chunk : chunks) {
                        visitor.chunk(chunk);
                    }
                }

                @Override
                public void unreadable(IOException cause) throws IOException {
                    visitor.unreadable(snapshot, cause);
                }
            });
            progress.step("snapshots", ++done, snapshots.size());
        }
    }

    private void visit(StoredSnapshot snapshot, Set<Digest> seen, FreshPage visitor) throws IOException {
        try {
            for (Digest digest : SnapshotSummary.parse(snapshot.summary()).report()) {
                if (seen.add(digest)) {
                    visitor.page(digest, List.of(vault.chunkId(digest)));
                }
            }
        } catch (FormatException e) {
            visitor.unreadable(e);
        }
        try (ManifestFile manifest = open(snapshot, visitor)) {
            int at = 0;
            while (manifest != null && at < snapshot.pages()) {
                List<PageRef> pages;
                try {
                    pages = manifest.pages(at, snapshot.pages());
                } catch (IOException e) {
                    visitor.unreadable(e);
                    return;
                }
                at += pages.size();
                visitFresh(pages, seen, visitor);
            }
        }
    }

    /** Null where it cannot be read, or was forgotten meanwhile. */
    private @Nullable ManifestFile open(StoredSnapshot snapshot, FreshPage visitor) throws IOException {
        IOException failure;
        try {
            return manifests.open(snapshot);
        } catch (NoSuchFileException e) {
            failure = new IOException("its manifest is missing, though it was not forgotten", e);
        } catch (IOException e) {
            failure = e;
        }
        // What a snapshot alone referred to that was forgotten meanwhile is collected the next time.
        if (manifests.find(snapshot.node(), snapshot.id()).isPresent()) {
            visitor.unreadable(failure);
        }
        return null;
    }

    private void visitFresh(List<PageRef> listed, Set<Digest> seen, FreshPage visitor) throws IOException {
        List<Digest> fresh = new ArrayList<>();
        if (seen.size() >= MAX_SEEN) {
            seen.clear();
        }
        for (PageRef page : listed) {
            if (seen.add(page.digest())) {
                fresh.add(page.digest());
            }
        }
        for (int from = 0; from < fresh.size(); from += PAGES_AT_ONCE) {
            List<Digest> some = fresh.subList(from, Math.min(fresh.size(), from + PAGES_AT_ONCE));
            pace.work(() -> pages(some, visitor));
        }
    }

    private void pages(List<Digest> digests, FreshPage visitor) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<@Nullable Location> locations = index.find(ids);
        List<ChunkReader.Wanted> wanted = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            wanted.add(new ChunkReader.Wanted(i, digests.get(i), ids.get(i), locations.get(i)));
        }
        for (List<ChunkReader.Wanted> run : reader.plan(wanted)) {
            for (ChunkReader.Result result : reader.read(run)) {
                page(digests.get(result.position()), ids.get(result.position()), result, visitor);
            }
        }
    }

    private void page(Digest digest, ChunkId id, ChunkReader.Result result, FreshPage visitor) throws IOException {
        List<ChunkId> chunks = new ArrayList<>();
        // Itself, whatever is wrong with it.
        chunks.add(id);
        @Nullable IOException damage = null;
        try {
            Page.parse(reader.verified(digest, result)).chunks().forEach(chunk -> chunks.add(vault.chunkId(chunk)));
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            damage = e;
        }
        visitor.page(digest, chunks);
        if (damage != null) {
            visitor.unreadable(new IOException("a damaged page: " + damage.getMessage(), damage));
        }
    }
}
