package dev.holdfast.cli;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        description = {
            "Lists what somebody should know of, the newest first: damage, and backups that look like an attack.",
            "Works while the appliance runs. Exit code 1 where an alert waits to be acknowledged."
        })
final class EventsCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(names = "--all", description = "Those too that somebody has acknowledged.")
    private boolean all;

    @Option(names = "--limit", defaultValue = "100", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--acknowledge", paramLabel = "ID", description = "Says that you know of it.")
    private @Nullable Long acknowledge;

    @Option(names = "--acknowledge-all", description = "Says that you know of all of them.")
    private boolean acknowledgeAll;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (ControlDb control = new ControlDb(data.open().controlDb())) {
            if (acknowledgeAll || acknowledge != null) {
                int count = control.events().acknowledge(acknowledgeAll ? null : acknowledge);
                control.audit()
                        .append("administrator", "event acknowledge", String.valueOf(acknowledge), count + " events");
                if (count == 0 && !acknowledgeAll) {
                    throw new Failure.NotFoundException("there is no event " + acknowledge
                            + " to be acknowledged; see: " + control.command("events"));
                }
                return ExitCode.OK;
            }
            List<Events.Event> events = control.events().list(!all, limit);
            if (json) {
                Output.json(out, events);
            } else {
                for (Events.Event each : events) {
                    out.printf(
                            "%-6d %-25s %-8s %-12s %s%s%n",
                            each.id(),
                            Output.time(each.at()),
                            Output.lower(each.severity()),
                            each.kind(),
                            each.node().isEmpty() ? "" : each.node() + ": ",
                            each.message());
                }
            }
            boolean alert = events.stream()
                    .anyMatch(each -> each.severity() == Events.Severity.ALERT && each.acknowledged() == null);
            return alert ? ExitCode.WARNINGS : ExitCode.OK;
        }
    }
}
