package dev.holdfast.control.usecase;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Paths that are selected in a snapshot. */
final class SnapshotPaths {
    static final int MOST = 1000;
    static final int MOST_CHARACTERS = 1000;
    /** As long as a search goes on for one answer. */
    static final long SEARCH_NANOS = 10_000_000_000L;

    private SnapshotPaths() {}

    static TreePath parse(String text) throws UseCaseException {
        try {
            return text.isEmpty() || text.equals("/") ? TreePath.ROOT : TreePath.parse(text);
        } catch (FormatException e) {
            throw UseCaseException.invalid("'" + text + "' is not a path: " + e.getMessage());
        }
    }

    /** In the order of the tree, each once, and nothing below what is selected anyway; the root alone for all. */
    static List<TreePath> parse(@Nullable List<String> texts) throws UseCaseException {
        List<TreePath> paths = new ArrayList<>();
        for (String each : texts == null ? List.<String>of() : texts) {
            if (each == null || each.length() > MOST_CHARACTERS) {
                throw UseCaseException.invalid(
                        "a path has up to " + MOST_CHARACTERS + " characters; select its directory instead");
            }
            paths.add(parse(each));
        }
        paths = outermost(paths);
        if (paths.isEmpty() || paths.contains(TreePath.ROOT)) {
            return List.of(TreePath.ROOT);
        }
        if (paths.size() > MOST) {
            throw UseCaseException.invalid("at most " + MOST + " paths; select their directory instead");
        }
        return paths;
    }

    /** In the order of the tree, each once, without what lies below others. What lies below a path follows it in that order. */
    static List<TreePath> outermost(List<TreePath> paths) {
        List<TreePath> outermost = new ArrayList<>();
        for (TreePath each : paths.stream().sorted().toList()) {
            if (outermost.isEmpty() || !each.startsWith(outermost.getLast())) {
                outermost.add(each);
            }
        }
        return outermost;
    }

    static void requireThere(SnapshotTree tree, List<TreePath> paths) throws IOException {
        long until = System.nanoTime() + SEARCH_NANOS;
        for (TreePath each : paths) {
            if (System.nanoTime() >= until) {
                throw new BusyException(
                        "looking for so many paths takes too long at this moment; select their directory instead");
            }
            if (!each.isRoot() && !tree.has(each)) {
                throw UseCaseException.notFound("the snapshot has no " + each);
            }
        }
    }

    /** The audit log keeps the beginning of what somebody else named. */
    static String audited(TreePath path) {
        return AuditTrail.cut(path.toString(), MOST_CHARACTERS);
    }

    static String named(List<TreePath> paths) {
        return audited(paths.getFirst()) + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }
}
