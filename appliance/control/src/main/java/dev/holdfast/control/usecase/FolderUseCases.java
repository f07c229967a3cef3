package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The folders that nodes have now, as their services tell them: to choose what is backed up, and where to restore to. */
public final class FolderUseCases {
    private static final int MAX_PATH_CHARACTERS = 4096;
    private static final int MAX_NAME_CHARACTERS = 255;
    private static final long PATIENCE_SECONDS = 10;

    private final Engine engine;
    private final NodeUseCases nodes;
    private final AuditTrail audit;

    FolderUseCases(ControlDb control, Engine engine, NodeUseCases nodes) {
        this.engine = engine;
        this.nodes = nodes;
        this.audit = new AuditTrail(control);
    }

    /**
     * The folders of a directory.
     *
     * @param path absolute, without a slash at its end
     * @param folders by name; at most 1000
     * @param next the name behind which the rest begins; empty where there is no rest
     * @param unnamed folders that are left out because their names are not valid UTF-8
     */
    public record FolderList(String path, List<Folder> folders, String next, int unnamed) {}

    /** @param mounted whether it lies on another file system than the directory above it */
    public record Folder(String name, String path, boolean mounted) {}

    /**
     * @param path absolute; empty for the root
     * @param after the name behind which the list begins; empty for the first
     */
    public FolderList list(Actor actor, String node, String path, String after) throws IOException {
        actor.require(Permission.BROWSE);
        Node found = nodes.findActive(actor, node);
        String directory = directory(path);
        if (after.length() > MAX_NAME_CHARACTERS || after.indexOf('/') >= 0) {
            throw UseCaseException.invalid(Phrase.of("folders.after"));
        }
        Message.Folders answer = ask(engine.folders(), found, directory, after);
        audit.read(actor, "list-folders", found.name() + ":" + directory);
        if (!answer.problem().isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("folders.not-listed")
                    .with("node", found.name())
                    .with("why", ForeignText.render(answer.problem())));
        }
        String above = directory.equals("/") ? "/" : directory + "/";
        // A name with a slash would lead elsewhere; no client has one.
        List<Folder> folders = answer.folders().stream()
                .filter(each -> isName(each.name()))
                .map(each -> new Folder(each.name(), above + each.name(), each.mounted()))
                .toList();
        return new FolderList(directory, folders, answer.next(), answer.unnamed());
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && name.indexOf('/') < 0 && !name.equals(".") && !name.equals("..");
    }

    private static String directory(String path) throws UseCaseException {
        if (path.isEmpty()) {
            return "/";
        }
        List<String> names =
                Arrays.stream(path.split("/")).filter(name -> !name.isEmpty()).toList();
        boolean valid = path.startsWith("/")
                && path.length() <= MAX_PATH_CHARACTERS
                && path.indexOf('\0') < 0
                && !names.contains(".")
                && !names.contains("..");
        if (!valid) {
            throw UseCaseException.invalid(Phrase.of("folders.path").with("most", MAX_PATH_CHARACTERS));
        }
        return "/" + String.join("/", names);
    }

    private static Message.Folders ask(FolderQuestions questions, Node node, String directory, String after)
            throws IOException {
        CompletableFuture<Message.Folders> answer;
        try {
            answer = questions
                    .ask(node.id(), directory, after)
                    .orElseThrow(() -> UseCaseException.conflict(
                            Phrase.of("folders.not-connected").with("node", node.name())));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.conflict(
                    Phrase.of("folders.not-asked").with("node", node.name()).with("why", e));
        }
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw UseCaseException.unavailable(Phrase.of("folders.no-answer")
                    .with("node", node.name())
                    .with("directory", directory)
                    .with("seconds", PATIENCE_SECONDS));
        } catch (ExecutionException e) {
            throw new IOException("the answer of a client cannot be awaited", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            answer.cancel(false);
        }
    }
}
