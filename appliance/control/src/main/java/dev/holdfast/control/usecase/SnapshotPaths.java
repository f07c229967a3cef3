package dev.holdfast.control.usecase;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
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
            throw UseCaseException.invalid(
                    Phrase.of("path.wrong").with("path", text).with("reason", e));
        }
    }

    /** In the order of the tree, each once, and nothing below what is selected anyway; the root alone for all. */
    static List<TreePath> parse(@Nullable List<String> texts) throws UseCaseException {
        List<TreePath> paths = new ArrayList<>();
        for (String each : texts == null ? List.<String>of() : texts) {
            if (each == null || each.length() > MOST_CHARACTERS) {
                throw UseCaseException.invalid(Phrase.of("path.too-long").with("most", MOST_CHARACTERS));
            }
            paths.add(parse(each));
        }
        paths = outermost(paths);
        if (paths.isEmpty() || paths.contains(TreePath.ROOT)) {
            return List.of(TreePath.ROOT);
        }
        if (paths.size() > MOST) {
            throw UseCaseException.invalid(Phrase.of("path.too-many").with("most", MOST));
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
                throw new BusyException(Phrase.of("path.slow"));
            }
            if (!each.isRoot() && !tree.has(each)) {
                throw UseCaseException.notFound(
                        Phrase.of("path.not-in-snapshot").with("path", each.toString()));
            }
        }
    }

    /** The audit log keeps the beginning of what somebody else named. */
    static String audited(TreePath path) {
        return AuditTrail.cut(path.toString(), MOST_CHARACTERS);
    }

    static Phrase told(List<TreePath> paths) {
        String first = audited(paths.getFirst());
        return paths.size() == 1
                ? Phrase.plain(first)
                : Phrase.of("path.and-more").with("path", first).with("more", paths.size() - 1);
    }

    static String named(List<TreePath> paths) {
        return audited(paths.getFirst()) + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }
}
