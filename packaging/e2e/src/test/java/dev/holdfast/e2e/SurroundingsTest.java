package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random command lines in random surroundings: locale, environment, working directory, limits, descriptors, full output,
 * signals at random moments to the launcher or to all of its processes. The exit code is one of the table, a failure is
 * explained, and nothing is left behind: no file, no process. A long run: {@code -Dsurroundings.rounds=2000
 * -Dsurroundings.seed=7}; {@code -Dsurroundings.from=N} begins with round N.
 */
class SurroundingsTest {
    private static final int ROUNDS = Integer.getInteger("surroundings.rounds", 12);
    private static final int FROM = Integer.getInteger("surroundings.from", 0);
    private static final long SEED = Long.getLong("surroundings.seed", 20261126L);
    private static final Map<String, Integer> SIGNALS = Map.of("HUP", 1, "INT", 2, "KILL", 9, "TERM", 15);

    /** Commands that print whenever they succeed. */
    private static final Set<String> PRINTING = Set.of(
            "backup",
            "restore",
            "verify",
            "report",
            "compare",
            "relocate",
            "dedup",
            "appliance init",
            "appliance token create",
            "appliance status",
            "appliance node list");

    @TempDir
    static Path dir;

    /** What surrounds a command, and which exit codes it may add to the command's own. */
    private static final class Surroundings {
        final Map<String, String> environment = new HashMap<>();
        final StringBuilder before = new StringBuilder();
        final StringBuilder redirected = new StringBuilder();
        final Set<Integer> codes = new TreeSet<>();
        boolean outputLost;
        boolean silent;
        String signal = "";
        boolean toAll;
        int millis;

        @Override
        public String toString() {
            return environment + " " + before + redirected
                    + (signal.isEmpty() ? "" : " " + signal + (toAll ? " to all" : "") + "@" + millis + "ms");
        }
    }

    private static <T> T any(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static Surroundings surroundings(Random random, Path home, Path temporary, boolean endless) {
        Surroundings made = new Surroundings();
        made.environment.put("TMPDIR", temporary.toString());
        made.environment.put("HOME", home.toString());
        for (int i = random.nextInt(4); i > 0; i--) {
            environment(random, made);
        }
        if (random.nextInt(4) == 0) {
            limit(random, made);
        }
        if (random.nextInt(3) == 0) {
            descriptor(random, made);
        }
        if (random.nextInt(20) == 0) {
            made.before.insert(0, "mkdir gone && cd gone && rmdir ../gone; ");
            made.codes.add(3);
        }
        if (endless || random.nextInt(3) == 0) {
            made.signal = any(random, List.of("TERM", "INT", "HUP", "KILL"));
            made.millis = random.nextInt(random.nextBoolean() ? 400 : 2500);
            made.toAll = random.nextBoolean();
            made.codes.add(128 + SIGNALS.get(made.signal));
        }
        return made;
    }

    private static void environment(Random random, Surroundings made) {
        String[] each = any(
                        random,
                        List.of(
                                "LC_ALL=C",
                                "LC_ALL=de_DE.UTF-8",
                                "LANG=tr_TR.ISO-8859-9",
                                "LC_ALL=",
                                "HOME=",
                                "HOME=/nonexistent",
                                "HOME=relative",
                                "TMPDIR=/nonexistent",
                                "TZ=Nowhere/Else",
                                "COLUMNS=1",
                                "COLUMNS=99999999",
                                "JAVA_HOME=/nonexistent",
                                "JAVA_TOOL_OPTIONS=-Xnonsense",
                                "_JAVA_OPTIONS=-Xmx1k",
                                "JDK_JAVA_OPTIONS=@missing",
                                "CLASSPATH=/nonexistent",
                                "IFS=x",
                                "BASH_ENV=/nonexistent",
                                "POSIXLY_CORRECT=1",
                                "SHELLOPTS=nounset",
                                "CDPATH=/",
                                "LD_LIBRARY_PATH=/nonexistent",
                                "TERM=dumb",
                                "PATH=/usr/bin:/bin"))
                .split("=", 2);
        made.environment.put(each[0], each[1]);
    }

    private static void limit(Random random, Surroundings made) {
        String limit = switch (random.nextInt(8)) {
            case 0 -> "-n " + (12 + random.nextInt(400));
            case 1 -> "-v " + (150_000 + random.nextInt(4_000_000));
            case 2 -> "-s " + (100 + random.nextInt(400));
            case 3 -> "-d " + (20_000 + random.nextInt(2_000_000));
            case 4 -> "-f " + random.nextInt(20);
            case 5 -> "-c 0";
            case 6 -> "-u " + (1 + random.nextInt(200));
            default -> "-t 1";
        };
        // What is said goes into a file here.
        made.silent |= limit.equals("-f 0");
        made.before.append("ulimit ").append(limit).append("; ");
        made.codes.add(3);
        // Where the JVM gets no memory while it runs, it aborts; where its time is over, the kernel ends it.
        made.codes.addAll(limit.startsWith("-t") ? Set.of(128 + 24, 137) : Set.of(134));
    }

    private static void descriptor(Random random, Surroundings made) {
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            switch (random.nextInt(9)) {
                case 0 -> lost(made, " >/dev/full");
                case 1 -> lost(made, " >&-");
                case 2 -> {
                    made.redirected.append(" 2>&-");
                    made.silent = true;
                }
                case 3 -> {
                    made.redirected.append(" 2>/dev/full");
                    made.silent = true;
                }
                case 4 -> made.redirected.append(" <&-");
                case 5 -> made.redirected.append(" </");
                case 6 -> made.redirected.append(" <").append(dir.resolve("sandbox/no-text"));
                case 7 -> lost(made, " 1</dev/null");
                default -> {
                    // The reader of a pipe has gone.
                    lost(made, " > >(exec >/dev/null)");
                    made.codes.add(141);
                    made.outputLost = false;
                }
            }
        }
    }

