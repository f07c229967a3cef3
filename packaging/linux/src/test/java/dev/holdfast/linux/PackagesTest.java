package dev.holdfast.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packages are made from the tree as they are released, and are what they should be. */
class PackagesTest {
    private static final long MEGABYTE = 1_000_000;

    @TempDir
    static Path dir;

    private static Path first;

    @BeforeAll
    static void build() throws Exception {
        first = built("first");
    }

    private static Path built(String name) throws Exception {
        Path output = dir.resolve(name);
        run("./build", "--output", output.toString());
        return output;
    }

    /** What a command prints on both its outputs; it must end with 0. */
    private static String run(String... command) throws IOException, InterruptedException {
        Path log = Files.createTempFile(dir, "command", ".log");
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        String said = Files.readString(log);
        assertThat(code).as("%s: %s", List.of(command), said).isZero();
        return said;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.sorted().toList();
        }
    }

    private static List<String> names(Path directory) throws IOException {
        return files(directory).stream()
                .map(each -> each.getFileName().toString())
                .toList();
    }

    private static Path only(String pattern) throws IOException {
        List<Path> found = files(first).stream()
                .filter(each -> each.getFileName().toString().matches(pattern))
                .toList();
        assertThat(found).as(pattern).hasSize(1);
        return found.getFirst();
    }

    @Test
    void twoBuildsGiveTheSameFiles() throws Exception {
        Path second = built("second");
        assertThat(names(second)).isEqualTo(names(first));
        for (String name : names(first)) {
            Path each = first.resolve(name);
            if (name.endsWith(".deb")) {
                // Names the file that differs.
                Path left = dir.resolve("left-" + name);
                Path right = dir.resolve("right-" + name);
                run("dpkg-deb", "-x", each.toString(), left.toString());
                run("dpkg-deb", "-x", second.resolve(name).toString(), right.toString());
                run("diff", "-r", "--no-dereference", left.toString(), right.toString());
            }
            assertThat(second.resolve(name)).hasSameBinaryContentAs(each);
        }
    }

    @Test
    void sizesAreWithinTheirLimits() throws Exception {
        long client = Files.size(only("holdfast-client_.*\\.deb"));
        assertThat(client).isLessThan(60 * MEGABYTE);
        assertThat(client + Files.size(only("holdfast-appliance_.*\\.deb"))).isLessThan(120 * MEGABYTE);
    }

    @Test
    void lintianFindsNoErrors() throws Exception {
        run(
                "lintian",
                "--fail-on=error",
                "--allow-root",
                only("holdfast-client_.*\\.deb").toString(),
                only("holdfast-appliance_.*\\.deb").toString());
    }

    /** Both packages, unpacked in one place, and run from there: the caches of classes hold although the tree was moved. */
    @Test
    void theInstalledProgramsUseTheirCachesOfClasses() throws Exception {
        Path root = dir.resolve("root");
        for (String name : List.of("client", "appliance")) {
            run("dpkg-deb", "-x", only("holdfast-" + name + "_.*\\.deb").toString(), root.toString());
        }
        Path tree = root.resolve("usr/lib/holdfast");
        for (List<String> command : List.of(List.of("--version"), List.of("appliance", "--version"))) {
            String loaded = runFrom(tree, command);
            long cached = loaded.lines()
                    .filter(line -> line.contains("source: shared objects file"))
                    .count();
            long others = loaded.lines()
                    .filter(line -> line.contains("source: file:") || line.contains("source: jrt:"))
                    .count();
            assertThat(cached).as("cached of %s", command).isGreaterThan(500);
            assertThat(others).as("not cached of %s: %s", command, loaded).isLessThan(cached / 10);
        }
    }

    private static String runFrom(Path tree, List<String> command) throws Exception {
        Path log = Files.createTempFile(dir, "classes", ".log");
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of(tree.resolve("holdfast").toString()), command.stream())
                        .toList());
        builder.environment().put("HOLDFAST_JAVA_OPTS", "-Xlog:class+load:file=" + log);
        builder.environment().remove("HOLDFAST_JAVA_HOME");
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("Holdfast ");
        return Files.readString(log);
    }

    @Test
    void systemdAcceptsTheUnitsAndFindsThemConfined() throws Exception {
        Path units = Path.of("../systemd").toAbsolutePath();
        assertThat(exposure(units, "holdfast-appliance")).isLessThanOrEqualTo(2.0);
        assertThat(exposure(units, "holdfast-client")).isLessThanOrEqualTo(5.0);
        String said = run(
                "bash",
                "-c",
                "systemd-analyze verify --man=no " + units + "/*.service " + units + "/*.path " + units
                        + "/*.timer 2>&1 | grep -v 'is not executable: No such file' || true");
        assertThat(said).isBlank();
    }

    private static double exposure(Path units, String name) throws Exception {
        String said = run(
                "systemd-analyze",
                "security",
                "--offline=yes",
                units.resolve(name + ".service").toString());
        String last = said.lines()
                .filter(line -> line.contains("Overall exposure"))
                .findFirst()
                .orElseThrow();
        return Double.parseDouble(last.replaceAll(".*: ([0-9.]+) .*", "$1"));
    }

    /** Shells accept the completions, and offer the commands there are. */
    @Test
    void completionsAndManPagesAreThereForEachCommand() throws Exception {
        Path client = Path.of("target/manual/client/usr/share");
        assertThat(client.resolve("man/man1/holdfast-backup.1")).isNotEmptyFile();
        assertThat(Path.of("target/manual/appliance/usr/share/man/man1/holdfast-appliance-plan-set.1"))
                .isNotEmptyFile();
        run("bash", "-n", client.resolve("bash-completion/completions/holdfast").toString());
        assertThat(client.resolve("fish/vendor_completions.d/holdfast.fish"))
                .content()
                .contains("-a 'backup'", "__fish_seen_subcommand_from appliance; and __fish_seen_subcommand_from plan");
    }
}
