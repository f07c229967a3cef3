package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.task.RoomWatch;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.store.volume.Room;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows whether the appliance runs, how full it is and what it holds.")
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        DataDirectory directory = data.open();
        Map<String, Object> status = new LinkedHashMap<>();
        boolean running = directory.inUse();
        status.put("running", running);
        Path run = directory.root().resolve("run.json");
        if (running && Files.exists(run)) {
            var json = new com.fasterxml.jackson.databind.ObjectMapper()
                    .readTree(Files.readString(run, StandardCharsets.UTF_8));
            status.put("pid", json.path("pid").asLong());
            status.put(
                    "listen",
                    Output.authority(
                            json.path("host").asText(), json.path("port").asInt()));
        }
        status.put("profile", directory.profile().name());
        Room room;
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            Map<String, String> values = control.status().all();
            for (String name : new String[] {"usedBytes", "chunks", "snapshots", "connections", "backupsRunning"}) {
                status.put(name, Long.parseLong(values.getOrDefault(name, "0")));
            }
            room = directory.room(Long.parseLong(values.getOrDefault("usedBytes", "0")));
            status.put("capacityBytes", room.capacityBytes());
            status.put("leftBytes", room.leftBytes());
            status.put("profileBytes", room.profileBytes());
            status.put(
                    "nodes",
                    control.nodes().list().stream().filter(Node::active).count());
            status.put("maxNodes", directory.profile().nodes());
        }
        if (json) {
            Output.json(out, status);
            return ExitCode.OK;
        }
        out.println(running ? "running, listens on https://" + status.get("listen") : "not running");
        out.println("profile    " + directory.profile().name() + ": "
                + directory.profile().description());
        out.println("used       " + RoomWatch.figures(room));
        if (room.leftBytes() == 0) {
            out.println("           full: backups are refused");
        }
        out.println("chunks     " + status.get("chunks"));
        out.println("snapshots  " + status.get("snapshots"));
        out.println("nodes      " + status.get("nodes") + " of " + status.get("maxNodes"));
        out.println("backups    " + status.get("backupsRunning") + " running");
        return ExitCode.OK;
    }
}