    private static void lost(Surroundings made, String redirection) {
        made.redirected.append(redirection);
        made.outputLost = true;
        made.codes.add(3);
    }

    private static Path stateLike(Path state, String name) throws Exception {
        Path copy = Files.createDirectories(dir.resolve(name));
        for (String file : List.of("identity.json", "node.key", "node.crt", "ca.crt")) {
            if (Files.exists(state.resolve(file))) {
                Files.copy(state.resolve(file), copy.resolve(file));
            }
        }
        return copy;
    }

    @Test
    void exitCodesAreThoseOfTheTableAndNothingIsLeftBehind() throws Exception {
        try (Product product = new Product(dir.resolve("work"), "dev")) {
            Product.Client client = product.enrol("one");
            product.enrol("two");
            Path source = Files.createDirectories(dir.resolve("source/Straße"));
            for (int i = 0; i < 50; i++) {
                Files.writeString(source.resolve("f" + i), "content " + i);
            }
            String snapshot = client.backup(0, source.toString())
                    .path("snapshot")
                    .asText()
                    .substring(0, 8);
            Path home = Files.createDirectories(dir.resolve("home"));
            Path temporary = Files.createDirectories(dir.resolve("tmp"));
            Path here = Files.createDirectories(dir.resolve("here"));
            Path sandbox = Files.createDirectories(dir.resolve("sandbox"));
            Path unreachable = stateLike(client.state, "state-unreachable");
            Files.writeString(
                    unreachable.resolve("identity.json"),
                    Files.readString(client.state.resolve("identity.json"))
                            .replace(product.url(), "https://127.0.0.1:9"));
            Path garbage = stateLike(client.state, "state-garbage");
            Files.writeString(garbage.resolve("identity.json"), "{");
            Path stopped = dir.resolve("stopped");
            product.run("appliance", "init", "--data", stopped.toString(), "--profile", "dev")
                    .mustBe(0);
            RandomCommands commands = new RandomCommands(
                    Path.of(System.getProperty("holdfast.root")),
                    sandbox,
                    source,
                    List.of(
                            client.state.toString(),
                            unreachable.toString(),
                            garbage.toString(),
                            dir.resolve("state-none").toString(),
                            sandbox + "/a-file"),
                    List.of(
                            product.data.toString(),
                            stopped.toString(),
                            sandbox + "/new-data",
                            sandbox + "/a-file",
                            sandbox.toString()),
                    snapshot,
                    product.url());
            System.out.println("surroundings: seed " + SEED + ", " + ROUNDS + " rounds");
            Map<Integer, Integer> ended = new TreeMap<>();
            List<String> failures = new ArrayList<>();
            for (int round = FROM; round < FROM + ROUNDS; round++) {
                Random random = new Random(SEED * 1_000_003 + round);
                RandomCommands.Line line = commands.next(random);
                Surroundings around = surroundings(random, home, temporary, line.endless());
                String what =
                        "seed " + SEED + ", round " + round + ": " + String.join(" ", line.words()) + " in " + around;
                int code = run(around, here, line.words());
                ended.merge(code, 1, Integer::sum);
                try {
                    check(line, around, code, what);
                    mustBeEmpty(here, what);
                    mustBeEmpty(home, what);
                    if (!around.signal.equals("KILL")) {
                        mustBeEmpty(temporary, what);
                        mustHaveNoLeftovers(client.state, what);
                    }
                    mustHaveEnded(product.pid(), what);
                } catch (AssertionError e) {
                    failures.add(String.valueOf(e.getMessage()));
                    System.out.println("FAILED " + e.getMessage());
                }
                if ((round - FROM) % 50 == 49) {
                    System.out.println("surroundings: " + (round - FROM + 1) + " rounds, exit codes: " + ended);
                }
                clear(here);
                clear(home);
                clear(temporary);
            }
            System.out.println("surroundings: exit codes and how often: " + ended);
            assertThat(failures).isEmpty();
            client.backup(0, source.toString());
            mustHaveNoLeftovers(client.state, "after a backup");
        }
    }

