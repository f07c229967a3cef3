package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.control.ControlDb;
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
        name = "audit",
        mixinStandardHelpOptions = true,
        description = "Lists who read, changed or was refused what, the newest first.")
final class AuditCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(names = "--limit", defaultValue = "100", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (ControlDb control = new ControlDb(data.open().controlDb())) {
            List<ControlDb.AuditEntry> entries = control.auditLog(limit);
            if (json) {
                Output.json(out, entries);
                return ExitCode.OK;
            }
            for (ControlDb.AuditEntry entry : entries) {
                out.printf(
                        "%s  %-24s %-24s %s  %s%n",
                        Output.time(entry.at()), entry.actor(), entry.action(), entry.object(), entry.outcome());
            }
        }
        return ExitCode.OK;
    }
}
