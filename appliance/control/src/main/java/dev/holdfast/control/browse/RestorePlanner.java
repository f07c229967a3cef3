package dev.holdfast.control.browse;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a restore would move, and from where, before it is ordered. Bounded in time and memory: where a selection is larger,
 * it says that its figures are of a part. One thread's.
 */
public final class RestorePlanner {
    /** How the first vault keeps a container; empty where it does not have it. */
    public interface VaultClasses {
        Optional<StorageClass> of(int container) throws IOException;
    }

    private static final int BATCH = 512;
    private static final int SHOWN_DAMAGED = 100;
    private static final int MOST_CHUNKS = 2_000_000;

    private final Store store;
    private final VaultClasses vault;
    private final StoredSnapshot snapshot;
    private final long until;
    private final Set<Digest> seen = new HashSet<>();
    private final List<Digest> batch = new ArrayList<>();
    private final Map<Integer, Optional<StorageClass>> away = new HashMap<>();
    private long files;
    private long bytes;
    private long local;
    private long cloud;
    private long frozen;
    private long lost;
    /** Whether a list of files cannot be read. */
    private boolean gaps;

    public RestorePlanner(Store store, VaultClasses vault, StoredSnapshot snapshot, long until) {
        this.store = store;
        this.vault = vault;
        this.snapshot = snapshot;
        this.until = until;
    }

    /**
     * What it would take.
     *
     * @param bytes of files
     * @param localBytes as stored on the volumes; {@code cloudBytes} only in the vault, {@code frozenBytes} of them must thaw first
     * @param lostChunks that are nowhere
     * @param seconds by the slower of the profile's rate and what rehearsals measured; the thaw comes on top
     * @param thaw how long thawing usually takes, empty where nothing must
     * @param complete whether everything selected was looked at
     * @param damagedFiles that are known to be damaged, of those selected; they would be left out
     * @param damaged the first of them
     */
    public record Plan(
            long files,
            long bytes,
            long localBytes,
            long cloudBytes,
            long frozenBytes,
            long lostChunks,
            long seconds,
            String thaw,
            boolean complete,
            long damagedFiles,
            List<String> damaged) {}

    public Plan plan(SnapshotTree tree, List<TreePath> paths, double bytesPerSecond, DamagedPaths known)
            throws IOException {
        List<String> damaged = known.of(paths);
        boolean complete = true;
        for (TreePath path : paths) {
            TreeCursor cursor = tree.cursorOverDamage((page, cause) -> gaps = true);
            cursor.seek(path);
            for (TreeCursor.Entry entry = cursor.nextWithin(path);
                    entry != null && complete;
                    entry = cursor.nextWithin(path)) {
                switch (entry.node()) {
                    case Node.RegularFile file -> {
                        files++;
                        bytes += file.attributes().size();
                        take(file.content());
                    }
                    case Node.More(Content content) -> take(content);
                    default -> {}
                }
                complete = System.nanoTime() < until && seen.size() < MOST_CHUNKS;
            }
        }
        look();
        return new Plan(
                files,
                bytes,
                local,
                cloud,
                frozen,
                lost,
                bytes == 0 ? 0 : Math.max(1, Math.round(bytes / bytesPerSecond)),
                frozen == 0
                        ? ""
                        : (away.containsValue(Optional.of(StorageClass.COLD_ARCHIVE))
                                        ? StorageClass.COLD_ARCHIVE
                                        : StorageClass.ARCHIVE)
                                .thawsWithin(),
                complete && !gaps,
                damaged.size(),
                damaged.subList(0, Math.min(damaged.size(), SHOWN_DAMAGED)));
    }

    private void take(Content content) throws IOException {
        for (Extent extent : content.extents()) {
            if (seen.add(extent.chunk())) {
                batch.add(extent.chunk());
                if (batch.size() == BATCH) {
                    look();
                }
            }
        }
    }

    private void look() throws IOException {
        for (ChunkReader.Wanted each : store.reader().locate(snapshot.node(), batch)) {
            Location location = each.location();
            if (location == null) {
                lost++;
            } else if (!isAway(location.container())) {
                local += location.storedLength();
            } else {
                cloud += location.storedLength();
                boolean cold = away.getOrDefault(location.container(), Optional.empty())
                        .map(StorageClass::frozen)
                        .orElse(false);
                frozen += cold ? location.storedLength() : 0;
            }
        }
        batch.clear();
    }

    private final Map<Integer, Boolean> archived = new HashMap<>();

    private boolean isAway(int container) throws IOException {
        Boolean known = archived.get(container);
        if (known == null) {
            known = store.archiving().isArchived(container);
            archived.put(container, known);
            if (known) {
                away.put(container, vault.of(container));
            }
        }
        return known;
    }
}
