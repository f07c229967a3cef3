package dev.holdfast.agent.cli;

import dev.holdfast.agent.image.ImageFormat;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.vm.DiskMove;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "move-disk",
        mixinStandardHelpOptions = true,
        description = {
            "Moves a disk of a running machine of QEMU to its final place, while the machine goes on: after an instant recovery,"
                    + " from the appliance to this host.",
            "Runs on the host of the machine. QEMU copies the disk, and what the machine writes meanwhile goes to both. If this"
                    + " command is interrupted, QEMU goes on copying; give the command again to finish.",
            "",
            "  holdfast move-disk --vm /run/web1.qmp disk0 /dev/vg/web1",
            "  holdfast move-disk --vm /run/web1.qmp disk0 /var/lib/images/web1.qcow2 --format qcow2"
        })
final class MoveDiskCommand implements Callable<Integer> {
    /** What the bytes are that progress tells of. */
    private static final String DONE = "copied";

    private record At(long done, long total) {}

    @Option(
            names = "--vm",
            required = true,
            paramLabel = "SOCKET",
            description = "The machine's monitor: the path in its option -qmp unix:PATH,server=on,wait=off.")
    private Path monitor = Path.of("");

    @Parameters(index = "0", paramLabel = "DISK", description = "The disk, by a name that the machine has for it.")
    private String disk = "";

    @Parameters(
            index = "1",
            paramLabel = "TARGET",
            description = "A file, which is made, or a block device that is as large at least.")
    private Path target = Path.of("");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "raw",
            description = "Format of a file: raw (default) or qcow2.")
    private String format = "raw";

    @Option(names = "--overwrite", description = "Move although the target has content, which is replaced.")
    private boolean overwrite;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        long began = System.nanoTime();
        Path place = target.toAbsolutePath().normalize();
        AtomicReference<@Nullable At> at = new AtomicReference<>();
        DiskMove.Moved moved;
        try (ProgressLine progress = new ProgressLine(quiet || json, () -> progress(at.get()))) {
            moved = DiskMove.run(
                    new DiskMove.Request(
                            monitor.toAbsolutePath().normalize(), disk, place, ImageFormat.parse(format), overwrite),
                    (done, total) -> at.set(new At(done, total)));
            progress.close();
        }
        print(moved, place, (System.nanoTime() - began) / 1_000_000);
        return ExitCode.OK;
    }

    private static Progress progress(@Nullable At at) {
        return at == null ? Progress.NONE : Progress.towards(DONE, at.done, at.total, null);
    }

    private void print(DiskMove.Moved moved, Path place, long millis) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("disk", moved.disk());
            map.put("target", place.toString());
            map.put("former", moved.former());
            map.put("formerReleased", moved.released());
            map.put("bytes", moved.bytes());
            map.put("millis", millis);
            Output.json(out, map);
            return;
        }
        out.println("The machine uses " + place + " for its disk " + moved.disk() + " now; "
                + Output.bytes(moved.bytes()) + " in " + Output.duration(millis));
        out.println("Start it from there next time."
                + (moved.released() ? "" : " Until it ends, it holds on to where the disk was."));
    }
}
