package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.usecase.EventUseCases;
import dev.holdfast.protocol.cli.ExitCode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        description = {
            "Lists events, the newest first: damage, backups that look like an attack, and others that need attention.",
            "Exit code 1 where an alert waits to be acknowledged."
        })
final class EventsCommand extends ApiCommand {
    @Option(names = "--all", description = "Include events that were acknowledged.")
    private boolean all;

    @Option(names = "--limit", defaultValue = "100", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--acknowledge", paramLabel = "ID", description = "Acknowledges the event.")
    private @Nullable Long acknowledge;

    @Option(names = "--acknowledge-all", description = "Acknowledges all events.")
    private boolean acknowledgeAll;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    List<String> lists() {
        return List.of("events");
    }

    @Override
    int run(ApiClient api) throws Exception {
        if (acknowledgeAll || acknowledge != null) {
            api.post(
                    acknowledgeAll
                            ? "/events/acknowledge"
                            : ApiClient.path("events", String.valueOf(acknowledge), "acknowledge"),
                    null);
            return ExitCode.OK;
        }
        List<JsonNode> events =
                api.list("/events", "events", ApiClient.Paging.BEFORE, Map.of("open", Boolean.toString(!all)), limit);
        if (json) {
            Output.json(out(), events);
        } else {
            events.forEach(this::print);
        }
        boolean alert = events.stream()
                .anyMatch(each -> each.path("severity").asText().equalsIgnoreCase("alert")
                        && !each.path("acknowledged").isTextual());
        return alert ? ExitCode.WARNINGS : ExitCode.OK;
    }

    private void print(JsonNode event) {
        String node = event.path("node").asText();
        out().printf(
                        "%-6d %-25s %-8s %-15s %s%s%n",
                        event.path("id").asLong(),
                        Output.time(event.path("at"), ""),
                        event.path("severity").asText().toLowerCase(Locale.ROOT),
                        EventUseCases.kindInWords(event.path("kind").asText()),
                        node.isEmpty() ? "" : node + ": ",
                        event.path("message").asText());
    }
}
