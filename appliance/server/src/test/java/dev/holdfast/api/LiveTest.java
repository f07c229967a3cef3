package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A user who sees some nodes only is told to reload at fixed times, whatever other users do. The oldest stream of a user ends
 * when a newer one needs its place.
 */
class LiveTest {
    private static final Principal NARROW =
            new Principal("narrow", Role.VIEWER, Set.of(Permission.VIEW), Scope.of(Set.of("db1")), "csrf", 0);
    private static final Principal WHOLE =
            new Principal("whole", Role.VIEWER, Set.of(Permission.VIEW), Scope.allNodes(), "csrf", 0);

    private final AtomicInteger looks = new AtomicInteger();

    private Live.State changing() {
        return new Live.State(0, Map.of(), Map.of("nodes", Integer.toString(looks.incrementAndGet())));
    }

    @Test
    void timeAloneTellsToLookAgain() throws Exception {
        Live.State same = new Live.State(0, Map.of(), Map.of("nodes", "same"));
        try (Live live = new Live(() -> same, Duration.ofMillis(10), Duration.ofMillis(300));
                Live.Listener listener = live.listen(NARROW)) {
            // The first look is news of everything to nobody.
            listener.next(50);
            for (int i = 0; i < 3; i++) {
                CompletableFuture<Live.News> news = new CompletableFuture<>();
                Thread.ofVirtual().start(() -> {
                    try {
                        news.complete(listener.next(600_000));
                    } catch (InterruptedException e) {
                        news.completeExceptionally(e);
                    }
                });
                assertThat(news.get(30, TimeUnit.SECONDS).topics()).containsExactly("nodes");
            }
        }
    }

    /** A browser that reloads often leaves streams behind, which are noticed only when something is written to them. */
    @Test
    void oneStreamMoreEndsTheOldestOfTheUser() throws Exception {
        Live.State same = new Live.State(0, Map.of(), Map.of());
        try (Live live = new Live(() -> same, Duration.ofMillis(10), Duration.ofHours(1));
                Live.Listener other = live.listen(NARROW)) {
            List<Live.Listener> open = new ArrayList<>();
            for (int i = 0; i < Live.MOST_OF_ONE; i++) {
                open.add(live.listen(WHOLE));
            }
            Live.Listener oldest = open.getFirst();
            CompletableFuture<Live.News> woken = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    woken.complete(oldest.next(600_000));
                } catch (InterruptedException e) {
                    woken.completeExceptionally(e);
                }
            });
            open.add(live.listen(WHOLE));
            assertThat(woken.get(30, TimeUnit.SECONDS).isEmpty()).isTrue();
            assertThat(open.stream().map(Live.Listener::ended)).containsExactly(endedFirst(1));
            assertThat(other.ended()).isFalse();

            oldest.close();
            oldest.close();
            open.add(live.listen(WHOLE));
            assertThat(open.stream().map(Live.Listener::ended)).containsExactly(endedFirst(2));
        }
    }

    private static Boolean[] endedFirst(int ended) {
        return IntStream.range(0, Live.MOST_OF_ONE + ended)
                .mapToObj(i -> i < ended)
                .toArray(Boolean[]::new);
    }

    /** What ended but hangs in a write still holds a thread. */
    @Test
    void userWhoseEndedStreamsStayOpenIsRefused() throws Exception {
        Live.State same = new Live.State(0, Map.of(), Map.of());
        try (Live live = new Live(() -> same, Duration.ofMillis(10), Duration.ofHours(1))) {
            List<Live.Listener> open = new ArrayList<>();
            for (int i = 0; i < 2 * Live.MOST_OF_ONE; i++) {
                open.add(live.listen(WHOLE));
            }
            assertThatThrownBy(() -> live.listen(WHOLE))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("too many");
            live.listen(NARROW).close();
            open.getFirst().close();
            live.listen(WHOLE).close();
        }
    }

    @Test
    void whatOthersDoWakesNobody() throws Exception {
        try (Live live = new Live(this::changing, Duration.ofMillis(10), Duration.ofHours(1));
                Live.Listener narrow = live.listen(NARROW);
                Live.Listener whole = live.listen(WHOLE)) {
            for (int i = 0; i < 5; i++) {
                assertThat(whole.next(30_000).topics()).containsExactly("nodes");
            }
            assertThat(narrow.next(200).isEmpty()).isTrue();
            assertThat(narrow.next(200).isEmpty()).isTrue();
        }
    }
}
