package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Shows a node: its state, client, plans and policy, snapshots, where it restores to"
                + " by order, and its last restore tests.")
final class NodeShowCommand extends ApiCommand.Printing<JsonNode> {
    private static final int DRILLS = 3;

    @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
    private String name = "";

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    JsonNode find(ApiClient api) throws IOException {
        return api.get(ApiClient.path("nodes", name));
    }

    @Override
    void print(PrintWriter out, JsonNode detail) {
        JsonNode node = detail.path("node");
        line(out, "Name", node.path("name").asText());
        line(out, "Number", node.path("id").asText());
        line(out, "State", state(node));
        line(out, "Tags", NodeCommand.tags(node));
        line(out, "Platform", node.path("platform").asText());
        line(out, "Client", client(node));
        line(out, "Enrolled", Output.time(node.path("enrolledAt"), "never"));
        line(out, "Last seen", Output.time(node.path("seenAt"), "never"));
        line(out, "Certificate", detail.path("fingerprint").asText());
        line(out, "Certificate ends", Output.time(node.path("certificateEndsAt"), "never"));
        line(out, "Snapshots", snapshots(node));
        line(out, "Storage", storage(detail));
        line(out, "Plans", plans(node));
        for (JsonNode rpo : detail.path("rpo")) {
            line(out, "RPO", rpo(rpo));
        }
        line(out, "Policy", node.path("policy").asText().isEmpty() ? "none (keep all)" : text(node, "policy"));
        line(out, "Restores to", restoreBelow(detail.path("restoreBelow")));
        for (String reason : List.of("suspended", "frozen", "identityCopied")) {
            if (!text(node, reason).isEmpty()) {
                line(out, "Note", text(node, reason));
            }
        }
        if (node.path("damaged").asLong() > 0) {
            line(
                    out,
                    "Damaged",
                    Output.count(node.path("damaged").asLong(), "file")
                            + " of its snapshots; the command 'damage' names them");
        }
        int shown = 0;
        for (JsonNode drill : detail.path("rehearsals")) {
            if (shown++ < DRILLS) {
                line(
                        out,
                        "Restore test",
                        Output.time(drill.path("at"), "never") + ", "
                                + (drill.path("passed").asBoolean() ? "passed" : "failed") + ", task "
                                + drill.path("task").asLong());
            }
        }
    }

    private static String state(JsonNode node) {
        String state = NodeCommand.state(node);
        String since = switch (state) {
            case "retired" -> " since " + Output.time(node.path("retiredAt"), "");
            case "revoked" -> " since " + Output.time(node.path("revokedAt"), "");
            default -> node.path("connected").asBoolean() ? ", online" : ", offline";
        };
        return state + since;
    }

    private static String client(JsonNode node) {
        return switch (text(node, "clientState")) {
            case "newer" -> text(node, "clientVersion") + ", newer than the appliance: upgrade the appliance first";
            case "old" -> text(node, "clientVersion") + ", which speaks an older protocol: upgrade the client";
            default -> NodeCommand.client(node);
        };
    }

    private static String snapshots(JsonNode node) {
        int count = node.path("snapshots").asInt();
        return count == 0 ? "none" : count + ", the last of " + Output.time(node.path("lastSnapshot"), "never");
    }

    private static String storage(JsonNode detail) {
        long stored = detail.path("storedBytes").asLong();
        return stored < 0
                ? "not calculated yet"
                : Output.bytes(stored) + " referenced, "
                        + Output.bytes(detail.path("ownBytes").asLong()) + " exclusive";
    }

    private static String restoreBelow(JsonNode directories) {
        if (!directories.isArray()) {
            return "unknown: the client is too old to report it";
        }
        List<String> names = new ArrayList<>();
        directories.forEach(each -> names.add(each.asText()));
        return names.isEmpty() ? "no restores from the appliance" : "below " + String.join(", ", names);
    }

    private static String plans(JsonNode node) {
        List<String> plans = new ArrayList<>();
        List<String> overdue = new ArrayList<>();
        node.path("overduePlans").forEach(each -> overdue.add(each.asText()));
        node.path("plans")
                .forEach(each ->
                        plans.add(overdue.contains(each.asText()) ? each.asText() + " (overdue)" : each.asText()));
        return plans.isEmpty() ? "none" : String.join(", ", plans);
    }

    /** What would be lost now, and what the plan allows and a day brought. */
    private static String rpo(JsonNode rpo) {
        String plan = text(rpo, "plan").isEmpty() ? "without a plan" : "plan " + text(rpo, "plan");
        if (!rpo.path("scheduled").asBoolean() && !text(rpo, "plan").isEmpty()) {
            plan += " (not scheduled)";
        }
        StringBuilder line = new StringBuilder(plan).append(": ");
        long current = rpo.path("currentSeconds").asLong();
        line.append(current < 0 ? "no snapshot" : seconds(current) + " now");
        long target = rpo.path("targetSeconds").asLong();
        if (target >= 0) {
            line.append(", target ").append(seconds(target));
        }
        JsonNode day = rpo.path("day");
        if (day.path("intervals").asLong() > 0) {
            line.append("; 24 hours: median ")
                    .append(seconds(day.path("medianSeconds").asLong()))
                    .append(", 95 % ")
                    .append(seconds(day.path("p95Seconds").asLong()))
                    .append(", worst ")
                    .append(seconds(day.path("worstSeconds").asLong()));
        }
        if (rpo.path("month").path("worstSeconds").asLong() >= 0) {
            line.append("; 30 days: worst ")
                    .append(seconds(rpo.path("month").path("worstSeconds").asLong()));
        }
        count(line, rpo.path("incomplete"), " left files out");
        count(line, rpo.path("damaged"), " damaged, and not counted");
        return line.toString();
    }

    private static void count(StringBuilder line, JsonNode snapshots, String what) {
        if (snapshots.asLong() > 0) {
            line.append("; of 24 hours ").append(snapshots.asLong()).append(what);
        }
    }

    private static String seconds(long seconds) {
        return Output.duration(seconds);
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static void line(PrintWriter out, String title, String value) {
        out.printf("%-17s %s%n", title, value);
    }
}
