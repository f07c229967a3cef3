package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Answers like the monitor of a machine with one disk, and keeps what backups put into it, as far as removing it needs. It has no NBD
 * server that anybody could read from. It can fail at any command.
 */
final class FakeMachine implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DISK = "disk-node";

    /** How a command goes wrong. */
    enum Fault {
        REFUSED,
        CLOSED,
        CLOSED_BEHIND,
        GARBAGE,
        SILENT
    }

    final Set<String> nodes = new TreeSet<>();
    final Map<String, String> jobs = new LinkedHashMap<>();
    final Set<String> exports = new TreeSet<>();
    /** By name, whether it records. */
    final Map<String, Boolean> bitmaps = new LinkedHashMap<>();
    /** What the bitmap noted. */
    final Map<String, Set<String>> changes = new LinkedHashMap<>();

    /** Null where no NBD server runs. */
    SocketPeer server;

    private final SocketPeer peer;
    private Fault fault = Fault.REFUSED;
    private int left = -1;
    private String failed = "";

    FakeMachine(Path monitor) throws IOException {
        peer = new SocketPeer(monitor, this::serve);
    }

    /** @param commands that go right before */
    synchronized void failAfter(int commands, Fault with) {
        left = commands;
        fault = with;
        failed = "";
    }

    /** The command that went wrong; empty where none did. */
    synchronized String failed() {
        return failed;
    }

    /** The machine writes. */
    synchronized void write(String what) {
        bitmaps.forEach((name, recording) -> {
            if (recording) {
                changes.computeIfAbsent(name, each -> new LinkedHashSet<>()).add(what);
            }
        });
    }

    private void serve(InputStream in, OutputStream out) throws IOException {
        send(out, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}");
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode asked = JSON.readTree(line);
            String answer = answer(
                    asked.path("execute").asText(),
                    asked.path("arguments"),
                    asked.path("id").asText());
            if (answer == null) {
                return;
            }
            send(out, answer);
        }
    }

    private static void send(OutputStream out, String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Null where the connection ends. */
    private synchronized String answer(String command, JsonNode arguments, String id) throws IOException {
        boolean now = left == 0;
        left--;
        if (now) {
            failed = command;
            switch (fault) {
                case CLOSED -> {
                    return null;
                }
                case CLOSED_BEHIND -> {
                    run(command, arguments);
                    return null;
                }
                case GARBAGE -> {
                    run(command, arguments);
                    return "what?";
                }
                case SILENT -> {
                    run(command, arguments);
                    return "";
                }
                case REFUSED -> {
                    return error(id, "as the test wants it");
                }
            }
        }
        Object result = run(command, arguments);
        return result == null
                ? error(id, "cannot do " + command + " " + arguments)
                : JSON.writeValueAsString(Map.of("return", result, "id", id));
    }

    private static String error(String id, String description) throws IOException {
        return JSON.writeValueAsString(Map.of("error", Map.of("desc", description), "id", id));
    }

    /** What it returns; null where it is refused. */
    private Object run(String command, JsonNode arguments) {
        String node = arguments.path("node-name").asText();
        return switch (command) {
            case "qmp_capabilities" -> Map.of();
            case "query-version" -> Map.of("qemu", Map.of("major", 7), "package", "");
            case "query-name" -> Map.of("name", "fake");
            case "query-uuid" -> Map.of("UUID", "00000000-0000-0000-0000-000000000001");
            case "query-target" -> Map.of("arch", "x86_64");
            case "query-block" -> List.of(block());
            case "query-named-block-nodes" -> named();
            case "query-jobs" -> {
                List<Object> list = new ArrayList<>();
                jobs.forEach((id, status) -> list.add(Map.of("id", id, "status", status)));
                yield list;
            }
            case "query-block-exports" ->
                exports.stream().map(id -> Map.of("id", id, "type", "nbd")).toList();
            case "blockdev-create" -> done(jobs.put(arguments.path("job-id").asText(), "concluded") == null);
            case "job-dismiss", "job-cancel" ->
                done(jobs.remove(arguments.path("id").asText()) != null);
            case "blockdev-add" -> done(nodes.add(node));
            case "blockdev-del" -> done(jobs.isEmpty() && exports.isEmpty() && nodes.remove(node));
            case "nbd-server-start" ->
                done(startServer(
                        Path.of(arguments.path("addr").path("data").path("path").asText())));
            case "nbd-server-stop" -> done(stopServer());
            case "block-export-add" ->
                done(server != null
                        && nodes.contains(node)
                        && exports.add(arguments.path("id").asText()));
            case "transaction" -> transaction(arguments.path("actions"));
            case "block-dirty-bitmap-remove" ->
                done(bitmaps.remove(arguments.path("name").asText()) != null);
            default -> null;
        };
    }

    /** Listens, and closes whatever connects. */
    private boolean startServer(Path socket) {
        if (server != null) {
            return false;
        }
        try {
            server = new SocketPeer(socket, (in, out) -> {});
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean stopServer() {
        if (server == null) {
            return false;
        }
        try {
            server.close();
        } catch (IOException e) {
            return false;
        }
        server = null;
        exports.clear();
        return true;
    }

    private static Object done(boolean done) {
        return done ? Map.of() : null;
    }

    private Object transaction(JsonNode actions) {
        for (JsonNode each : actions) {
            JsonNode data = each.path("data");
            String name = data.path("name").asText();
            switch (each.path("type").asText()) {
                case "block-dirty-bitmap-add", "block-dirty-bitmap-enable" -> bitmaps.put(name, true);
                case "block-dirty-bitmap-disable" -> bitmaps.put(name, false);
                case "block-dirty-bitmap-remove" -> bitmaps.remove(name);
                case "block-dirty-bitmap-merge" -> {
                    Set<String> into =
                            changes.computeIfAbsent(data.path("target").asText(), target -> new LinkedHashSet<>());
                    into.addAll(
                            changes.getOrDefault(data.path("bitmaps").path(0).asText(), Set.of()));
                }
                case "blockdev-backup" -> jobs.put(data.path("job-id").asText(), "running");
                default -> {
                    return null;
                }
            }
        }
        return Map.of();
    }

    private Object block() {
        Map<String, Object> image = Map.of("virtual-size", 1 << 20, "filename", "disk.raw");
        return Map.of(
                "device",
                "disk",
                "qdev",
                "/machine/peripheral/disk/virtio-backend",
                "removable",
                false,
                "inserted",
                Map.of(
                        "node-name",
                        DISK,
                        "drv",
                        "raw",
                        "file",
                        "disk.raw",
                        "ro",
                        false,
                        "image",
                        image,
                        "dirty-bitmaps",
                        bitmapList()));
    }

    private Object named() {
        List<Object> list = new ArrayList<>();
        list.add(Map.of("node-name", DISK, "dirty-bitmaps", bitmapList()));
        nodes.forEach(each -> list.add(Map.of("node-name", each)));
        return list;
    }

    private List<Object> bitmapList() {
        List<Object> list = new ArrayList<>();
        bitmaps.forEach((name, recording) -> list.add(Map.of(
                "name",
                name,
                "recording",
                recording,
                "busy",
                false,
                "persistent",
                false,
                "granularity",
                PointInTime.GRANULARITY)));
        return list;
    }

    @Override
    public void close() throws IOException {
        peer.close();
    }
}
