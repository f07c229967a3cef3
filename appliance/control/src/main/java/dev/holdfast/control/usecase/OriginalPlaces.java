package dev.holdfast.control.usecase;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Orders that bring selected paths back to where they were. A node restores paths below their common parent, into one target:
 * the target of such an order is that parent. Where a node allows several directories, there is an order for each. A selected
 * directory that is itself allowed, but whose parent is not, is replaced by what is in it.
 *
 * @param node whom the orders are for
 * @param allowed below which the node restores by order; empty where it does not tell, so that only it can refuse
 */
record OriginalPlaces(SnapshotTree tree, String node, Optional<List<String>> allowed) {
    /** One order. */
    record Part(String target, List<TreePath> paths) {}

    /** Where paths go, in as few orders as possible. */
    List<Part> of(List<TreePath> wanted) throws IOException {
        if (allowed.isEmpty()) {
            return List.of(new Part(target(wanted), wanted));
        }
        Map<String, List<TreePath>> byDirectory = new LinkedHashMap<>();
        List<TreePath> refused = new ArrayList<>();
        for (TreePath each : wanted) {
            place(each, byDirectory, refused);
        }
        if (!refused.isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("restore.not-to-original")
                    .with("node", node)
                    .with("paths", SnapshotPaths.told(refused))
                    .with("allowed", RestoreTargets.says(allowed.get())));
        }
        List<Part> parts = new ArrayList<>();
        for (List<TreePath> each : byDirectory.values()) {
            parts.add(new Part(target(each), List.copyOf(each)));
        }
        if (parts.isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("restore.nothing-selected"));
        }
        return parts;
    }

    private void place(TreePath path, Map<String, List<TreePath>> byDirectory, List<TreePath> refused)
            throws IOException {
        Optional<List<String>> parent = path.isRoot() ? Optional.of(List.of()) : names(path.parent());
        Optional<List<String>> own = names(path);
        for (String each : allowed.orElse(List.of())) {
            List<String> directory = RestoreTargets.names(each);
            if (parent.isPresent() && RestoreTargets.below(directory, parent.get())) {
                List<TreePath> paths = byDirectory.computeIfAbsent(each, key -> new ArrayList<>());
                paths.add(path);
                if (paths.size() > SnapshotPaths.MOST) {
                    throw UseCaseException.invalid(
                            Phrase.of("restore.many-entries").with("most", SnapshotPaths.MOST));
                }
                return;
            }
        }
        boolean leadsToAllowed = own.isPresent()
                && allowed.orElse(List.of()).stream()
                        .anyMatch(each -> RestoreTargets.below(own.get(), RestoreTargets.names(each)));
        boolean directory = leadsToAllowed
                && tree.find(path)
                        .filter(found -> found.kind().equals("directory"))
                        .isPresent();
        if (!directory) {
            refused.add(path);
            return;
        }
        SnapshotTree.Found inside = tree.list(path, null, SnapshotPaths.MOST + 1);
        if (inside.entries().size() > SnapshotPaths.MOST || !inside.next().isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("restore.large-directory")
                    .with("path", SnapshotPaths.audited(path))
                    .with("most", SnapshotPaths.MOST));
        }
        for (SnapshotTree.Entry each : inside.entries()) {
            place(TreePath.parse(each.path()), byDirectory, refused);
        }
    }

    /** The directory that they have in common, as a path on the node. */
    private static String target(List<TreePath> paths) throws UseCaseException {
        TreePath common = paths.getFirst();
        common = common.isRoot() ? common : common.parent();
        for (TreePath each : paths) {
            while (!each.isRoot() && !each.parent().startsWith(common)) {
                common = common.parent();
            }
        }
        TreePath directory = common;
        return "/"
                + String.join(
                        "/",
                        names(common)
                                .orElseThrow(() -> UseCaseException.conflict(Phrase.of("restore.directory-not-utf8")
                                        .with("directory", SnapshotPaths.audited(directory)))));
    }

    /** As text; empty where a name is not UTF-8. */
    private static Optional<List<String>> names(TreePath path) {
        List<String> names = new ArrayList<>();
        for (byte[] each : path.names()) {
            try {
                names.add(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(each))
                        .toString());
            } catch (CharacterCodingException e) {
                return Optional.empty();
            }
        }
        return Optional.of(names);
    }
}
