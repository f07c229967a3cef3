package dev.holdfast.agent.vm;

import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.vm.VmDisks.Listed;
import dev.holdfast.agent.vm.VmDisks.Told;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The disks of a running machine at one moment, whichever way it is made: what is read, and that it is closed once, also where a signal
 * ends this process. {@link #all} and what it returns is for any thread.
 */
abstract sealed class MomentDisks implements Disks permits LibvirtDisks, VmDisks {
    static final String NO_EARLIER =
            "this client has no earlier snapshot of it in this machine, or none of these disks together";

    final Told told;
    final Machine machine;
    final List<MachineDisk> chosen;
    final MachineState state;
    /** File systems that the guest agent held. */
    int frozen;

    private final List<TreePath> names;
    private final List<VmBlocks> blocks = new ArrayList<>();
    private final Thread hook = Thread.ofPlatform().unstarted(this::closeQuietly);
    private @Nullable Watch watch;
    private boolean closed;

    /** @param disks their names; empty for all that the machine can write to and not remove */
    MomentDisks(Told told, Machine machine, List<String> disks, MachineState state) throws FormatException {
        this.told = told;
        this.machine = machine;
        this.chosen = machine.choose(disks);
        this.state = state;
        List<TreePath> paths = new ArrayList<>();
        for (MachineDisk each : chosen) {
            paths.add(machine.path(each));
        }
        this.names = List.copyOf(paths);
    }

    static List<Listed> listed(Machine machine, List<String> disks) throws IOException {
        List<Listed> listed = new ArrayList<>();
        for (MachineDisk each : machine.choose(disks)) {
            listed.add(new Listed(machine.path(each), source(each), each.size()));
        }
        return listed;
    }

    private static String source(MachineDisk disk) {
        return disk.name() + ", " + disk.file() + " (" + disk.driver() + ")";
    }

    /** Makes the moment. Where that fails, nothing is left in the machine. */
    static <T extends MomentDisks> T begun(T disks) throws IOException {
        MomentDisks made = disks;
        try {
            Runtime.getRuntime().addShutdownHook(made.hook);
            made.begin();
            return disks;
        } catch (IOException | RuntimeException e) {
            try {
                made.close();
            } catch (IOException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
    }

    private synchronized void begin() throws IOException {
        if (closed) {
            throw new IOException("the backup was ended");
        }
        makeMoment();
    }

    /** Notes what it is about to do, makes the moment, and opens each disk with {@link #read}. */
    abstract void makeMoment() throws IOException;

    final Optional<Counted> counted() throws IOException {
        return state.counted(names());
    }

    final void unused(MachineDisk disk, String why) {
        told.remark("the disk " + disk.name() + " is read in full: " + why);
    }

    /** As {@link Watch#Watch}; ends with this. */
    final Watch watch(Path scratch, Watch.Check moment, Duration every) {
        Watch made = new Watch(scratch, moment, every);
        watch = made;
        return made;
    }

    /**
     * Opens a disk.
     *
     * @param bitmap what changed since the snapshot {@code before}; null where that is not known
     */
    final void read(
            MachineDisk disk,
            Path socket,
            String export,
            @Nullable String bitmap,
            Optional<Counted> before,
            Watch begun)
            throws IOException {
        VmBlocks.Known known = new VmBlocks.Known(
                bitmap, before.map(Counted::snapshot).orElse(new UUID(0, 0)), why -> unused(disk, why));
        blocks.add(VmBlocks.open(socket, export, disk.size(), begun, known));
    }

    final void start(Watch begun) {
        begun.start(() -> List.copyOf(blocks).forEach(VmBlocks::close));
    }

    @Override
    public List<Disk> all() {
        List<Disk> all = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            all.add(new Disk(names.get(i), source(chosen.get(i)), blocks.get(i)));
        }
        return all;
    }

    @Override
    public List<TreePath> names() throws FormatException {
        return Disks.names(names);
    }

    @Override
    public byte[] describe(String host, Instant begun) throws IOException {
        return VmDescription.of(machine, chosen, host, begun, frozen);
    }

    @Override
    public synchronized void stored(UUID snapshot) {
        if (closed || !begins()) {
            return;
        }
        try {
            note(snapshot);
        } catch (IOException e) {
            told.warning("the snapshot is made, but this client cannot note it, so that the next backup reads"
                    + " everything: " + e.getMessage());
        }
    }

    /** Whether it was noted what this backup does to the machine. */
    abstract boolean begins();

    /** Notes since which snapshot the machine counts what changes. */
    abstract void note(UUID snapshot) throws IOException;

    private void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            // Told already; the next backup tries again.
        }
    }

    @Override
    public void close() throws IOException {
        Whole.run(() -> {
            closeOnce();
            return true;
        });
    }

    private synchronized void closeOnce() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (watch != null) {
            watch.end();
        }
        blocks.forEach(VmBlocks::close);
        try (MachineState held = state) {
            release();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // This process ends, and the hook runs this.
            }
        }
    }

    /** Calls {@link #clean}, and closes what only this way has. */
    void release() throws IOException {
        clean();
    }

    final void clean() {
        if (!begins()) {
            return;
        }
        thaw();
        try {
            try {
                cleanMachine();
            } finally {
                // What the machine has open still, it keeps until it closes it.
                deleteFiles();
            }
            endJournal();
        } catch (IOException e) {
            told.warning("the machine still has parts of this backup, which the next one removes: " + e.getMessage());
        }
    }

    /** Lets the file systems in the machine go on, if they may be held. */
    abstract void thaw();

    /** Removes from the machine all but what the next backup needs. */
    abstract void cleanMachine() throws IOException;

    abstract void deleteFiles() throws IOException;

    /** Ends what was noted, unless the next backup has to thaw. */
    abstract void endJournal() throws IOException;
}
