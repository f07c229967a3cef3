package dev.holdfast.control.boot;

import dev.holdfast.control.instant.Recoveries;
import dev.holdfast.control.instant.Recovery;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One drill: makes the machine, watches it, and leaves nothing of it. One platform thread's, from the beginning to the end. */
final class BootDrill {
    private static final System.Logger LOG = System.getLogger(BootDrill.class.getName());
    private static final long MILLION = 1_000_000;
    private static final long END_NANOS = 60_000_000_000L;
    private static final long LOOK_MILLIS = 50;
    private static final long MIB = 1 << 20;
    /** Of QEMU, besides the machine's memory. */
    private static final long OVERHEAD_MIB = 384;

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Path KVM = Path.of("/dev/kvm");
    private static final String NO_SANDBOX = "-sandbox";

    private final Place place;
    private final TaskSpec.Boot spec;
    private final StoredSnapshot snapshot;
    private final List<Recovery.Disk> disks;
    private final BootWatch.Progress progress;
    private final long begun = System.nanoTime();

    /**
     * Where drills are done.
     *
     * @param directory of the machine, made and deleted by the drill
     * @param socket where the disks are served
     * @param methods what is known of QEMU here
     */
    record Place(Path directory, Recoveries recoveries, Path socket, Methods methods) {}

    /** What worked, and what did not, since the appliance started. Safe for use by several threads. */
    static final class Methods {
        private volatile boolean emulated;
        private volatile boolean unlimited;
    }

    BootDrill(
            Place place,
            TaskSpec.Boot spec,
            StoredSnapshot snapshot,
            List<Recovery.Disk> disks,
            BootWatch.Progress progress) {
        this.place = place;
        this.spec = spec;
        this.snapshot = snapshot;
        this.disks = disks;
        this.progress = progress;
    }

    /**
     * Returns what came of it; a machine that does not start is a result too.
     *
     * @throws FrozenException where the disks cannot be read now
     * @throws java.util.concurrent.CancellationException where it was told to end
     */
    BootResult run() throws IOException {
        try {
            requireMemory();
            boolean kvm = !spec.emulated() && !place.methods.emulated && Files.isWritable(KVM);
            if (kvm) {
                try {
                    return attempt(true);
                } catch (BootWatch.KvmException e) {
                    LOG.log(System.Logger.Level.WARNING, "drills boot machines without KVM from now on", e);
                    place.methods.emulated = true;
                }
            }
            return attempt(false);
        } catch (FrozenException e) {
            throw e;
        } catch (PhrasedException e) {
            return failed(e.phrase());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a drill could not boot snapshot " + snapshot.id(), e);
            return failed(Phrase.of("boot-drill.failed").with("reason", e));
        }
    }

    /** Before there was a machine. */
    private BootResult failed(Phrase why) {
        return new BootResult(why, false, -1, millis(System.nanoTime()), List.of(), null, null);
    }

    private long millis(long nanos) {
        return (nanos - begun) / MILLION;
    }

    /** The machine must not take what the appliance needs. */
    private void requireMemory() throws IOException {
        for (String line : Files.readAllLines(MEMORY)) {
            if (line.startsWith("MemAvailable:")) {
                long free = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
                if (free < spec.memoryMib() + OVERHEAD_MIB) {
                    throw new BootException(Phrase.of("boot-drill.memory")
                            .with("free", free * MIB)
                            .with("needed", (spec.memoryMib() + OVERHEAD_MIB) * MIB));
                }
            }
        }
    }

    private BootResult attempt(boolean kvm) throws IOException {
        Recovery recovery = place.recoveries.begin(snapshot, disks, snapshot.node(), "drill");
        try {
            AtomicFile.createDirectory(place.directory);
            if (spec.firmware() == TaskSpec.Boot.Firmware.UEFI) {
                prepareFirmware();
            }
            return machine(recovery, kvm);
        } finally {
            BootLeftovers.delete(place.directory);
            end(recovery);
        }
    }

    private void prepareFirmware() throws IOException {
        if (!Files.isReadable(BootCommand.FIRMWARE) || !Files.isReadable(BootCommand.VARIABLES)) {
            throw new BootException(Phrase.of("boot-drill.no-uefi").with("file", BootCommand.FIRMWARE.toString()));
        }
        Files.copy(BootCommand.VARIABLES, BootCommand.variables(place.directory));
    }

    private BootResult machine(Recovery recovery, boolean kvm) throws IOException {
        SerialConsole console = new SerialConsole(spec.text());
        int hostPort = spec.port() == 0 ? 0 : PortProbe.free();
        try (BootMachine machine = start(recovery, kvm, hostPort, console)) {
            BootWatch watch = new BootWatch(machine, spec, hostPort, progress);
            Phrase failure = null;
            try {
                watch.await();
            } catch (BootException e) {
                failure = e.phrase();
            }
            long ended = millis(System.nanoTime());
            long first = watch.began();
            return new BootResult(
                    failure,
                    kvm,
                    first == 0 ? -1 : millis(first),
                    ended,
                    console.lines(),
                    watch.script(),
                    screenshot(machine));
        }
    }

    private BootMachine start(Recovery recovery, boolean kvm, int hostPort, SerialConsole console) throws IOException {
        List<String> exports = recovery.disks().stream().map(recovery::export).toList();
        boolean sandbox = !place.methods.unlimited;
        BootCommand command = new BootCommand(place.directory, spec, exports, place.socket, hostPort, kvm, sandbox);
        try {
            return BootMachine.start(command, console);
        } catch (BootException e) {
            if (sandbox && e.text().contains(NO_SANDBOX)) {
                LOG.log(System.Logger.Level.WARNING, "QEMU was built without limits of system calls", e);
                place.methods.unlimited = true;
                return start(recovery, kvm, hostPort, console);
            }
            if (kvm) {
                throw new BootWatch.KvmException(e.text());
            }
            throw e;
        }
    }

    private static @Nullable Screenshot screenshot(BootMachine machine) {
        try {
            return machine.screenshot();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "no picture of a machine's screen could be taken", e);
            return null;
        }
    }

    /** The connections of a machine that was killed end soon. */
    private void end(Recovery recovery) throws IOException {
        long deadline = System.nanoTime() + END_NANOS;
        while (!place.recoveries.end(recovery.id())) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the disks of a machine that has ended are still in use");
            }
            BootMachine.pause(LOOK_MILLIS);
        }
    }
}
