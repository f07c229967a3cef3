package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.service.RestoreRights;
import dev.holdfast.agent.service.Service;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An hour of a plan of every minute: an appliance and a client's service in this process, by a clock that jumps to the next minute when
 * a run has ended, and a program that writes between the runs.
 */
class ContinuousTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int RUNS = 60;
    private static final long MINUTE = 60_000;

    @TempDir
    Path work;

    private final AtomicLong ahead = new AtomicLong();
    private volatile @Nullable Instant stopped;
    private final InstantSource clock = this::now;

    /** A snapshot, and what the file that is written to held when its run was still to begin. */
    private record Written(UUID snapshot, byte[] content) {}

    private record Run(UUID snapshot, Instant began, Instant ended) {}

    private Product.Result appliance(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(words));
        all.addAll(List.of("--data", work.resolve("data").toString()));
        return new Shell(work.resolve("shell")).run(Map.of(), "exec \"$0\" \"$@\"", all.toArray(String[]::new));
    }

    private JsonNode told(String... words) throws Exception {
        Product.Result result = appliance(words);
        result.mustBe(0);
        return JSON.readTree(result.out());
    }

    private List<Run> runs() throws Exception {
        List<Run> runs = new ArrayList<>();
        for (JsonNode each : told("tasks", "list", "--limit", "1000", "--json")) {
            if (each.path("kind").asText().equals("backup")) {
                assertThat(each.path("state").asText()).isEqualTo("DONE");
                runs.add(new Run(
                        UUID.fromString(each.path("snapshot").asText()),
                        Instant.parse(each.path("startedAt").asText()),
                        Instant.parse(each.path("finishedAt").asText())));
            }
        }
        runs.sort(Comparator.comparing(Run::ended));
        return runs;
    }

    /** Waits until so many backups are done. */
    private static void await(ControlDb control, int done) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (control.taskHistory().list(1000).stream()
                        .filter(each -> each.state().ended() && each.snapshot() != null)
                        .count()
                < done) {
            assertThat(System.nanoTime()).as("backup %s is done", done).isLessThan(end);
            Thread.sleep(20);
        }
    }

    private Instant now() {
        Instant still = stopped;
        return still == null ? Instant.now().plusMillis(ahead.get()) : still;
    }

    private void jump() {
        long now = clock.millis();
        ahead.addAndGet(MINUTE - now % MINUTE);
    }

    @Test
    void anHourOfEveryMinuteLosesWhatTheApplianceTells() throws Exception {
        Path file = Files.createDirectories(work.resolve("source")).resolve("journal");
        Files.writeString(file, "begin\n");
        Files.writeString(work.resolve("source").resolve("still"), "unchanged");
        // The hour begins a few seconds behind a full one, so that all of it is in one hour.
        ahead.set(3_600_000 - clock.millis() % 3_600_000 + 2_000);
        List<Written> written = new ArrayList<>();
        try (InProcess running = new InProcess(work, directory -> {}, clock);
                ControlDb control = new ControlDb(work.resolve("data/control.db"), clock)) {
            Service service = new Service(running.state(), new RestoreRights(List.of(), false), line -> {}, clock);
            FutureTask<Boolean> attending = new FutureTask<>(() -> {
                service.run();
                return true;
            });
            Thread.ofPlatform().start(attending);
            try {
                appliance(
                                "plan",
                                "set",
                                "continuous",
                                "--path",
                                work.resolve("source").toString(),
                                "--schedule",
                                "every 1 min",
                                "--overdue",
                                "2")
                        .mustBe(0);
                appliance("plan", "bind", "continuous", "node").mustBe(0);
                Random random = new Random(4);
                for (int run = 0; run < RUNS; run++) {
                    byte[] content = Files.readAllBytes(file);
                    jump();
                    await(control, run + 1);
                    written.add(new Written(
                            UUID.fromString(
                                    control.taskHistory().list(1).getFirst().snapshot()),
                            content));
                    // Between the end of a run and the next minute.
                    Files.write(
                            file,
                            (run + " " + random.nextLong() + "\n").getBytes(StandardCharsets.UTF_8),
                            StandardOpenOption.APPEND);
                }
                // Nothing is due any more.
                stopped = clock.instant();
                measured(running, written);
                thinned(control);
            } finally {
                service.close();
                assertThat(attending.get(1, TimeUnit.MINUTES)).isTrue();
            }
        }
    }

    private void measured(InProcess running, List<Written> written) throws Exception {
        List<Run> runs = runs();
        assertThat(runs).hasSize(RUNS);
        List<Long> lost = new ArrayList<>();
        for (int i = 1; i < RUNS; i++) {
            assertThat(runs.get(i).began).isAfterOrEqualTo(runs.get(i - 1).ended);
            long millis =
                    Duration.between(runs.get(i - 1).began, runs.get(i).ended).toMillis();
            lost.add((millis + 999) / 1000);
        }
        JsonNode rpo = told("node", "show", "node", "--json").path("rpo").path(0);
        long[] sorted = lost.stream().mapToLong(each -> each).sorted().toArray();
        assertThat(rpo.path("plan").asText()).isEqualTo("continuous");
        assertThat(rpo.path("targetSeconds").asLong()).isEqualTo(180);
        assertThat(Instant.parse(rpo.path("point").asText())).isEqualTo(runs.getLast().began);
        assertThat(rpo.path("snapshot").asText())
                .isEqualTo(runs.getLast().snapshot.toString());
        for (String window : List.of("day", "month")) {
            JsonNode spread = rpo.path(window);
            assertThat(spread.path("intervals").asInt()).isEqualTo(sorted.length);
            assertThat(spread.path("medianSeconds").asLong()).isEqualTo(sorted[(sorted.length + 1) / 2 - 1]);
            assertThat(spread.path("p95Seconds").asLong()).isEqualTo(sorted[(sorted.length * 95 + 99) / 100 - 1]);
            assertThat(spread.path("worstSeconds").asLong())
                    .isEqualTo(Math.max(
                            sorted[sorted.length - 1],
                            rpo.path("currentSeconds").asLong()));
        }
        // Each point in time that is told has what was there then.
        TreePath source = TreePath.parse(work.resolve("source").toString());
        for (int i = 0; i < RUNS; i += 7) {
            Written each = written.get(i);
            assertThat(running.files(each.snapshot, source)
                            .get(TreePath.parse(work.resolve("source/journal").toString())))
                    .isEqualTo(each.content);
        }
        assertThat(new HashSet<>(written.stream().map(Written::snapshot).toList()))
                .hasSize(RUNS);
    }

    /** The last five and the last of each hour stay; what is lost now is the same as before. */
    private void thinned(ControlDb control) throws Exception {
        List<Run> runs = runs();
        appliance("policy", "set", "few", "--last", "5", "--hourly", "2").mustBe(0);
        appliance("policy", "bind", "few", "node").mustBe(0);
        JsonNode before = told("node", "show", "node", "--json").path("rpo").path(0);
        appliance("policy", "apply").mustBe(0);
        Set<String> left = new HashSet<>();
        told("snapshot", "list", "--json")
                .forEach(each -> left.add(each.path("id").asText()));
        Set<String> expected = new HashSet<>();
        runs.subList(RUNS - 5, RUNS).forEach(each -> expected.add(each.snapshot.toString()));
        long[] hours = runs.stream()
                .mapToLong(each -> each.ended.getEpochSecond() / 3600)
                .distinct()
                .toArray();
        for (long hour : hours) {
            runs.stream()
                    .filter(each -> each.ended.getEpochSecond() / 3600 == hour)
                    .reduce((earlier, later) -> later)
                    .ifPresent(each -> expected.add(each.snapshot.toString()));
        }
        assertThat(Arrays.stream(hours).count()).isLessThanOrEqualTo(2);
        assertThat(left).isEqualTo(expected);
        JsonNode after = told("node", "show", "node", "--json").path("rpo").path(0);
        for (String same : List.of("point", "snapshot")) {
            assertThat(after.path(same)).isEqualTo(before.path(same));
        }
        assertThat(after.path("month").path("intervals"))
                .isEqualTo(before.path("month").path("intervals"));
        assertThat(control.orders().open()).isEmpty();
    }
}
