package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random command lines in random surroundings: locale, HOME, limits, closed descriptors, full output, signals at random
 * moments. The exit code is one of the table, a failure is explained, and nothing is left behind. A long run:
 * {@code -Dsurroundings.rounds=2000 -Dsurroundings.seed=7}.
 */
class SurroundingsTest {
    private static final int ROUNDS = Integer.getInteger("surroundings.rounds", 20);
    private static final long SEED = Long.getLong("surroundings.seed", 20261126L);

    @TempDir
    static Path dir;

    /** What surrounds a command, and which exit codes it may add to the command's own. */
    private static final class Surroundings {
        final Map<String, String> environment = new HashMap<>();
        final StringBuilder before = new StringBuilder();
        final StringBuilder redirected = new StringBuilder();
        final Set<Integer> codes = new java.util.HashSet<>();
        boolean mustFail;
        boolean silent;
        String signal = "";
        int millis;

        @Override
        public String toString() {
            return environment + " " + before + redirected
                    + (signal.isEmpty() ? "" : " " + signal + "@" + millis + "ms");
        }
    }

    private static <T> T any(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static Surroundings surroundings(Random random, Path home, Path temporary) {
        Surroundings made = new Surroundings();
        made.environment.put("TMPDIR", temporary.toString());
        any(
                        random,
                        List.of(
                                Map.<String, String>of(),
                                Map.of("LC_ALL", "C"),
                                Map.of("LC_ALL", "de_DE.UTF-8"),
                                Map.of("LANG", "tr_TR.ISO-8859-9"),
                                Map.of("LC_ALL", "")))
                .forEach(made.environment::put);
        any(
                        random,
                        List.of(
                                Map.<String, String>of(),
                                Map.of("HOME", ""),
                                Map.of("HOME", "/nonexistent"),
                                Map.of("HOME", home.toString())))
                .forEach(made.environment::put);
        if (random.nextInt(4) == 0) {
            String limit = any(
                    random,
                    List.of(
                            "-n 10",
                            "-n 128",
                            "-n 256",
                            "-v 200000",
                            "-v 800000",
                            "-v 3000000",
                            "-s 128",
                            "-d 20000",
                            "-f 0",
                            "-c 0"));
            made.before.append("ulimit ").append(limit).append("; ");
            made.codes.add(3);
        }
        switch (random.nextInt(8)) {
            case 0 -> {
                made.redirected.append(" >/dev/full");
                made.mustFail = true;
                made.codes.add(3);
            }
            case 1 -> {
                made.redirected.append(" >&-");
                made.mustFail = true;
                made.codes.add(3);
            }
            case 2 -> {
                made.redirected.append(" 2>&-");
                made.silent = true;
            }
            case 3 -> made.redirected.append(" <&-");
            default -> {
                // As a shell gives them.
            }
        }
        if (random.nextInt(3) == 0) {
            made.signal = any(random, List.of("TERM", "INT", "HUP", "KILL"));
            made.millis = random.nextInt(1500);
            made.codes.add(
                    128 + Map.of("HUP", 1, "INT", 2, "KILL", 9, "TERM", 15).get(made.signal));
        }
        return made;
    }

    @Test
    void exitCodesAreThoseOfTheTableAndNothingIsLeftBehind() throws Exception {
        try (Product product = new Product(dir.resolve("work"), "dev")) {
            Product.Client client = product.enrol("one");
            Path source = Files.createDirectories(dir.resolve("source/Straße"));
            for (int i = 0; i < 50; i++) {
                Files.writeString(source.resolve("f" + i), "content " + i);
            }
            client.backup(0, source.toString());
            Path home = Files.createDirectories(dir.resolve("home"));
            Path temporary = Files.createDirectories(dir.resolve("tmp"));
            Path here = Files.createDirectories(dir.resolve("here"));
            Map<List<String>, Set<Integer>> commands = new HashMap<>();
            commands.put(List.of("snapshots"), Set.of(0));
            commands.put(List.of("snapshots", "--jsno"), Set.of(2));
            commands.put(List.of("ls", "-r", "latest"), Set.of(0));
            commands.put(List.of("ls", "ffffffff"), Set.of(6));
            commands.put(List.of("find", "f1*"), Set.of(0));
            commands.put(List.of("cat", "latest:" + source + "/f1"), Set.of(0));
            commands.put(List.of("backup", source.toString()), Set.of(0));
            commands.put(List.of("backup", "--full-read", "--json", source.toString()), Set.of(0));
            commands.put(List.of("verify", "latest"), Set.of(0));
            commands.put(List.of("report", "latest"), Set.of(0));
            commands.put(List.of("compare", source.toString(), home.toString()), Set.of(1));
            commands.put(List.of("relocate", "https://127.0.0.1:9"), Set.of(4));
            commands.put(List.of("--version"), Set.of(0));
            commands.put(List.of("--help"), Set.of(0));
            List<List<String>> names = commands.keySet().stream()
                    .sorted((a, b) -> a.toString().compareTo(b.toString()))
                    .toList();
            System.out.println("surroundings: seed " + SEED + ", " + ROUNDS + " rounds");
            for (int round = 0; round < ROUNDS; round++) {
                Random random = new Random(SEED * 1_000_003 + round);
                Surroundings around = surroundings(random, home, temporary);
                List<String> words = any(random, names);
                String what = "seed " + SEED + ", round " + round + ": " + words + " in " + around;
                List<String> all = new ArrayList<>(List.of("--state", client.state.toString()));
                all.addAll(words);
                Path err = dir.resolve("err");
                int code = run(around, here, err, all);
                String said = Files.readString(err, java.nio.charset.StandardCharsets.ISO_8859_1);
                boolean own = commands.get(words).contains(code);
                assertThat(own || around.codes.contains(code))
                        .as(what + " ended with " + code + ": " + said)
                        .isTrue();
                assertThat(around.mustFail && (code == 0 || code == 1))
                        .as(what + " ended with " + code)
                        .isFalse();
                if (code > 1 && code < 128 && !around.silent) {
                    assertThat(said).as(what).contains("holdfast: ");
                    assertThat(said).as(what).doesNotContain("\tat ", "Exception in thread");
                }
                mustBeEmpty(here, what);
                mustBeEmpty(home, what);
                if (!around.signal.equals("KILL")) {
                    mustBeEmpty(temporary, what);
                    mustHaveNoLeftovers(client.state, what);
                }
            }
            client.backup(0, source.toString());
            mustHaveNoLeftovers(client.state, "after a backup");
        }
    }

    private static int run(Surroundings around, Path here, Path err, List<String> words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "/bin/bash", "-c", around.before + "exec \"$0\" \"$@\"" + around.redirected, Product.launcher()));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(here.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().putAll(around.environment);
        Process process = builder.start();
        if (!around.signal.isEmpty() && !process.waitFor(around.millis, TimeUnit.MILLISECONDS)) {
            new ProcessBuilder("kill", "-" + around.signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ends: " + around).isTrue();
        return process.exitValue();
    }

    private static void mustBeEmpty(Path directory, String what) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as(what).isEmpty();
        }
    }

    private static void mustHaveNoLeftovers(Path state, String what) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            assertThat(files.filter(each -> each.toString().endsWith(".tmp")))
                    .as(what)
                    .isEmpty();
        }
    }
}
