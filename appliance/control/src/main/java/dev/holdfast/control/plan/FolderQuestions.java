package dev.holdfast.control.plan;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Asks services of clients which folders a directory has. A question is no task: nothing of it is stored, and without an answer it
 * is given up. Safe for use by several threads.
 */
public final class FolderQuestions {
    /** Questions of one node that wait for an answer; each may be a directory of a file system that hangs. */
    static final int MOST_OF_ONE = 4;

    private final Dispatcher dispatcher;
    private final Map<Long, Question> open = new HashMap<>();
    private long last;

    private record Question(int node, CompletableFuture<Message.Folders> answer) {}

    public FolderQuestions(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    /**
     * Asks. The caller waits for the answer, and cancels it if it waits no longer.
     *
     * @param after the name behind which the list begins; empty for the first
     * @return empty where the node's service is not connected
     * @throws IllegalArgumentException where the client is too old to answer, or too many questions to it are open
     */
    public Optional<CompletableFuture<Message.Folders>> ask(int node, String directory, String after) {
        Optional<Dispatcher.Attendant> attendant = dispatcher.attendant(node);
        if (attendant.isEmpty()) {
            return Optional.empty();
        }
        long number;
        CompletableFuture<Message.Folders> answer = new CompletableFuture<>();
        synchronized (this) {
            if (open.values().stream().filter(each -> each.node == node).count() >= MOST_OF_ONE) {
                throw new PhrasedArgumentException(Phrase.of("folders.unanswered"));
            }
            number = ++last;
            open.put(number, new Question(node, answer));
        }
        var _ = answer.whenComplete((folders, failure) -> forget(number));
        try {
            attendant.get().order(number, new Job.Folders(directory, after));
        } catch (IllegalArgumentException e) {
            forget(number);
            throw e;
        }
        return Optional.of(answer);
    }

    /** What a client answers. An answer that nobody waits for, or of another node than was asked, is dropped. */
    public synchronized void answered(int node, Message.Folders answer) {
        Question question = open.get(answer.question());
        if (question != null && question.node == node) {
            question.answer.complete(answer);
        }
    }

    private synchronized void forget(long number) {
        open.remove(number);
    }
}