    private static void check(RandomCommands.Line line, Surroundings around, int code, String what) throws IOException {
        String out = Files.readString(dir.resolve("out"), StandardCharsets.ISO_8859_1);
        String err = Files.readString(dir.resolve("err"), StandardCharsets.ISO_8859_1);
        String brief = err.length() > 1500 ? err.substring(0, 1500) : err;
        assertThat(line.codes().contains(code) || around.codes.contains(code))
                .as(what + " ended with " + code + ": " + brief)
                .isTrue();
        assertThat(around.outputLost && (code == 0 || code == 1) && PRINTING.contains(line.command()))
                .as(what + " ended with " + code)
                .isFalse();
        if (code > 1 && code < 128 && !around.silent) {
            if (code == 7) {
                assertThat(out + err).as(what).isNotBlank();
            } else {
                assertThat(err).as(what).contains("holdfast: ");
            }
            assertThat(err).as(what).doesNotContain("\tat ", "    at ", "Exception in thread", "failed unexpectedly");
        }
    }

    private static int run(Surroundings around, Path here, List<String> words) throws Exception {
        String script =
                around.before + "exec " + Product.launcher() + " " + String.join(" ", words) + around.redirected;
        // A build in the background may ignore signals, and would pass that on.
        ProcessBuilder builder = new ProcessBuilder("setsid", "env", "--default-signal", "/bin/bash", "-c", script)
                .directory(here.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(dir.resolve("err").toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().putAll(around.environment);
        Process process = builder.start();
        if (!around.signal.isEmpty() && !process.waitFor(around.millis, TimeUnit.MILLISECONDS)) {
            String pid = Long.toString(process.pid());
            new ProcessBuilder("kill", "-" + around.signal, "--", around.toAll ? "-" + pid : pid)
                    .redirectErrorStream(true)
                    .start()
                    .waitFor();
        }
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            return -1;
        }
        return process.exitValue();
    }

    private static void mustBeEmpty(Path directory, String what) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as(what).isEmpty();
        }
    }

    private static void clear(Path directory) throws Exception {
        new ProcessBuilder("find", directory.toString(), "-mindepth", "1", "-delete")
                .start()
                .waitFor();
    }

    private static void mustHaveNoLeftovers(Path state, String what) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            assertThat(files.filter(each -> each.toString().endsWith(".tmp")))
                    .as(what)
                    .isEmpty();
        }
    }

    /** No process of the product is there but the appliance that was there before. */
    private static void mustHaveEnded(long appliance, String what) throws Exception {
        List<String> left = List.of();
        for (int i = 0; i < 200; i++) {
            left = ProcessHandle.allProcesses()
                    .filter(each -> each.pid() != appliance)
                    .map(ProcessHandle::info)
                    .flatMap(info -> info.arguments().stream().map(all -> String.join(" ", all)))
                    .filter(all -> all.contains(dir.toString()) && all.contains("holdfast.launcher"))
                    .toList();
            if (left.isEmpty()) {
                return;
            }
            Thread.sleep(50);
        }
        // They would disturb all rounds that follow.
        ProcessHandle.allProcesses()
                .filter(each -> each.pid() != appliance)
                .filter(each -> String.join(" ", each.info().arguments().orElse(new String[0]))
                        .contains(dir.toString()))
                .filter(each -> each.info().command().orElse("").endsWith("/java"))
                .forEach(ProcessHandle::destroyForcibly);
        assertThat(left).as(what + ": processes that go on").isEmpty();
    }
}
