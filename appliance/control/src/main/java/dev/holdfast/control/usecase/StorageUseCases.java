package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.task.SuspectContainers;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the appliance stands on: volumes, maintenance, the machine. */
public final class StorageUseCases {
    /** Made by systemd-timesyncd once it has set the clock. */
    private static final Path SYNCHRONISED = Path.of("/run/systemd/timesync/synchronized");

    private static final long KEPT_NANOS = 30_000_000_000L;
    private static final List<TaskKind> MAINTENANCE = List.of(
            TaskKind.GC,
            TaskKind.SCRUB,
            TaskKind.USAGE,
            TaskKind.RETENTION,
            TaskKind.GC_PREVIEW,
            TaskKind.RETENTION_PREVIEW);

    private final ControlDb control;
    private final Engine engine;
    private final X509Certificate authority;
    private final ClientAddress address;
    private List<Volume> volumes = List.of();
    private long volumesAt;

    StorageUseCases(ControlDb control, Engine engine, X509Certificate authority, ClientAddress address) {
        this.control = control;
        this.engine = engine;
        this.authority = authority;
        this.address = address;
    }

    /** A volume; {@code freeBytes} as its file system says. */
    public record Volume(
            int number, String path, int containers, long containerBytes, long freeBytes, long totalBytes) {}

    /**
     * @param capacityBytes the lesser of what the profile allows and what the file systems hold
     * @param leftBytes that backups may still write
     * @param profileBytes that the profile allows
     * @param damaged containers that are damaged and could not be healed
     * @param lastTasks the newest of each kind of maintenance that came to its end, well or not
     */
    public record Storage(
            long usedBytes,
            long capacityBytes,
            long leftBytes,
            long profileBytes,
            long chunks,
            List<Volume> volumes,
            List<Integer> damaged,
            Map<String, TaskView> lastTasks) {}

    /**
     * The machine, and what its profile promises.
     *
     * @param now by the machine's clock
     * @param clock synchronised, if the machine's time service has set it since the start; else unknown
     * @param upgradeCheck the command that says whether another release reads this data directory
     * @param clientPackage the command that offers a package of the client to nodes, with a word in capitals to be replaced
     * @param supportBundle the command that makes a support bundle, also where the console does not answer
     */
    public record Machine(
            String version,
            String hostName,
            String java,
            int processors,
            long heapUsed,
            long heapMost,
            double load,
            Instant startedAt,
            Instant now,
            String clock,
            String zone,
            String profile,
            String description,
            int maxNodes,
            long capacityBytes,
            long bytesPerHour,
            int ingestWorkers,
            int restoreWorkers,
            int clientPort,
            String caFingerprint,
            Instant certificateUntil,
            String upgradeCheck,
            String supportBundle,
            String clientPackage) {}

    /** Volumes and their maintenance. */
    public Storage storage(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        Map<String, TaskView> last = new HashMap<>();
        for (TaskKind kind : MAINTENANCE) {
            control.taskHistory().lastRun(kind).ifPresent(task -> last.put(kind.text(), TaskView.of(task)));
        }
        Room room = engine.room();
        return new Storage(
                room.usedBytes(),
                room.capacityBytes(),
                room.leftBytes(),
                room.profileBytes(),
                engine.chunks(),
                volumes(),
                List.copyOf(SuspectContainers.load(control).numbers()),
                last);
    }

    /** Counting goes through all containers: not with each call. */
    private synchronized List<Volume> volumes() throws IOException {
        if (volumes.isEmpty() || System.nanoTime() - volumesAt > KEPT_NANOS) {
            volumes = VolumeFigures.of(engine).stream()
                    .map(each -> new Volume(
                            each.volume().number(),
                            each.volume().root().toString(),
                            each.containers(),
                            each.containerBytes(),
                            each.freeBytes(),
                            each.totalBytes()))
                    .toList();
            volumesAt = System.nanoTime();
        }
        return volumes;
    }

    public Machine machine(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        Runtime runtime = Runtime.getRuntime();
        var profile = engine.profile();
        return new Machine(
                Release.NUMBER,
                dev.holdfast.protocol.cli.HostName.own(),
                Runtime.version().toString(),
                runtime.availableProcessors(),
                runtime.totalMemory() - runtime.freeMemory(),
                runtime.maxMemory(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
                Instant.now(),
                Files.exists(SYNCHRONISED) ? "synchronised" : "unknown",
                ZoneId.systemDefault().getId(),
                profile.name(),
                profile.description(),
                profile.nodes(),
                profile.capacity().bytes(),
                profile.throughputPerHour().bytes(),
                profile.workers().ingest(),
                profile.workers().restore(),
                address.port(),
                Authority.fingerprint(authority),
                authority.getNotAfter().toInstant(),
                control.command("upgrade", "check"),
                control.command("support", "bundle"),
                control.command("client-package", "add", "FILE"));
    }
}
