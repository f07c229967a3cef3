package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A real machine of QEMU that never starts its processor: its disks change by its monitor. It has two monitors, one for the test and one
 * for the backup.
 */
final class VirtualMachine implements AutoCloseable {
    static final String UUID = "5f0c8a4e-0d4b-4c6c-9b7e-1f2a3b4c5d6e";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS = 60;

    private final Path directory;
    private final List<String> options;
    private Process process;
    private SocketChannel channel;
    private BufferedReader lines;

    /** @param options of its disks */
    VirtualMachine(Path directory, String... options) throws Exception {
        this.directory = directory;
        this.options = List.of(options);
        start();
    }

    void start() throws Exception {
        Files.deleteIfExists(monitor());
        Files.deleteIfExists(control());
        List<String> command = new ArrayList<>(List.of(
                "qemu-system-x86_64",
                "-accel",
                "tcg",
                "-M",
                "q35",
                "-m",
                "32",
                "-S",
                "-display",
                "none",
                "-nodefaults",
                "-name",
                "mail",
                "-uuid",
                UUID,
                "-qmp",
                "unix:" + monitor() + ",server=on,wait=off",
                "-qmp",
                "unix:" + control() + ",server=on,wait=off"));
        command.addAll(options);
        Path log = directory.resolve("qemu.log");
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!connect()) {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
        lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        assertThat(line("the connection")).contains("QMP");
        qmp("qmp_capabilities", Map.of());
    }

    private boolean connect() {
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(control()));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The monitor for backups. */
    Path monitor() {
        return directory.resolve("qmp");
    }

    private Path control() {
        return directory.resolve("control");
    }

    /** Runs a command, which must succeed. */
    JsonNode qmp(String command, Map<String, ?> arguments) throws IOException {
        JsonNode answer = ask(command, arguments);
        assertThat(answer.has("return"))
                .as(command + " " + arguments + ": " + answer)
                .isTrue();
        return answer.path("return");
    }

    /** What the machine answers. */
    JsonNode ask(String command, Map<String, ?> arguments) throws IOException {
        byte[] json = JSON.writeValueAsBytes(Map.of("execute", command, "arguments", arguments));
        channel.write(ByteBuffer.wrap(json));
        JsonNode answer = JSON.readTree(line(command));
        while (answer.has("event")) {
            answer = JSON.readTree(line(command));
        }
        return answer;
    }

    /** The next one; a machine that hangs fails the test. */
    private String line(String command) throws IOException {
        FutureTask<String> next = new FutureTask<>(lines::readLine);
        Thread.ofVirtual().start(next);
        try {
            return next.get(SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the machine does not answer to " + command, e);
        } catch (InterruptedException | ExecutionException e) {
            throw new IOException(command, e);
        }
    }

    /** Writes to a disk like the machine. */
    void write(String device, int pattern, long at, long length) throws IOException {
        String io = "qemu-io " + device + " \"write -P " + pattern + " " + at + " " + length + "\"";
        assertThat(qmp("human-monitor-command", Map.of("command-line", io)).asText())
                .isEmpty();
    }

    /** Of a disk, and what each says. */
    List<String> bitmaps(String device) throws IOException {
        List<String> names = new ArrayList<>();
        for (JsonNode each : qmp("query-block", Map.of())) {
            if (each.path("device").asText().equals(device)) {
                each.path("inserted")
                        .path("dirty-bitmaps")
                        .forEach(bitmap -> names.add(bitmap.path("name").asText()));
            }
        }
        return names;
    }

    String node(String device) throws IOException {
        for (JsonNode each : qmp("query-block", Map.of())) {
            if (each.path("device").asText().equals(device)) {
                return each.path("inserted").path("node-name").asText();
            }
        }
        throw new AssertionError("no device " + device);
    }

    /** Waits until the moment of a backup of so many disks is there. */
    void awaitExports(int disks) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (qmp("query-block-exports", Map.of()).size() < disks) {
            assertThat(System.nanoTime()).as("a backup begins").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /**
     * Ends what backups read, as another program could. Not by nbd-server-stop: with a client that stands still, QEMU 7.2 waits in it
     * for the answers that the client does not take.
     */
    void endExports() throws IOException {
        for (JsonNode each : qmp("query-block-exports", Map.of())) {
            qmp("block-export-del", Map.of("id", each.path("id").asText(), "mode", "hard"));
        }
    }

    /** The client stands still. */
    static void suspend(Product.Running backup) throws Exception {
        signal(backup, "STOP");
        assertThat(backup.process().isAlive()).isTrue();
    }

    static void goOn(Product.Running backup) throws Exception {
        signal(backup, "CONT");
    }

    private static void signal(Product.Running backup, String name) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("kill", "-" + name, "" + backup.process().pid()));
        backup.process().descendants().forEach(each -> command.add("" + each.pid()));
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }

    /** Nothing of backups is in it but bitmaps: no job, export, node or server. */
    void mustBeClean() throws IOException {
        assertThat(qmp("query-jobs", Map.of())).isEmpty();
        assertThat(qmp("query-block-exports", Map.of())).isEmpty();
        for (JsonNode each : qmp("query-named-block-nodes", Map.of("flat", true))) {
            assertThat(each.path("node-name").asText()).doesNotStartWith("holdfast-");
        }
        assertThat(ask("nbd-server-stop", Map.of()).path("error").path("desc").asText())
                .contains("not running");
    }

    /** As a machine that is shut down: what bitmaps say is stored. */
    void shutDown() throws Exception {
        channel.close();
        process.destroy();
        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    void kill() throws Exception {
        channel.close();
        process.destroyForcibly().waitFor();
    }

    Process process() {
        return process;
    }

    @Override
    public void close() throws Exception {
        if (process.isAlive()) {
            kill();
        }
    }
}
