package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
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
        name = "diff",
        mixinStandardHelpOptions = true,
        description = "Lists what changed from one snapshot to another: + added, - removed, M content, A attributes.")
final class DiffCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(index = "0", paramLabel = "A", description = "The older snapshot.")
    private String before = "";

    @Parameters(index = "1", paramLabel = "B", description = "The newer snapshot.")
    private String after = "";

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            var a = appliance.open(select.find(appliance, before).id(), Purpose.DIFF);
            var b = appliance.open(select.find(appliance, after).id(), Purpose.DIFF);
            Contents.diff(a, b, difference -> {
                if (json) {
                    Map<String, Object> map = new LinkedHashMap<>();
                    map.put("change", difference.kind().toString().toLowerCase(Locale.ROOT));
                    map.put("path", difference.path().toString());
                    Output.jsonLine(out, map);
                } else {
                    char sign = switch (difference.kind()) {
                        case ADDED -> '+';
                        case REMOVED -> '-';
                        case MODIFIED -> 'M';
                        case ATTRIBUTES -> 'A';
                    };
                    out.println(sign + " " + difference.path());
                }
            });
        }
        return ExitCode.OK;
    }
}
