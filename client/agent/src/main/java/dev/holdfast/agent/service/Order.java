package dev.holdfast.agent.service;

import dev.holdfast.agent.backup.Pace;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One order under way: what it does, how far it is, how it ended. Safe for use by several threads. */
final class Order {
    private static final int MAX_LINES = 200;
    private static final int MAX_TEXT = 1000;
    /** The appliance reads no longer ones. */
    private static final int MAX_PHRASE = 4000;

    private static final Phrase CANCELLED = Phrase.of("client.cancelled");

    /** What a kind of job does. */
    interface Work {
        /** Returns the result, JSON. */
        String run(Order order) throws IOException, InterruptedException;
    }

    final long task;
    private final Work work;
    private final List<String> log = new ArrayList<>();
    private Supplier<Progress> progress = () -> Progress.NONE;
    private final List<Pace> gates = new ArrayList<>();
    private boolean paused;
    private boolean cancelled;
    private @Nullable Thread thread;
    private Message.@Nullable Ended ended;

    Order(long task, Work work) {
        this.task = task;
        this.work = work;
    }

    /** On a thread of its own; {@code done} is called at the end. */
    synchronized void start(Runnable done) {
        thread = Thread.ofPlatform().daemon().name("task-" + task).start(() -> {
            Message.Ended how = run();
            synchronized (this) {
                ended = how;
            }
            done.run();
        });
    }

    private Message.Ended run() {
        try {
            String result = work.run(this);
            return new Message.Ended(task, Message.Outcome.DONE, result, "");
        } catch (CancellationException | InterruptedException e) {
            return ended(Message.Outcome.CANCELLED, CANCELLED);
        } catch (IOException | RuntimeException e) {
            synchronized (this) {
                // Whatever an interrupt made of it.
                if (cancelled) {
                    return ended(Message.Outcome.CANCELLED, CANCELLED);
                }
            }
            return ended(Message.Outcome.FAILED, Failure.phrase(e));
        } catch (Error e) {
            // An appliance that is never told would wait for ever.
            return ended(Message.Outcome.FAILED, Phrase.of("client.failed-or-lacks-memory"));
        }
    }

    private Message.Ended ended(Message.Outcome outcome, Phrase reason) {
        String phrase = PhraseJson.write(reason);
        String result = phrase.length() <= MAX_PHRASE ? "{\"reason\":" + phrase + "}" : "{}";
        return new Message.Ended(task, outcome, result, brief(reason.english()));
    }

    private static String brief(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
    }

    /** Once: an order to cancel may come again with each new connection. */
    synchronized void cancel() {
        if (cancelled) {
            return;
        }
        cancelled = true;
        gates.forEach(gate -> gate.shut(false));
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Waits for its end, so long at most. */
    void join(Duration patience) throws InterruptedException {
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running != null && !running.join(patience)) {
            note("does not end within " + patience.toSeconds() + " s");
        }
    }

    synchronized void pause(boolean now) {
        if (paused != now) {
            paused = now;
            gates.forEach(gate -> gate.shut(now));
            note(now ? "paused" : "resumed");
        }
    }

    /** What a pause shuts. */
    synchronized void gates(Pace... paces) {
        gates.clear();
        gates.addAll(List.of(paces));
        gates.forEach(gate -> gate.shut(paused));
    }

    /** From now on {@code source} says how far it is; called by any thread. */
    synchronized void progress(Supplier<Progress> source) {
        progress = source;
    }

    /** A line for the task's log. */
    synchronized void note(String line) {
        if (log.size() < MAX_LINES) {
            log.add(brief(line));
        }
    }

    /** What to tell the appliance now. */
    synchronized Message.Progress report() {
        Progress now = progress.get();
        List<String> lines = List.copyOf(log);
        log.clear();
        return new Message.Progress(
                task, paused ? "paused" : now.text(), now.done(), now.total(), lines, now.figures());
    }

    /** How it ended, null while it runs. */
    synchronized Message.@Nullable Ended ended() {
        return ended;
    }
}
