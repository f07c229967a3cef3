package dev.holdfast.control.policy;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Notices that a source lies on another file system than before: a disk that is not mounted, so that its empty mount point
 * was backed up, or another disk in its place. Two snapshots are enough to see that. It goes by what the client reports;
 * older clients report nothing.
 */
final class MovedSources {
    /** A source that is on a file system in this share of its snapshots, or more, changes between several. */
    private static final double USUAL = 0.25;

    private static final int MOST_TOLD = 3;

    private MovedSources() {}

    /**
     * What is suspicious about where the sources lie, if anything.
     *
     * @param before of the same series, the newest first, by source
     */
    static Optional<String> suspicion(List<Map<TreePath, SourceMount>> before, Map<TreePath, SourceMount> now) {
        List<String> told = new ArrayList<>();
        for (SourceMount each : now.values()) {
            List<SourceMount> earlier = before.stream()
                    .map(mounts -> mounts.get(each.path()))
                    .filter(Objects::nonNull)
                    .toList();
            if (earlier.isEmpty() || earlier.getFirst().samePlace(each)) {
                continue;
            }
            long known = earlier.stream().filter(each::samePlace).count();
            if (known < USUAL * earlier.size()) {
                told.add(told(earlier.getFirst(), each));
            }
        }
        if (told.size() > MOST_TOLD) {
            String more = "and " + (told.size() - MOST_TOLD) + " other sources lie elsewhere, too";
            told = new ArrayList<>(told.subList(0, MOST_TOLD));
            told.add(more);
        }
        return told.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", told));
    }

    private static String told(SourceMount before, SourceMount now) {
        String was = now.path() + " was on " + before.fileSystem();
        if (!before.identity().isEmpty() && before.identity().equals(now.identity())) {
            return was + " in its directory " + before.inside() + "; this time it was in " + now.inside()
                    + " of the same file system: a subvolume or a bind mount may not be mounted";
        }
        if (before.mountPoint().equals(now.mountPoint())) {
            return was + ", mounted at " + before.mountPoint() + "; this time " + now.fileSystem()
                    + " was mounted there: it may be another disk";
        }
        String where = "; this time it was on the file system of " + now.mountPoint() + " (" + now.fileSystem() + ")";
        boolean above = before.mountPoint().startsWith(now.mountPoint());
        return was + ", mounted at " + before.mountPoint() + where + (above ? ": the former may not be mounted" : "");
    }
}
