package dev.holdfast.control.policy;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
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
    static Optional<Phrase> suspicion(List<Map<TreePath, SourceMount>> before, Map<TreePath, SourceMount> now) {
        List<Phrase> told = new ArrayList<>();
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
            Phrase more = Phrase.of("attack.more-sources").with("count", told.size() - MOST_TOLD);
            told = new ArrayList<>(told.subList(0, MOST_TOLD));
            told.add(more);
        }
        return switch (told.size()) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(told.getFirst());
            default -> Optional.of(Phrase.of("attack.sources").with("sources", told));
        };
    }

    private static Phrase told(SourceMount before, SourceMount now) {
        boolean above = before.mountPoint().startsWith(now.mountPoint());
        Phrase told = inside(before, now)
                ? Phrase.of("attack.source-inside")
                        .with("inside", before.inside().toString())
                        .with("nowInside", now.inside().toString())
                : before.mountPoint().equals(now.mountPoint())
                        ? Phrase.of("attack.source-other-disk")
                        : above ? Phrase.of("attack.source-not-mounted") : Phrase.of("attack.source-elsewhere");
        return told.with("source", now.path().toString())
                .with("before", before.fileSystem())
                .with("mount", before.mountPoint().toString())
                .with("now", now.fileSystem())
                .with("nowMount", now.mountPoint().toString());
    }

    /** Whether both are on one file system. */
    private static boolean inside(SourceMount before, SourceMount now) {
        return !before.identity().isEmpty() && before.identity().equals(now.identity());
    }
}
