package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.wire.Purpose;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description =
                "Shows a snapshot's fidelity report: what was left out, changed while it was read, or could not be kept exactly.")
final class ReportCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "SNAPSHOT", description = "A snapshot's id or 'latest'.")
    private String snapshot = "";

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            var manifest = appliance.open(select.find(appliance, snapshot).id(), Purpose.REPORT);
            for (Digest page : manifest.summary().report()) {
                for (Problem problem : Problem.parsePage(appliance.read(page))) {
                    if (json) {
                        Map<String, Object> map = new LinkedHashMap<>();
                        map.put("path", problem.path().toString());
                        map.put("kind", problem.kind().name().toLowerCase(Locale.ROOT));
                        map.put("detail", problem.detail());
                        Output.jsonLine(out, map);
                    } else {
                        out.println(problem.path() + ": " + problem.kind().label() + " (" + problem.detail() + ")");
                    }
                }
            }
            if (!json && manifest.summary().report().isEmpty()) {
                out.println("Everything was kept exactly.");
            }
        }
        return ExitCode.OK;
    }
}
