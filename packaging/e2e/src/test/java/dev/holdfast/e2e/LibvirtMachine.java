package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A libvirt of its own, with one machine of real QEMU whose disks change by its monitor. A libvirt that root runs would be that of the
 * system: as root, it is run by another user.
 */
final class LibvirtMachine implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS = 60;
    private static final String NOBODY = "65534";

    final String name;
    private final String uuid = UUID.randomUUID().toString();
    private final Path directory;
    private final boolean root;
    private Process daemon;

    /** @param disks elements of the machine's XML; their files are made by {@link #image} before {@link #define} */
    LibvirtMachine(Path directory, String name) throws Exception {
        this.directory = directory;
        this.name = name;
        this.root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String each : List.of("run", "disks", "libvirt")) {
            Files.createDirectories(directory.resolve(each));
            own(directory.resolve(each));
        }
        Path settings = directory.resolve("libvirt/qemu.conf");
        // By default a process that writes logs is started, and stays.
        Files.writeString(settings, "stdio_handler = \"file\"\n");
        own(settings);
        startDaemon();
    }

    private void own(Path path) throws Exception {
        if (root) {
            Files.setAttribute(path, "unix:uid", Integer.parseInt(NOBODY));
            Files.setAttribute(path, "unix:gid", Integer.parseInt(NOBODY));
        }
    }

    /** A command that the user who runs the machine runs. */
    private ProcessBuilder asUser(String... words) {
        List<String> command = new ArrayList<>();
        if (root) {
            command.addAll(List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"));
        }
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("HOME", directory.toString());
        builder.environment().put("XDG_RUNTIME_DIR", directory.resolve("run").toString());
        builder.environment().put("XDG_CONFIG_HOME", directory.toString());
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("run").toString());
        builder.environment().put("XDG_DATA_HOME", directory.resolve("run").toString());
        return builder;
    }

    void startDaemon() throws Exception {
        Path log = directory.resolve("libvirtd.log");
        Files.deleteIfExists(log);
        daemon = asUser("/usr/sbin/libvirtd", "--timeout", "3600")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (tried("list", "--all").code() != 0) {
            assertThat(daemon.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(System.nanoTime()).as("libvirt answers").isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    void stopDaemon() throws Exception {
        daemon.destroy();
        assertThat(daemon.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** What clients take for their libvirt. */
    Map<String, String> environment() {
        return Map.of(
                "LIBVIRT_DEFAULT_URI", "qemu+unix:///session?socket=" + directory.resolve("run/libvirt/libvirt-sock"));
    }

    Path image(String file, String format, long size) throws Exception {
        Path image = directory.resolve("disks").resolve(file);
        Process made = asUser("qemu-img", "create", "-q", "-f", format, image.toString(), "" + size)
                .start();
        assertThat(made.waitFor()).isZero();
        return image;
    }

    static String disk(Path image, String format, String target, String more) {
        return "<disk type='file' device='disk'><driver name='qemu' type='" + format + "' " + more + "/><source file='"
                + image + "'/><target dev='" + target + "' bus='virtio'/></disk>";
    }

    /** Defines the machine, and starts it. */
    void define(String... devices) throws Exception {
        Path xml = directory.resolve("machine.xml");
        Files.writeString(
                xml,
                "<domain type='qemu'><name>" + name.replace("&", "&amp;") + "</name><uuid>" + uuid
                        + "</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
                        + "<iothreads>1</iothreads><os><type arch='x86_64' machine='pc'>hvm</type></os>"
                        + "<seclabel type='none'/><devices>" + String.join("", devices) + "</devices></domain>");
        virsh("define", xml.toString());
        virsh("start", "--domain", name, "--paused");
    }

    record Ran(int code, String output) {}

    private Ran tried(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "-q"));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment());
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), output.strip());
    }

    String virsh(String... words) throws Exception {
        Ran ran = tried(words);
        assertThat(ran.code).as(List.of(words) + ": " + ran.output).isZero();
        return ran.output;
    }

    JsonNode ask(String command, Map<String, ?> arguments) throws Exception {
        return JSON.readTree(virsh(
                "qemu-monitor-command",
                "--domain",
                name,
                JSON.writeValueAsString(Map.of("execute", command, "arguments", arguments))));
    }

    JsonNode qmp(String command, Map<String, ?> arguments) throws Exception {
        JsonNode answer = ask(command, arguments);
        assertThat(answer.has("return")).as(command + ": " + answer).isTrue();
        return answer.path("return");
    }

    private JsonNode block(String target) throws Exception {
        int number = target.charAt(target.length() - 1) - 'a';
        for (JsonNode each : qmp("query-block", Map.of())) {
            if (each.path("qdev").asText().contains("virtio-disk" + number + "/")) {
                return each;
            }
        }
        throw new AssertionError("no disk " + target);
    }

    /** Writes to a disk like the machine. */
    void write(String target, int pattern, long at, long length) throws Exception {
        String io = "qemu-io -d " + block(target).path("qdev").asText() + " \"write -P " + pattern + " " + at + " "
                + length + "\"";
        assertThat(virsh("qemu-monitor-command", "--domain", name, "--hmp", io)).isEmpty();
    }

    /** What the disk has now; the machine goes on. */
    byte[] content(String target, long size) throws Exception {
        Path copy = image(target + ".now", "raw", size);
        qmp("blockdev-add", Map.of("driver", "file", "filename", copy.toString(), "node-name", "copy"));
        String node = block(target).path("inserted").path("node-name").asText();
        qmp("blockdev-backup", Map.of("job-id", "copy", "device", node, "target", "copy", "sync", "full"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (qmp("query-jobs", Map.of()).toString().contains("\"copy\"")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(10);
        }
        qmp("blockdev-del", Map.of("node-name", "copy"));
        byte[] content = Files.readAllBytes(copy);
        Files.delete(copy);
        return content;
    }

    List<String> bitmaps(String target) throws Exception {
        List<String> names = new ArrayList<>();
        block(target)
                .path("inserted")
                .path("dirty-bitmaps")
                .forEach(each -> names.add(each.path("name").asText()));
        return names;
    }

    String node(String target) throws Exception {
        return block(target).path("inserted").path("node-name").asText();
    }

    List<String> checkpoints() throws Exception {
        return virsh("checkpoint-list", "--domain", name, "--name")
                .lines()
                .filter(each -> !each.isBlank())
                .toList();
    }

    /** Waits until the moment of a backup of so many disks is there. */
    void awaitExports(int disks) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (qmp("query-block-exports", Map.of()).size() < disks) {
            assertThat(System.nanoTime()).as("a backup begins").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** Nothing of backups is in it or on this host but checkpoints. */
    void mustBeClean() throws Exception {
        assertThat(tried("backup-dumpxml", "--domain", name).output).contains("no domain backup job present");
        assertThat(qmp("query-jobs", Map.of())).isEmpty();
        assertThat(qmp("query-block-exports", Map.of())).isEmpty();
        assertThat(ask("nbd-server-stop", Map.of()).path("error").path("desc").asText())
                .contains("not running");
        try (Stream<Path> files = Files.walk(directory.resolve("disks"))) {
            assertThat(files.map(each -> each.getFileName().toString())).noneMatch(each -> each.startsWith("holdfast"));
        }
        try (Stream<Path> files = Files.walk(directory.resolve("libvirt/qemu/lib"))) {
            assertThat(files.map(each -> each.getFileName().toString())).noneMatch(each -> each.startsWith("holdfast"));
        }
    }

    /** As a machine that is shut down: what bitmaps say is stored. */
    void shutDown() throws Exception {
        virsh("destroy", "--domain", name, "--graceful");
    }

    void startAgain() throws Exception {
        virsh("start", "--domain", name, "--paused");
    }

    private ProcessHandle process() throws Exception {
        return ProcessHandle.allProcesses()
                .filter(each -> words(each).contains(uuid))
                .filter(each -> words(each).contains("qemu-system"))
                .findFirst()
                .orElseThrow();
    }

    private static String words(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (java.io.IOException e) {
            return "";
        }
    }

    /** The machine crashes. */
    void kill() throws Exception {
        process().destroyForcibly();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!virsh("domstate", "--domain", name).equals("shut off")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @Override
    public void close() throws Exception {
        if (daemon.isAlive()) {
            tried("destroy", "--domain", name);
            stopDaemon();
        }
    }
}
