package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When whoever sees some nodes only is told to look again: at fixed times, whatever others do. */
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
