package dev.holdfast.agent.backup;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.LocalManifest;
import dev.holdfast.agent.remote.OwnSnapshots;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot that unchanged files, or blocks of disks, are taken over from.
 *
 * @param snapshot null where there is none: then everything is read
 * @param pages of its manifest; null where there is none
 * @param began when it began, ms since 1970
 * @param local the copy of the manifest that {@code pages} are, if they are one; closed with this object
 * @param own whether this client surely made it: only then is the new snapshot, which takes records over from it, the
 *     client's own work
 */
record PreviousSnapshot(
        @Nullable UUID snapshot,
        TreeCursor.@Nullable Pages pages,
        long began,
        @Nullable LocalManifest local,
        boolean own)
        implements AutoCloseable {
    static final PreviousSnapshot NONE = new PreviousSnapshot(null, null, 0, null, true);

    /** Its records, from the first one on; null where there is none. */
    @Nullable
    PreviousTree tree() {
        return pages == null ? null : new PreviousTree(new TreeCursor(pages), began);
    }

    /** Where the copy of the newest manifest is: one for each set of sources, and for each secret that chunks begin with. */
    static Path copyPath(Path state, List<TreePath> sources, PrivateDedup dedup) {
        StringBuilder key = new StringBuilder();
        sources.forEach(source -> key.append(source).append('\n'));
        if (dedup.active()) {
            // Records of other backups must not be taken over: their chunks may be shared.
            key.append('\n').append(dedup.hex());
        }
        return state.resolve("previous")
                .resolve(HashAlgorithm.SHA_256
                        .digest(key.toString().getBytes(StandardCharsets.UTF_8))
                        .toString()
                        .substring(0, 16));
    }

    /** The newest snapshot of the same sources, from the local copy if that is of the same snapshot. */
    static PreviousSnapshot find(
            Appliance appliance, Path state, List<TreePath> sources, Path copyPath, PrivateDedup dedup)
            throws IOException {
        Appliance.Listed latest = null;
        for (Appliance.Listed candidate : appliance.snapshots()) {
            if (candidate.summary().sources().equals(sources)) {
                latest = candidate;
            }
        }
        if (latest == null) {
            return NONE;
        }
        long began = latest.summary().started();
        OwnSnapshots own = new OwnSnapshots(state);
        try {
            LocalManifest local = LocalManifest.open(copyPath, appliance.hash());
            if (local.snapshot().equals(latest.id())) {
                return new PreviousSnapshot(latest.id(), local, began, local, own.lists(local.snapshot()));
            }
            local.close();
        } catch (IOException e) {
            // No copy, or a damaged one: the appliance has the original.
        }
        if (dedup.active()) {
            // Only the copy proves that the snapshot's chunks begin with the secret.
            return NONE;
        }
        RemoteManifest remote = appliance.open(latest.id(), Purpose.CHANGE_DETECTION);
        return new PreviousSnapshot(latest.id(), remote, began, null, own.made(remote));
    }

    @Override
    public void close() throws IOException {
        if (local != null) {
            local.close();
        }
    }
}
