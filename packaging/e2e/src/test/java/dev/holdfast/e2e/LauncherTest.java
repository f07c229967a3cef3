package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The surroundings in which commands are started: whatever is wrong with them is said, with exit code 3 and not 1. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LauncherTest {
    private static final String PLAIN = "exec \"$0\" \"$@\"";
    private static final int NOBODY = 65534;

    @TempDir
    static Path dir;

    private Product product;
    private Product.Client client;
    private Shell shell;
    private Path source;

    @BeforeAll
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("one");
        shell = new Shell(dir.resolve("shell"));
        source = Files.createDirectories(dir.resolve("source"));
        Files.writeString(source.resolve("file"), "content");
        client.backup(0, source.toString());
    }

    @AfterAll
    void stop() throws Exception {
        product.close();
    }

    private String[] on(Path state, String... words) {
        List<String> all = new ArrayList<>(List.of("--state", state.toString()));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
            for (Path each : files) {
                if (Files.isRegularFile(each)) {
                    Files.copy(each, to.resolve(each.getFileName()));
                }
            }
        }
    }

    @Test
    void worksWithoutAnyEnvironment() throws Exception {
        shell.run(Map.of(), "exec env -i \"$0\" \"$@\"", on(client.state, "snapshots"))
                .mustBe(0);
        shell.run(Map.of(), "exec env -i \"$0\" \"$@\"", "appliance", "status", "--data", product.data.toString())
                .mustBe(0);
    }

    @Test
    void ignoresOptionsOfOtherJavaPrograms() throws Exception {
        Map<String, String> others =
                Map.of("JAVA_TOOL_OPTIONS", "-Xnonsense", "_JAVA_OPTIONS", "-Xmx1k", "JDK_JAVA_OPTIONS", "-Dx");
        assertThat(shell.run(others, PLAIN, on(client.state, "snapshots"))
                        .mustBe(0)
                        .err())
                .isEmpty();
        Shell.mustExplain(shell.run(Map.of("HOLDFAST_JAVA_OPTS", "-Xnonsense"), PLAIN, "--version"), 3, "-Xnonsense");
    }

    /** Commands that are slow for want of a library say so, in one line for each; others, and users who chose this, are spared. */
    @Test
    void missingLibrariesAreToldByWhatIsSlowWithoutThem() throws Exception {
        Path fewer = Files.createDirectories(dir.resolve("native"));
        Path libraries = Path.of(Product.launcher()).resolveSibling("native");
        try (DirectoryStream<Path> all = Files.newDirectoryStream(libraries, "lib{amazon,rocksdb,sqlite,zstd}*")) {
            for (Path each : all) {
                Files.createSymbolicLink(fewer.resolve(each.getFileName()), each.toAbsolutePath());
            }
        }
        String path = "-Djava.library.path=" + fewer;
        Map<String, String> without = Map.of("HOLDFAST_JAVA_OPTS", path);
        Map<String, String> chosen =
                Map.of("HOLDFAST_JAVA_OPTS", path + " -Dholdfast.chunker=java -Dholdfast.blake3=java");
        String[] backup = on(client.state, "backup", source.toString());
        // The system may have the library for hashes.
        assertThat(shell.run(without, PLAIN, backup)
                        .mustBe(0)
                        .err()
                        .lines()
                        .filter(line -> !line.contains("libblake3")))
                .singleElement()
                .asString()
                .contains("WARNING", "cut into chunks in Java", "no libholdfast-cut.so that works");
        assertThat(shell.run(chosen, PLAIN, backup).mustBe(0).err()).isEmpty();
        assertThat(shell.run(without, PLAIN, on(client.state, "ls", "latest"))
                        .mustBe(0)
                        .err())
                .isEmpty();
    }

    @Test
    void refusesADeletedWorkingDirectory() throws Exception {
        String script = "mkdir gone; cd gone; rmdir ../gone; exec \"$0\" \"$@\"";
        Shell.mustExplain(
                shell.run(null, "cd " + dir + "; " + script, on(client.state, "snapshots")),
                3,
                "working directory does not exist");
    }

    @Test
    void namesLimitsThatAreTooLow() throws Exception {
        for (String limit : List.of("-n 30", "-n 120", "-s 100", "-v 300000", "-v 900000", "-d 20000")) {
            Product.Result result =
                    shell.run(null, "ulimit " + limit + "; exec \"$0\" \"$@\"", on(client.state, "snapshots"));
            Shell.mustExplain(result, 3, "raise");
        }
        for (String limit : List.of("-n 256", "-s 128", "-v 3000000")) {
            shell.run(null, "ulimit " + limit + "; exec \"$0\" \"$@\"", on(client.state, "backup", source.toString()))
                    .mustBe(0);
        }
    }

    @Test
    void namesWhatTheInstallationLacks() throws Exception {
        Path tree = dir.resolve("tree");
        Files.createDirectories(tree.resolve("lib"));
        Path launcher = Files.copy(Path.of(Product.launcher()), tree.resolve("holdfast"));
        Shell.mustExplain(shell.run(null, "exec " + launcher + " --version"), 3, "incomplete");
    }

    /** A tree of its own with one archive cut short. */
    private Path damaged(String archive) throws Exception {
        Path built = Path.of(Product.launcher()).getParent();
        Path tree = dir.resolve("tree-" + archive);
        assertThat(new ProcessBuilder("cp", "-a", built.toString(), tree.toString())
                        .start()
                        .waitFor())
                .isZero();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(tree.resolve("lib"), archive + "-*.jar")) {
            Path jar = found.iterator().next();
            byte[] content = Files.readAllBytes(jar);
            // A new inode, in case that the copy shares them; as old as before, so that the cache is not made anew.
            var time = Files.getLastModifiedTime(jar);
            Files.delete(jar);
            Files.write(jar, Arrays.copyOf(content, content.length / 2));
            Files.setLastModifiedTime(jar, time);
        }
        // Classes in the cache need no jar: an empty one is as good as none, and is not made anew.
        try (DirectoryStream<Path> caches = Files.newDirectoryStream(tree.resolve("aot"), "*.jsa")) {
            for (Path cache : caches) {
                Files.write(cache, new byte[0]);
            }
        }
        return tree.resolve("holdfast");
    }

    /** A JVM that does not start ends with 1 by itself. */
    @Test
    void aJvmThatDoesNotStartIsNoWarning() throws Exception {
        for (String archive : List.of("picocli", "holdfast-agent", "holdfast-protocol", "holdfast-server")) {
            Path launcher = damaged(archive);
            String command = archive.equals("holdfast-server") ? "appliance status --data x" : "--version";
            Product.Result result = shell.run(null, "exec " + launcher + " " + command);
            assertThat(result.code()).as(archive + ": " + result.err()).isEqualTo(3);
            assertThat(result.err()).as(archive).contains("holdfast: ");
        }
        String service = damaged("jackson-core") + " --state " + client.state + " service";
        assertThat(shell.run(null, "exec " + service).code()).isEqualTo(3);
        Path data = dir.resolve("too-much-memory");
        shell.run(null, PLAIN, "appliance", "init", "--data", data.toString(), "--profile", "dev")
                .mustBe(0);
        Files.writeString(data.resolve("jvm.options"), "-Xmx999999999m\n");
        for (String command : List.of("status", "run")) {
            Product.Result result = shell.run(null, PLAIN, "appliance", command, "--data", data.toString());
            Shell.mustExplain(result, 3, "Java");
        }
        for (String options : List.of("-Xmx999999999m", "-XX:+NoSuchOption", "-javaagent:none.jar", "-Xmx1k")) {
            Shell.mustExplain(shell.run(Map.of("HOLDFAST_JAVA_OPTS", options), PLAIN, "--version"), 3, "Java");
        }
    }

    @Test
    void theEnvironmentNamesTheDataDirectory() throws Exception {
        Path data = dir.resolve("from-environment");
        Map<String, String> named = Map.of("HOLDFAST_DATA", data.toString());
        shell.run(named, PLAIN, "appliance", "init", "--profile", "dev").mustBe(0);
        shell.run(named, PLAIN, "appliance", "status").mustBe(0);
        String none = dir.resolve("none").toString();
        Shell.mustExplain(shell.run(named, PLAIN, "appliance", "status", "--data", none), 3, "is no appliance");
        Shell.mustExplain(shell.run(null, PLAIN, "appliance", "status"), 2, "--data is missing", "HOLDFAST_DATA");
        Files.writeString(data.resolve("jvm.options"), "-Xmx999999999m\n");
        Shell.mustExplain(shell.run(named, PLAIN, "appliance", "status"), 3, "Java");
    }

    @Test
    void aJvmWithoutMemoryIsNoWarning() throws Exception {
        Path large = dir.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(256L << 20);
        }
        String options = "-Xms16m -Xmx16m -XX:-ExitOnOutOfMemoryError -XX:";
        for (String then : List.of("+CrashOnOutOfMemoryError", "+ExitOnOutOfMemoryError")) {
            Product.Result result = shell.run(
                    Map.of("HOLDFAST_JAVA_OPTS", options + then),
                    PLAIN,
                    on(client.state, "backup", "--dry-run", "--files-from", large.toString()));
            assertThat(result.code()).as(result.err()).isIn(3, 134);
            assertThat(result.err()).isNotBlank();
        }
    }

    /** The Java process of a launcher that waits for it, or that it replaced. */
    private static ProcessHandle java(Process launcher) throws InterruptedException {
        while (launcher.isAlive()) {
            Optional<ProcessHandle> found = Stream.concat(Stream.of(launcher.toHandle()), launcher.children())
                    .filter(each -> each.info().command().orElse("").endsWith("/java"))
                    .findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            Thread.sleep(5);
        }
        throw new AssertionError("ended with " + launcher.exitValue());
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void aJvmThatCrashesOrIsKilledIsNoWarning() throws Exception {
        String waits = "exec \"$0\" \"$@\" < <(sleep 120)";
        String[] backup = on(client.state, "backup", "--stdin", "dump");
        Map<String, List<Integer>> codes = Map.of(
                // The JVM turns a violation into an abort, but not before it has installed its handlers.
                "SEGV", List.of(134, 139),
                "BUS", List.of(134, 135),
                "ABRT", List.of(134),
                "KILL", List.of(137));
        for (Map.Entry<String, List<Integer>> each : codes.entrySet()) {
            Process launcher = shell.start(null, waits, backup);
            signal(each.getKey(), java(launcher).pid());
            assertThat(launcher.waitFor()).as(each.getKey()).isIn(each.getValue());
            assertThat(shell.err()).contains("holdfast: the Java process was ended by signal");
        }
        // What runs for long has replaced the launcher.
        Process service = shell.start(null, PLAIN, on(client.state, "service"));
        while (!service.info().command().orElse("").endsWith("/java")) {
            assertThat(service.isAlive()).isTrue();
            Thread.sleep(5);
        }
        signal("SEGV", service.pid());
        assertThat(service.waitFor()).isIn(134, 139);
        assertThat(client.run("snapshots").mustBe(0).out()).doesNotContain("dump");
    }

    @Test
    void signalsToTheLauncherReachTheJvm() throws Exception {
        String waits = "exec \"$0\" \"$@\" < <(sleep 120)";
        for (Map.Entry<String, Integer> each :
                Map.of("TERM", 143, "INT", 130, "HUP", 129, "KILL", 137).entrySet()) {
            Process launcher = shell.start(null, waits, on(client.state, "backup", "--stdin", "dump"));
            ProcessHandle java = java(launcher);
            signal(each.getKey(), launcher.pid());
            assertThat(launcher.waitFor()).as(each.getKey()).isEqualTo(each.getValue());
            java.onExit().get(60, TimeUnit.SECONDS);
            assertThat(java.isAlive()).as(each.getKey()).isFalse();
        }
    }

    /** nohup, and a shell's own jobs in the background, ignore signals for all that they start. */
    @Test
    void ignoredSignalsStayIgnored() throws Exception {
        Process launcher = shell.start(
                null,
                "trap '' HUP INT; exec \"$0\" \"$@\" < <(sleep 3)",
                on(client.state, "backup", "--stdin", "kept"));
        ProcessHandle java = java(launcher);
        signal("HUP", launcher.pid());
        signal("INT", java.pid());
        assertThat(launcher.waitFor()).as(shell.err()).isZero();
    }

    @Test
    void outputThatCannotBeWrittenFailsEveryCommand() throws Exception {
        Path target = dir.resolve("target");
        for (String[] words : List.of(
                new String[] {"--help"},
                new String[] {"--version"},
                on(client.state, "snapshots"),
                on(client.state, "snapshots", "--json"),
                on(client.state, "ls", "latest"),
                on(client.state, "ls", "-r", "--json", "latest"),
                on(client.state, "find", "file"),
                on(client.state, "cat", "latest:" + source + "/file"),
                on(client.state, "diff", "latest", "latest", "--help"),
                on(client.state, "verify", "latest"),
                on(client.state, "report", "latest"),
                on(client.state, "backup", source.toString()),
                on(client.state, "backup", "--json", "--dry-run", source.toString()),
                on(client.state, "restore", "latest", "--target", target.toString()),
                on(client.state, "relocate", product.url()),
                new String[] {"compare", source.toString(), source.toString()})) {
            Product.Result result = shell.run(null, "exec \"$0\" \"$@\" >/dev/full", words);
            Shell.mustExplain(result, 3, "standard output cannot be written: No space left on device");
        }
        shell.run(null, "exec \"$0\" \"$@\" >&-", on(client.state, "snapshots")).mustBe(3);
        // The reader ended first, as head does: nothing to say.
        Product.Result cut = shell.run(
                null, "\"$0\" \"$@\" | sleep 0; exit ${PIPESTATUS[0]}", on(client.state, "ls", "-r", "latest"));
        assertThat(cut.code()).isEqualTo(141);
        assertThat(cut.err()).isEmpty();
    }

    @Test
    void closedDescriptorsBecomeNobodysFiles() throws Exception {
        shell.run(null, "exec \"$0\" \"$@\" 2>&-", on(client.state, "snapshots"))
                .mustBe(0);
        shell.run(null, "exec \"$0\" \"$@\" <&- 2>&-", on(client.state, "snapshots"))
                .mustBe(0);
        Product.Result backup =
                shell.run(null, "exec \"$0\" \"$@\" <&-", on(client.state, "backup", "--stdin", "dump"));
        assertThat(backup.code()).isEqualTo(3);
        assertThat(client.run("snapshots").out()).doesNotContain("dump");
    }

    @Test
    void goesOnWithoutACopyOfTheFileList() throws Exception {
        Path state = product.enrol("full").state;
        // Even root cannot make this directory.
        Files.writeString(state.resolve("previous"), "a file");
        Product.Result result = shell.run(null, PLAIN, on(state, "backup", source.toString()));
        result.mustBe(0);
        assertThat(result.err()).contains("no copy of the snapshot's file list");
    }

    @Test
    void goesOnWithAStateDirectoryThatIsFullOrReadOnly() throws Exception {
        Shell.assumeNamespaces();
        String[] backup = on(Path.of("/mnt"), "backup", source.toString());
        Path enrolled = product.enrol("memory").state;
        String prepare = "mount -t tmpfs -o size=100k,mode=700 none /mnt; cp " + enrolled + "/*.* /mnt/; ";
        String inside = "; \"$0\" \"$@\"' \"$0\" \"$@\"";
        shell.run(null, "exec unshare --mount bash -c '" + prepare + "cat /dev/zero >/mnt/fill" + inside, backup)
                .mustBe(0);
        shell.run(null, "exec unshare --mount bash -c '" + prepare + "mount -o remount,ro /mnt" + inside, backup)
                .mustBe(0);
    }

    @Test
    void runsOnAHostWhoseNameNobodyKnows() throws Exception {
        Shell.assumeNamespaces();
        String script =
                "exec unshare --uts sh -c 'hostname nobody-knows-this.invalid; exec \"$0\" \"$@\"' \"$0\" \"$@\"";
        shell.run(null, script, on(client.state, "backup", source.toString())).mustBe(0);
        Path data = dir.resolve("unnamed");
        shell.run(null, script, "appliance", "init", "--data", data.toString(), "--profile", "dev")
                .mustBe(0);
        Process running = shell.start(
                null,
                script,
                "appliance",
                "run",
                "--data",
                data.toString(),
                "--listen",
                "127.0.0.1:0",
                "--api",
                "127.0.0.1:0");
        try {
            while (!Files.exists(data.resolve("run.json"))) {
                assertThat(running.isAlive()).isTrue();
                // Stopped in the very moment that it can be found.
                Thread.sleep(1);
            }
        } finally {
            running.destroy();
        }
        assertThat(running.waitFor()).isZero();
    }

    @Test
    void refusesStateAndDataOfAnotherUser() throws Exception {
        Path state = dir.resolve("state-foreign");
        Path data = dir.resolve("data-foreign");
        if (Files.getAttribute(dir, "unix:uid").equals(0)) {
            copy(client.state, state);
            Files.setAttribute(state, "unix:uid", NOBODY);
            shell.run(null, PLAIN, "appliance", "init", "--data", data.toString(), "--profile", "dev")
                    .mustBe(0);
            Files.setAttribute(data, "unix:uid", NOBODY);
        } else {
            // Who cannot give a directory away finds one that is root's.
            state = Path.of("/usr");
            data = state;
        }
        Shell.mustExplain(
                shell.run(null, PLAIN, on(state, "backup", source.toString())), 3, "belongs to", state.toString());
        assertThat(state.resolve("previous")).doesNotExist();
        Shell.mustExplain(
                shell.run(null, PLAIN, "appliance", "rebuild-index", "--data", data.toString()),
                3,
                "belongs to",
                data.toString());
    }

    @Test
    void keepsATreeOfTwentyThousandLevels() throws Exception {
        Path deep = dir.resolve("deep");
        String make = "import os,sys\nos.makedirs(sys.argv[1])\nat=os.open(sys.argv[1],os.O_RDONLY)\n"
                + "for i in range(int(sys.argv[2])):\n os.mkdir('d',dir_fd=at);n=os.open('d',os.O_RDONLY,dir_fd=at);os.close(at);at=n\n";
        assertThat(new ProcessBuilder("python3", "-c", make, deep.toString(), "20000")
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        try {
            assertThat(client.backup(0, deep.toString()).path("directories").asInt())
                    .isGreaterThan(20_000);
            assertThat(client.run("ls", "latest:" + deep).mustBe(0).out().lines())
                    .containsExactly(deep + "/d/");
            client.run("verify", "latest").mustBe(0);
        } finally {
            // Java's own way of deleting is recursive.
            new ProcessBuilder("rm", "-rf", deep.toString()).start().waitFor();
        }
    }
}
