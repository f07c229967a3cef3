package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Verification;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Has the appliance read, decrypt, decompress and rehash everything a snapshot needs.",
            "Lists the damaged files; exit code 7 if there are any."
        })
final class VerifyCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "SNAPSHOT", description = "A snapshot's id or 'latest'.")
    private String snapshot = "";

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        AtomicLong files = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            var manifest = appliance.open(select.find(appliance, snapshot).id(), Purpose.VERIFY);
            Verification.Result result;
            try (ProgressLine progress = new ProgressLine(
                    json,
                    () -> new Progress(
                            files + " files",
                            bytes.get(),
                            manifest.summary().counts().bytes()))) {
                result = new Verification(appliance, manifest, new Verification.Reporter() {
                            @Override
                            public void damaged(TreePath path, String what) {
                                progress.note("damaged: " + path + ": " + what);
                            }

                            @Override
                            public void progress(long doneFiles, long doneBytes) {
                                files.set(doneFiles);
                                bytes.set(doneBytes);
                            }
                        })
                        .run();
                if (result.frozen() > 0) {
                    progress.note("warning: " + result.frozen() + " files are frozen and were not verified. "
                            + appliance.thawAdvice(manifest.snapshot()));
                }
            }
            if (json) {
                Map<String, Object> map = new LinkedHashMap<>();
                map.put("snapshot", manifest.snapshot().toString());
                map.put("files", result.files());
                map.put("chunks", result.chunks());
                map.put("bytes", result.bytes());
                map.put("damaged", result.damaged());
                map.put("frozen", result.frozen());
                Output.json(out, map);
            } else if (result.damaged() == 0 && result.frozen() > 0) {
                out.println("What could be read of snapshot "
                        + manifest.snapshot().toString().substring(0, 8) + " is whole: " + result.chunks()
                        + " chunks rehashed; " + result.frozen() + " files are frozen");
            } else if (result.damaged() == 0) {
                out.println("Snapshot " + manifest.snapshot().toString().substring(0, 8) + " is whole: "
                        + result.files() + " files, " + result.chunks() + " chunks, " + Output.bytes(result.bytes())
                        + " rehashed");
            } else {
                out.println(result.damaged() + " files are damaged");
            }
            return result.damaged() > 0 ? ExitCode.DAMAGED : result.frozen() > 0 ? ExitCode.WARNINGS : ExitCode.OK;
        }
    }
}
