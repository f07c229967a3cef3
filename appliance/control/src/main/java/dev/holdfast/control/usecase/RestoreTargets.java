package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where nodes restore to by order. A node's administrator decides that, and its client has the last word: it also follows
 * symlinks, which the appliance does not see. What the client said of it is looked at here, so that an order which it would refuse
 * is not given. Paths are compared as texts: the appliance's own file system and locale say nothing about a node's.
 */
final class RestoreTargets {
    private RestoreTargets() {}

    /** Throws where the node's client said that it does not restore there by order. */
    static void require(ControlDb control, Node node, String target) throws IOException {
        List<String> wanted = names(target);
        if (!target.startsWith("/") || wanted.contains(".") || wanted.contains("..")) {
            throw UseCaseException.invalid(
                    "the target must be an absolute path on the node without '.' and '..', not '" + target + "'");
        }
        Optional<List<String>> told = control.nodes().restoresBelow(node.id());
        if (told.isEmpty() || told.get().stream().anyMatch(each -> below(names(each), wanted))) {
            return;
        }
        throw UseCaseException.conflict(
                "node '" + node.name() + "' does not restore to " + target + " by order. " + says(told.get()));
    }

    /** What a node's service said, and how its administrator changes it. */
    static String says(List<String> told) {
        String allowed = told.isEmpty()
                ? "nowhere"
                : "only to these directories and below them: " + ForeignText.render(String.join(", ", told));
        return "Its service restores " + allowed
                + ". To allow more, its administrator starts the service with --restore-below DIR, or sets restore-below"
                + " in its client.toml and restarts it";
    }

    static List<String> names(String path) {
        return Arrays.stream(path.split("/")).filter(name -> !name.isEmpty()).toList();
    }

    static boolean below(List<String> directory, List<String> path) {
        return path.size() >= directory.size()
                && path.subList(0, directory.size()).equals(directory);
    }
}
