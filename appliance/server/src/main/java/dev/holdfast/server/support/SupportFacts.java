package dev.holdfast.server.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.upgrade.FormatCheck;
import dev.holdfast.protocol.support.Bundle;
import dev.holdfast.protocol.support.Masking;
import dev.holdfast.protocol.support.SystemFacts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a support bundle tells of an appliance: by its API as far as that works, and by its files. Used by one thread. */
public final class SupportFacts {
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final int MOST_DEPTH = 30;
    /** Fields whose values name files, also where they do not look like it. */
    private static final Set<String> NAMING = Set.of(
            "path",
            "paths",
            "sources",
            "excludes",
            "exclude",
            "include",
            "target",
            "targets",
            "log",
            "before",
            "after");

    /** What the API is asked for. */
    private record Asked(String name, String path, String what) {
        /** Whether it quotes what programs said of files. */
        boolean log() {
            return path.startsWith("/events") || path.startsWith("/tasks");
        }
    }

    private static final List<Asked> ASKED = List.of(
            new Asked("status.txt", "/status", "state, room and certificates"),
            new Asked("overview.txt", "/overview", "what needs attention"),
            new Asked("profile.txt", "/profile", "the hardware profile"),
            new Asked("volumes.txt", "/volumes", "volumes, and whether they are there"),
            new Asked("hardware.txt", "/hardware", "health of the server's parts"),
            new Asked("vaults.txt", "/vaults", "vaults, without credentials"),
            new Asked("nodes.txt", "/nodes?limit=1000", "nodes"),
            new Asked("plans.txt", "/plans?limit=1000", "plans"),
            new Asked("policies.txt", "/policies", "retention policies"),
            new Asked("alert-channels.txt", "/alert-channels", "alert channels, without secrets"),
            new Asked("events.txt", "/events?limit=1000", "the newest 1,000 events"),
            new Asked("tasks.txt", "/tasks?limit=1000", "the newest 1,000 tasks"));

    private final Path root;
    private final boolean fileNames;
    private final Ask ask;

    /** How the API is asked. */
    @FunctionalInterface
    public interface Ask {
        /** @param path below the API's root, with the query */
        JsonNode get(String path) throws IOException;
    }

    /** @param fileNames whether names of files stay in it */
    public SupportFacts(Path root, boolean fileNames, Ask ask) {
        this.root = root;
        this.fileNames = fileNames;
        this.ask = ask;
    }

    /** A bundle with what is known of the machine; {@link #addTo} adds the rest. */
    public Bundle bundle() {
        List<String> places = new ArrayList<>(List.of("/etc/holdfast", "/run/holdfast", "/usr/lib/holdfast"));
        places().forEach(each -> places.add(each.toString()));
        return new Bundle(new Masking(fileNames, places))
                .add(
                        "system.txt",
                        "release, operating system, Java, processors, memory, room on the volumes",
                        () -> SystemFacts.text(places()));
    }

    /** The data directory and the volumes, as far as they are known. */
    private List<Path> places() {
        List<Path> places = new ArrayList<>(List.of(root));
        try {
            places.addAll(DataDirectory.look(root).volumes());
        } catch (IOException e) {
            // The formats in the bundle say why.
            return places;
        }
        return places;
    }

    /** @param days of logs */
    public void addTo(Bundle bundle, int days) {
        bundle.add(
                "formats.txt",
                "formats in the data directory, and which releases ran",
                () -> text(FormatCheck.look(root)));
        for (Asked each : ASKED) {
            Bundle.Source asked = () -> text(ask.get(each.path));
            if (each.log()) {
                bundle.addLog(each.name, each.what, asked);
            } else {
                bundle.add(each.name, each.what, asked);
            }
        }
        SupportFiles files = new SupportFiles(root);
        bundle.add("audit-heads.txt", "numbers and times of heads of the audit log, no entries", files::auditHeads);
        bundle.addLog("appliance.log", "the appliance's log of the last days", () -> files.log(days));
        bundle.addLog(
                "journal.txt",
                "the journal of the service",
                () -> SystemFacts.journal("holdfast-appliance.service", days));
        bundle.addLog(
                "journal-hardware.txt",
                "the journal of the hardware collector",
                () -> SystemFacts.journal("holdfast-hardware.service", days));
    }

    /** One line for each value: what is left out of a line leaves the others whole. */
    public String text(Object value) {
        StringBuilder lines = new StringBuilder();
        flatten("", JSON.valueToTree(value), lines, 0);
        return lines.toString();
    }

    private void flatten(String name, JsonNode value, StringBuilder lines, int depth) {
        if (depth > MOST_DEPTH) {
            return;
        }
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> each : value.properties()) {
                String field = each.getKey();
                String longer = name.isEmpty() ? field : name + "." + field;
                if (Masking.isSecret(field)
                        && !each.getValue().isBoolean()
                        && !each.getValue().isNumber()) {
                    lines.append(longer).append(": ").append(Masking.SECRET).append('\n');
                } else if (!fileNames && NAMING.contains(field)) {
                    lines.append(longer).append(": ").append(Masking.NAME).append('\n');
                } else {
                    flatten(longer, each.getValue(), lines, depth + 1);
                }
            }
        } else if (value.isArray()) {
            int number = 0;
            for (JsonNode each : value) {
                flatten(name + "[" + number++ + "]", each, lines, depth + 1);
            }
        } else {
            lines.append(name)
                    .append(": ")
                    .append(value.asText().replace("\n", "\\n"))
                    .append('\n');
        }
    }
}
