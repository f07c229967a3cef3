package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.preflight.Preflight;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "preflight",
        mixinStandardHelpOptions = true,
        description = {
            "Measures this machine, and predicts what it backs up and restores in an hour, against a profile's promise.",
            "Writes at most 1 GiB, and at most a twentieth of the free space, to each volume, and removes it. Run it as root",
            "before 'init', when nothing else runs, to include the health of the server's parts.",
            "Exit code 1 where the promise is not met."
        })
final class PreflightCommand extends LocalCommand<Preflight.Result> {
    private static final double MOST_SECONDS = 60;
    private static final double MEGABYTE = 1e6;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            defaultValue = "hdr-1000",
            description = "Hardware profile: hdr-1000 (default), hdr-2000, dev, or the path of a profile file.")
    private String profile = "";

    @Option(
            names = "--volume",
            paramLabel = "DIR",
            description =
                    "Directory on a file system that will be a volume; may be repeated. Default: the working directory.")
    private List<Path> volumes = List.of(Path.of(""));

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Time of each measurement; there are about 15. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--hardware-report",
            paramLabel = "FILE",
            defaultValue = RunCommand.HARDWARE_REPORT,
            description = "Health of the server's parts, where this is not run as root. Default: ${DEFAULT-VALUE}.")
    private Path hardwareReport = Path.of("");

    @Override
    Preflight.Result find() throws Exception {
        if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
            throw new IllegalArgumentException("--seconds must be above 0 and at most 60");
        }
        PrintWriter err = err();
        return new Preflight(
                        profile,
                        volumes.stream().map(Path::toAbsolutePath).toList(),
                        Duration.ofNanos((long) (seconds * 1e9)),
                        hardwareReport,
                        step -> err.println("holdfast: measuring " + step))
                .run();
    }

    @Override
    int code(Preflight.Result result) {
        return result.met() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    @Override
    void print(PrintWriter out, Preflight.Result found) {
        JsonNode result = new ObjectMapper().valueToTree(found);
        JsonNode processors = result.path("processors");
        out.println("processors  " + processors.path("cores").asInt() + " cores");
        for (JsonNode each : processors.path("stages")) {
            out.printf(
                    "  %-8s  %s on one core, %s on all%n",
                    each.path("stage").asText(), rate(each.path("oneCore")), rate(each.path("allCores")));
        }
        out.println("  TLS       " + rate(processors.path("tlsBytes")) + " over the loopback interface");
        out.println("memory      "
                + Output.bytes(result.path("memory").path("bytes").asLong()) + ", copies "
                + rate(result.path("memory").path("copiedBytes")));
        for (JsonNode each : result.path("disks")) {
            out.printf(
                    "disk        %s on %s%s: writes %s, reads %s, %.0f random reads/s, fsync %.1f ms (1 in 100: %.1f ms)%n",
                    each.path("volume").asText(),
                    each.path("device").asText(),
                    each.path("direct").asBoolean()
                            ? ""
                            : ", through the page cache, which may be faster than the disk",
                    rate(each.path("writeBytes")),
                    rate(each.path("readBytes")),
                    each.path("randomReads").asDouble(),
                    each.path("fsyncMillis").asDouble(),
                    each.path("slowFsyncMillis").asDouble());
        }
        for (JsonNode each : result.path("networks")) {
            long speed = each.path("bytesPerSecond").asLong();
            out.println("network     " + each.path("name").asText()
                    + (each.path("up").asBoolean() ? ", up, " : ", down, ")
                    + (speed == 0 ? "speed unknown: not part of the prediction" : rate(each.path("bytesPerSecond"))));
        }
        for (JsonNode each : result.path("hardware")) {
            out.println("hardware    " + each.path("part").asText() + ": "
                    + each.path("state").asText() + ": " + each.path("detail").asText());
        }
        JsonNode prediction = result.path("prediction");
        out.printf(
                "prediction  new data %s, known data %s, restore %s%n",
                perHour(prediction.path("newBytesPerHour")),
                perHour(prediction.path("knownBytesPerHour")),
                perHour(prediction.path("restoreBytesPerHour")));
        out.println("bottleneck  " + result.path("bottleneck").asText());
        result.path("shortcomings").forEach(each -> out.println("too little  " + each.asText()));
        out.println((result.path("met").asBoolean() ? "The promise of " : "NOT MET: the promise of ")
                + result.path("profile").asText() + " is "
                + perHour(result.path("promisedBytesPerHour")));
    }

    private static String rate(JsonNode bytes) {
        return String.format("%.0f MB/s", bytes.asDouble() / MEGABYTE);
    }

    private static String perHour(JsonNode bytes) {
        return Output.bytes(bytes.asLong()) + "/h";
    }
}
