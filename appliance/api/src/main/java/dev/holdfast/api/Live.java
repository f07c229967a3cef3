package dev.holdfast.api;

import dev.holdfast.control.access.Principal;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.ChangeUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import dev.holdfast.control.usecase.TaskView;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What changes, told to consoles as it does. One thread looks once a second, while anybody listens; whoever listens is told
 * what is new to him. Safe for use by several threads.
 */
final class Live implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Live.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** A user who sees some nodes only is told to look again this often. */
    private static final Duration TOLD = Duration.ofSeconds(15);

    private static final int MOST_LISTENERS = 200;
    /** One more ends the oldest, whose browser may be gone: that shows only when something is written to it. */
    static final int MOST_OF_ONE = 10;

    private final Source source;
    private final long lookMillis;
    private final long toldNanos;
    /** The streams of each user, the oldest first, those that end but have not closed yet included. */
    private final Map<String, Deque<Listener>> listeners = new HashMap<>();

    private State state = new State(0, Map.of(), Map.of());
    private int listening;
    private boolean closing;

    /** @param topics a mark of each that changes when it does */
    record State(long number, Map<Long, TaskView> tasks, Map<String, String> topics) {}

    /** How everything is now; the number does not count. */
    interface Source {
        State look() throws IOException;
    }

    /** What is new. */
    record News(List<TaskView> tasks, List<String> topics) {
        boolean isEmpty() {
            return tasks.isEmpty() && topics.isEmpty();
        }
    }

    Live(UseCases use) {
        this(() -> look(use), LOOK, TOLD);
    }

    /**
     * For those who bring their own times.
     *
     * @param look how often it looks
     * @param told how often whoever sees some nodes only is told to look again
     */
    Live(Source source, Duration look, Duration told) {
        this.source = source;
        this.lookMillis = look.toMillis();
        this.toldNanos = told.toNanos();
        Thread.ofPlatform().daemon().name("live").start(this::loop);
    }

    private void loop() {
        while (true) {
            synchronized (this) {
                try {
                    do {
                        wait(lookMillis);
                    } while (listening == 0 && !closing);
                } catch (InterruptedException e) {
                    return;
                }
                if (closing) {
                    return;
                }
            }
            try {
                State now = source.look();
                synchronized (this) {
                    if (!now.tasks.equals(state.tasks) || !now.topics.equals(state.topics)) {
                        state = new State(state.number + 1, now.tasks, now.topics);
                        notifyAll();
                    }
                }
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "changes could not be looked for", e);
            }
        }
    }

    private static State look(UseCases use) throws IOException {
        ChangeUseCases.State now = use.changes().look();
        return new State(0, now.tasks(), now.topics());
    }

    /** One console that listens. Used by one thread, which closes it. */
    final class Listener implements AutoCloseable {
        private final Principal principal;
        private final Actor actor;
        private @Nullable State known;
        private long told = System.nanoTime();
        private boolean ended;

        private Listener(Principal principal) {
            this.principal = principal;
            this.actor = Actor.of(principal);
        }

        /** Waits for news, for a while. What is no news to this listener wakes nobody: that would tell of others' doings. */
        News next(long millis) throws InterruptedException {
            long until = System.nanoTime() + millis * 1_000_000;
            News news = look(until);
            while (news.isEmpty() && System.nanoTime() < until && !closing() && !ended()) {
                news = look(until);
            }
            return news;
        }

        /** Whether it gave way to a newer stream of the same user. */
        boolean ended() {
            synchronized (Live.this) {
                return ended;
            }
        }

        private News look(long until) throws InterruptedException {
            State state;
            synchronized (Live.this) {
                State before = known;
                long now = System.nanoTime();
                long left = until - now;
                if (!principal.seesAll()) {
                    // Not longer: else the next change would wake it, which may be others'.
                    left = Math.min(left, told + toldNanos - now);
                }
                left = (left + 999_999) / 1_000_000;
                if (before != null && before.number == Live.this.state.number && !closing && !ended && left > 0) {
                    Live.this.wait(left);
                }
                state = Live.this.state;
            }
            State before = known;
            known = state;
            List<TaskView> tasks = new ArrayList<>();
            List<String> topics = new ArrayList<>();
            if (before != null && before.number != state.number) {
                state.tasks.forEach((id, task) -> {
                    if (!task.equals(before.tasks.get(id)) && actor.seesWhatBelongsTo(task.node())) {
                        tasks.add(TaskUseCases.shown(actor, task));
                    }
                });
                state.topics.forEach((topic, mark) -> {
                    if (principal.seesAll() && !Objects.equals(mark, before.topics.get(topic))) {
                        topics.add(topic);
                    }
                });
            }
            if (!principal.seesAll() && System.nanoTime() - told >= toldNanos) {
                // The marks are of all nodes. Told at fixed times, they say nothing of when others did something.
                told = System.nanoTime();
                topics.addAll(state.topics.keySet());
            }
            return new News(tasks, topics.stream().sorted().toList());
        }

        @Override
        public void close() {
            synchronized (Live.this) {
                Deque<Listener> own = listeners.get(principal.user());
                if (own != null && own.remove(this)) {
                    listening--;
                    if (own.isEmpty()) {
                        listeners.remove(principal.user());
                    }
                }
            }
        }
    }

    /**
     * Begins to listen. Where a user has many streams already, the oldest of them ends.
     *
     * @throws Problem where too many listen, or the ended streams of the user do not close
     */
    synchronized Listener listen(Principal principal) throws Problem {
        Deque<Listener> own = listeners.getOrDefault(principal.user(), new ArrayDeque<>());
        if (listening >= MOST_LISTENERS || own.size() >= 2 * MOST_OF_ONE) {
            throw new Problem(429, "too-many", Phrase.of("api.consoles"));
        }
        List<Listener> going = own.stream().filter(each -> !each.ended).toList();
        if (going.size() >= MOST_OF_ONE) {
            going.getFirst().ended = true;
            notifyAll();
        }
        listening++;
        Listener listener = new Listener(principal);
        own.add(listener);
        listeners.put(principal.user(), own);
        return listener;
    }

    synchronized boolean closing() {
        return closing;
    }

    @Override
    public synchronized void close() {
        closing = true;
        notifyAll();
    }
}
