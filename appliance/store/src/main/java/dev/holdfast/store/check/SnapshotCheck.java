package dev.holdfast.store.check;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.ManifestPages;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks that snapshots are complete: their manifests, pages, and the chunks that they refer to. Then names the snapshots and
 * paths that findings affect. Used by one thread.
 */
final class SnapshotCheck {
    /** Each may list hundreds of files. */
    static final int MAX_HURT_PAGES = 100_000;

    private static final int MAX_HURTS_PER_FINDING = 1000;

    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Manifests manifests;
    private final ChunkReader chunks;
    private final Findings findings;

    /** Pages looked at, by node, since ownership differs. */
    private final Set<OwnedPage> checkedPages = new HashSet<>();

    private final Set<ChunkId> hurtPages = new HashSet<>();

    private record OwnedPage(int node, Digest page) {}

    SnapshotCheck(StoreParts parts, Manifests manifests, ChunkReader chunks, Findings findings) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.manifests = manifests;
        this.chunks = chunks;
        this.findings = findings;
    }

    /** Checks a manifest, and of its pages those that were not checked before. */
    void check(Path file) throws IOException {
        try (ManifestFile manifest = manifests.open(file)) {
            manifest.verifyHash();
            int node = manifest.snapshot().node();
            requirePresent(
                    file,
                    node,
                    SnapshotSummary.parse(manifest.snapshot().summary()).report());
            int total = manifest.snapshot().pages();
            for (int at = 0; at < total; ) {
                List<PageRef> pages = manifest.pages(at, total);
                at += pages.size();
                for (PageRef page : pages) {
                    if (checkedPages.add(new OwnedPage(node, page.digest()))) {
                        checkPage(file, node, page);
                    }
                }
            }
        } catch (IOException e) {
            if (!String.valueOf(file.getFileName()).endsWith(".open")) {
                findings.add(Finding.Kind.MANIFEST, file, e.getMessage());
            }
        }
    }

    private void checkPage(Path manifest, int node, PageRef page) throws IOException {
        try {
            List<Digest> listed = Page.parse(chunks.readVerified(page.digest())).chunks();
            requirePresent(manifest, node, listed);
            if (hurtPages.size() < MAX_HURT_PAGES
                    && listed.stream().map(vault::chunkId).anyMatch(findings.bad()::containsKey)) {
                hurtPages.add(vault.chunkId(page.digest()));
            }
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            ChunkId id = vault.chunkId(page.digest());
            findings.bad().computeIfAbsent(id, missing -> findings.add(Finding.Kind.PAGE, manifest, e.getMessage()));
        }
    }

    /** The pages looked at that list chunks which cannot be read. */
    Set<ChunkId> hurtPages() {
        return Set.copyOf(hurtPages);
    }

    private void requirePresent(Path manifest, int node, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<@Nullable Location> locations = index.find(ids);
        for (int i = 0; i < ids.size(); i++) {
            Location location = locations.get(i);
            if (location != null && !index.owns(node, ids.get(i), location)) {
                findings.bad()
                        .computeIfAbsent(
                                ids.get(i),
                                id -> findings.add(
                                        Finding.Kind.INDEX,
                                        index.directory(),
                                        "does not know that a node owns chunks of its snapshot "
                                                + manifest.getFileName() + "; run rebuild-index"));
            }
            if (location == null
                    && !findings.bad().containsKey(ids.get(i))
                    && findings.bad().size() < Findings.MAX_BAD_CHUNKS) {
                findings.bad()
                        .put(
                                ids.get(i),
                                findings.add(
                                        Finding.Kind.MISSING_CHUNK,
                                        manifest,
                                        "chunk " + digests.get(i) + " is not in the store"));
            }
        }
    }

    /** Forgetting a snapshot takes it from the index first: one that the index knows and that has no file was lost. */
    void findMissing() throws IOException {
        List<StoredSnapshot> lost = new ArrayList<>();
        index.eachSnapshot((key, value) -> {
            if (!Files.exists(manifests.path(key.node(), key.id()))) {
                lost.add(StoredSnapshot.parse(value));
            }
        });
        for (StoredSnapshot each : lost) {
            findings.add(new Finding(
                    Finding.Kind.MANIFEST,
                    manifests.path(each.node(), each.id()).toString(),
                    "is missing, though the snapshot was not forgotten",
                    List.of(new Finding.Hurt(each.id(), each.node(), each.nodeName(), "/", true))));
        }
    }

    /** Walks a snapshot and notes under each finding what it hurts. */
    void nameHurt(Path file) {
        try (ManifestFile manifest = manifests.open(file)) {
            TreeCursor cursor = new TreeCursor(new ManifestPages(manifest, chunks), (page, cause) -> {
                Finding finding = findings.bad().get(vault.chunkId(page.digest()));
                if (finding != null) {
                    hurt(finding, manifest, page.first().toString(), true);
                }
            });
            for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
                Content content = switch (entry.node()) {
                    case Node.RegularFile regular -> regular.content();
                    case Node.More(Content more) -> more;
                    default -> Content.EMPTY;
                };
                for (Extent extent : content.extents()) {
                    Finding finding = findings.bad().get(vault.chunkId(extent.chunk()));
                    if (finding != null) {
                        hurt(finding, manifest, entry.path().toString(), false);
                    }
                }
            }
        } catch (IOException e) {
            // A manifest that cannot be read has a finding of its own.
        }
    }

    private static void hurt(Finding finding, ManifestFile manifest, String path, boolean more) {
        var snapshot = manifest.snapshot();
        Finding.Hurt hurt = new Finding.Hurt(snapshot.id(), snapshot.node(), snapshot.nodeName(), path, more);
        if (finding.hurts().size() < MAX_HURTS_PER_FINDING && !finding.hurts().contains(hurt)) {
            finding.hurts().add(hurt);
        }
    }
}
