package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds out which names that the walk meets belong to one file. Used by the walk's thread. */
final class LinkTracker {
    private final Problems problems;
    private final long started;
    /** Files with several names of which some are still to come. */
    private final Map<FileIdentity, Shared> files = new HashMap<>();

    private int generations;

    /**
     * A file with several names.
     *
     * @param state as the first name had it
     * @param left how many names are still to come
     */
    private record Shared(Stat state, int left, int generation) {}

    /**
     * A further name of a file.
     *
     * @param generation of the file, as {@link #first} gave it
     * @param last whether all names of the file were seen
     */
    record FurtherName(int generation, boolean last) {}

    /** @param started when the backup began, ms since 1970 */
    LinkTracker(Problems problems, long started) {
        this.problems = problems;
        this.started = started;
    }

    /** What a name refers to that came before; null where it is a file's first name, or the file changed meanwhile. */
    @Nullable
    FurtherName further(Stat stat) {
        FileIdentity identity = FileIdentity.of(stat);
        Shared shared = files.get(identity);
        if (shared == null || !shared.state.sameState(stat)) {
            return null;
        }
        boolean last = shared.left == 1;
        if (last) {
            files.remove(identity);
        } else {
            files.put(identity, new Shared(shared.state, shared.left - 1, shared.generation));
        }
        return new FurtherName(shared.generation, last);
    }

    /**
     * Notes the first name of a file that has several.
     *
     * @return a number that tells this file from one that had the same device and inode number earlier in the walk. Where
     *     that one is forgotten, since all its names were seen, the file has another name only if it changed after the walk
     *     began
     */
    int first(TreePath path, Stat stat) {
        FileIdentity identity = FileIdentity.of(stat);
        Shared shared = files.get(identity);
        if (shared != null && shared.state.sameFile(stat)) {
            problems.add(path, Problem.Kind.CHANGED, ManifestBuilder.NO_LONGER_LINKED);
        }
        boolean first = shared == null && Ticks.millis(stat.ctime()) < started - Ticks.millis(stat);
        int generation = first ? 0 : 1 + generations++ % FileJob.MAX_GENERATION;
        files.put(identity, new Shared(stat, stat.links() - 1, generation));
        return generation;
    }
}
