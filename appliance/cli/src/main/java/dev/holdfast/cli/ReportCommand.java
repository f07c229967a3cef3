package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = {
            "Reports by mail: the verdict of the overview, what needs attention, and how backups, storage, vaults and restore"
                    + " tests went.",
            "",
            "  holdfast appliance report schedule --every daily --at 07:00 --channel office --data DIR",
            "  holdfast appliance report schedule --every weekly --weekday 1 --to boss@example.com --data DIR",
            "  holdfast appliance report show --period weekly --data DIR",
            "  holdfast appliance report send --data DIR"
        },
        subcommands = {
            ReportCommand.Show.class,
            ReportCommand.Schedule.class,
            ReportCommand.Send.class,
            CommandLine.HelpCommand.class
        })
final class ReportCommand {
    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Shows the report of the time until now, as it would be sent.")
    static final class Show extends ApiCommand.Printing<JsonNode> {
        @Option(
                names = "--period",
                defaultValue = "",
                paramLabel = "PERIOD",
                description = "daily, weekly or monthly; default: as scheduled, or daily.")
        private String period = "";

        @Option(
                names = "--language",
                defaultValue = "",
                paramLabel = "L",
                description = "en or zh; default: as scheduled, or en.")
        private String language = "";

        @Option(names = "--html", description = "Print the HTML of the mail.")
        private boolean html;

        @Override
        JsonNode find(ApiClient api) throws IOException {
            return api.get("/report?every=" + ApiClient.encode(period) + "&language=" + ApiClient.encode(language));
        }

        @Override
        void print(PrintWriter out, JsonNode found) {
            out.print(found.path(html ? "html" : "text").asText());
        }
    }

    @Command(
            name = "schedule",
            mixinStandardHelpOptions = true,
            description = {
                "Shows or changes when reports are sent, to whom, and in which language. Options that are not given stay as"
                        + " they are.",
                "A report that could not be sent raises an alert, and is tried again. Exit code 1 while one is waiting."
            })
    static final class Schedule extends ApiCommand.Printing<JsonNode> {
        private static final List<String> DAYS =
                List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");

        @Option(names = "--every", paramLabel = "E", description = "never, daily, weekly or monthly.")
        private @Nullable String every;

        @Option(names = "--weekday", paramLabel = "N", description = "Of weekly reports: 1 for Monday to 7.")
        private @Nullable Integer weekday;

        @Option(names = "--month-day", paramLabel = "N", description = "Of monthly reports: 1 to 28.")
        private @Nullable Integer monthDay;

        @Option(names = "--at", paramLabel = "HH:MM", description = "The time of day.")
        private @Nullable String at;

        @Option(names = "--zone", paramLabel = "ZONE", description = "In which that is, such as Asia/Shanghai.")
        private @Nullable String zone;

        @Option(names = "--language", paramLabel = "L", description = "en or zh.")
        private @Nullable String language;

        @Option(
                names = "--channel",
                paramLabel = "NAME",
                description = "The mail channel that sends them: 'alert mail'.")
        private @Nullable String channel;

        @Option(
                names = "--to",
                paramLabel = "ADDRESS",
                description =
                        "To whom, instead of the channel's recipients; may be given several times, '' for these again.")
        private @Nullable List<String> to;

        @Option(
                names = "--console",
                paramLabel = "URL",
                description = "Where users reach the console, for links in the mail; '' for no links.")
        private @Nullable String console;

        @Override
        JsonNode find(ApiClient api) throws IOException {
            JsonNode known = api.get("/report-schedule");
            Map<String, Object> changes = changes();
            if (changes.isEmpty()) {
                return known;
            }
            ObjectNode wanted = known.path("schedule").deepCopy();
            changes.forEach((name, value) -> wanted.set(name, ApiClient.JSON.valueToTree(value)));
            api.put("/report-schedule", wanted);
            return api.get("/report-schedule");
        }

        private Map<String, Object> changes() {
            Map<String, Object> changes = new LinkedHashMap<>();
            put(changes, "every", every);
            put(changes, "weekday", weekday);
            put(changes, "monthDay", monthDay);
            put(changes, "timeOfDay", at);
            put(changes, "zone", zone);
            put(changes, "language", language);
            put(changes, "channel", channel);
            put(
                    changes,
                    "to",
                    to == null
                            ? null
                            : to.stream().filter(each -> !each.isEmpty()).toList());
            put(changes, "console", console);
            return changes;
        }

        private static void put(Map<String, Object> changes, String name, @Nullable Object value) {
            if (value != null) {
                changes.put(name, value);
            }
        }

        @Override
        int code(JsonNode found) {
            return found.path("error").asText().isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
        }

        @Override
        void print(PrintWriter out, JsonNode found) {
            JsonNode schedule = found.path("schedule");
            String often = schedule.path("every").asText();
            if (often.equals("never")) {
                out.println("No reports are sent");
            } else {
                String day = switch (often) {
                    case "weekly" -> " on " + DAYS.get(schedule.path("weekday").asInt() - 1);
                    case "monthly" -> " on day " + schedule.path("monthDay").asInt();
                    default -> "";
                };
                List<String> whom = new ArrayList<>();
                schedule.path("to").forEach(each -> whom.add(each.asText()));
                out.println("Sent " + often + day + " at "
                        + schedule.path("timeOfDay").asText() + " "
                        + schedule.path("zone").asText() + ", in "
                        + schedule.path("language").asText() + ", by "
                        + schedule.path("channel").asText() + " to "
                        + (whom.isEmpty() ? "its recipients" : String.join(", ", whom)));
                out.println("Next: " + Output.time(found.path("next"), "never") + "; last sent: "
                        + Output.time(found.path("sent"), "never"));
            }
            if (code(found) != ExitCode.OK) {
                out.println("FAILING: " + found.path("error").asText());
            }
        }
    }

    @Command(name = "send", mixinStandardHelpOptions = true, description = "Sends a report now, as scheduled.")
    static final class Send extends ApiCommand.Acting {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Option(
                names = "--period",
                paramLabel = "PERIOD",
                description = "daily, weekly or monthly; default: as scheduled, or daily.")
        private @Nullable String period;

        @Option(
                names = "--to",
                paramLabel = "ADDRESS",
                description = "To whom, instead of those of the schedule; may be given several times.")
        private @Nullable List<String> to;

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            if (period != null) {
                wanted.put("every", period);
            }
            if (to != null) {
                wanted.put("to", to);
            }
            List<String> told = new ArrayList<>();
            api.post("/report/send", wanted).path("to").forEach(each -> told.add(each.asText()));
            out().println("Sent a report to " + String.join(", ", told));
        }
    }
}
