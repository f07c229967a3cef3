package dev.holdfast.server.preflight;

import dev.holdfast.hardware.collect.Collector;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.ReportFile;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Measures a machine, and compares what it will do with what a hardware profile promises. */
public final class Preflight {
    private static final int COPY_BYTES = 32 << 20;

    private final HardwareProfile profile;
    private final List<Path> volumes;
    private final Duration time;
    private final Path hardwareReport;
    private final Consumer<String> step;

    /**
     * @param profile name or path of a hardware profile
     * @param time of each measurement
     * @param hardwareReport read where this process is not root
     * @param step told before each measurement
     */
    public Preflight(String profile, List<Path> volumes, Duration time, Path hardwareReport, Consumer<String> step)
            throws IOException {
        this.profile = HardwareProfile.load(profile);
        this.volumes = List.copyOf(volumes);
        this.time = time;
        this.hardwareReport = hardwareReport;
        this.step = step;
    }

    /** Bytes of the machine, and of a second in which one core copies them. */
    record Memory(long bytes, double copiedBytes) {}

    /** A part of the server that is not known to be healthy. */
    record Concern(String part, String state, String detail) {}

    /**
     * What was measured and follows from it.
     *
     * @param shortcomings what keeps the machine from the profile's promise; empty where it is met
     */
    public record Result(
            String profile,
            long promisedBytesPerHour,
            boolean met,
            List<String> shortcomings,
            String bottleneck,
            Prediction prediction,
            ProcessorProbe.Processors processors,
            Memory memory,
            List<DiskProbe.Disk> disks,
            List<NetworkProbe.Network> networks,
            List<Concern> hardware) {}

    public Result run() throws Exception {
        NativeCrypto.install();
        for (Path each : volumes) {
            // Before anything is measured: what is wrong is said at once.
            new DiskProbe(each, time).room();
        }
        step.accept("processors");
        ProcessorProbe.Processors processors = new ProcessorProbe(time).measure();
        step.accept("memory");
        Memory memory = memory();
        List<DiskProbe.Disk> disks = new ArrayList<>();
        Set<String> devices = new TreeSet<>();
        for (Path each : volumes) {
            step.accept("disk of " + each);
            DiskProbe.Disk disk = new DiskProbe(each, time).measure();
            // Two volumes of one file system share its disks.
            if (devices.add(disk.device())) {
                disks.add(disk);
            }
        }
        step.accept("network and hardware");
        List<NetworkProbe.Network> networks = new NetworkProbe(Path.of("/sys/class/net")).measure();
        List<Concern> concerns = concerns();
        Prediction prediction = Prediction.of(processors, disks, networks);
        List<String> shortcomings = shortcomings(prediction, memory);
        return new Result(
                profile.name(),
                profile.throughputPerHour().bytes(),
                shortcomings.isEmpty(),
                shortcomings,
                prediction.bottleneck(),
                prediction,
                processors,
                memory,
                disks,
                networks,
                concerns);
    }

    private List<String> shortcomings(Prediction prediction, Memory memory) {
        List<String> found = new ArrayList<>();
        long promised = profile.throughputPerHour().bytes();
        less(found, "backup of new data", prediction.newBytesPerHour(), promised);
        less(found, "restore", prediction.restoreBytesPerHour(), promised);
        if (memory.bytes > 0 && memory.bytes < profile.memory().budget().bytes()) {
            found.add("the machine has " + ByteText.of(memory.bytes) + " of memory, and the appliance needs "
                    + ByteText.of(profile.memory().budget().bytes()));
        }
        return found;
    }

    private static void less(List<String> found, String what, double bytesPerHour, long promised) {
        if (bytesPerHour < promised) {
            found.add(what + ": " + ByteText.of((long) bytesPerHour) + "/h of the promised " + ByteText.of(promised)
                    + "/h");
        }
    }

    private Memory memory() throws Exception {
        byte[] from = new byte[COPY_BYTES];
        byte[] to = new byte[COPY_BYTES];
        double copied = Rounds.perSecond(
                () -> () -> {
                    System.arraycopy(from, 0, to, 0, COPY_BYTES);
                    return COPY_BYTES;
                },
                1,
                time);
        return new Memory(totalBytes(), copied);
    }

    private static long totalBytes() throws IOException {
        Path meminfo = Path.of("/proc/meminfo");
        if (!Files.exists(meminfo)) {
            return 0;
        }
        String line = Files.readAllLines(meminfo).getFirst();
        String kibibytes = line.replaceAll("\\D", "");
        return kibibytes.isEmpty() ? 0 : Long.parseLong(kibibytes) << 10;
    }

    private List<Concern> concerns() {
        boolean root = "root".equals(System.getProperty("user.name"));
        HardwareReport report = root
                ? Collector.ofThisMachine().collect(Instant.now())
                : ReportFile.read(hardwareReport, Instant.now());
        return report.parts().stream()
                .filter(part -> part.state() != PartState.OK)
                .map(Preflight::concern)
                .toList();
    }

    private static Concern concern(Part part) {
        return new Concern(part.title(), part.state().text(), part.detail());
    }
}
