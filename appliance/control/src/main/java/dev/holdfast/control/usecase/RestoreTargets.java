package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.phrase.Phrase;
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
            throw UseCaseException.invalid(Phrase.of("restore.target-path").with("target", target));
        }
        Optional<List<String>> told = control.nodes().restoresBelow(node.id());
        if (told.isEmpty() || told.get().stream().anyMatch(each -> below(names(each), wanted))) {
            return;
        }
        throw UseCaseException.conflict(Phrase.of("restore.target-not-allowed")
                .with("node", node.name())
                .with("target", target)
                .with("allowed", says(told.get())));
    }

    /** What a node's service said, and how its administrator changes it. */
    static Phrase says(List<String> told) {
        return told.isEmpty()
                ? Phrase.of("restore.allowed-nowhere")
                : Phrase.of("restore.allowed-below").with("directories", ForeignText.render(String.join(", ", told)));
    }

    static List<String> names(String path) {
        return Arrays.stream(path.split("/")).filter(name -> !name.isEmpty()).toList();
    }

    static boolean below(List<String> directory, List<String> path) {
        return path.size() >= directory.size()
                && path.subList(0, directory.size()).equals(directory);
    }
}
