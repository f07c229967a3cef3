package dev.holdfast.agent.vm;

import dev.holdfast.agent.image.Disks;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The disks of a running machine of QEMU at one moment, with what changed since the previous snapshot of the same disks. Closing it
 * leaves nothing in the machine but the bitmap of the last snapshot. Also closed where a signal ends this process. {@link #all} and what
 * it returns is for any thread.
 */
public final class VmDisks implements Disks {
    private static final Duration ASKED = Duration.ofSeconds(1);

    private final Request request;
    private final Machine machine;
    private final List<MachineDisk> chosen;
    private final List<TreePath> names;
    private final MachineState state;
    private final Qmp qmp;
    private final Qmp.Limits limits;
    private final List<VmBlocks> blocks = new ArrayList<>();
    private final Thread hook = Thread.ofPlatform().unstarted(this::closeQuietly);
    /** Empty where none is asked, and none has to thaw what a killed backup left. */
    private final Optional<GuestAgent> agent;

    private @Nullable Journal journal;
    private @Nullable Watch watch;
    private int frozen;
    private boolean closed;

    private VmDisks(
            Request request,
            Machine machine,
            MachineState state,
            Qmp qmp,
            Qmp.Limits limits,
            Optional<GuestAgent> agent)
            throws FormatException {
        this.request = request;
        this.machine = machine;
        this.chosen = machine.choose(request.disks());
        this.names = paths(machine, chosen);
        this.state = state;
        this.qmp = qmp;
        this.limits = limits;
        this.agent = agent;
    }

    /** Takes what people should know; while a backup is under way. */
    public interface Told {
        /** How it is done. */
        void remark(String text);

        /** What is not as it was wanted. */
        void warning(String text);
    }

    /**
     * What to back up.
     *
     * @param monitor the socket of the machine's monitor (QMP)
     * @param disks their names; empty for all that the machine can write to and not remove
     * @param agent the socket of the guest agent; empty where none is asked
     * @param scratch where a directory is made for what the machine overwrites meanwhile; empty for the state directory
     * @param state the state directory of this client
     */
    public record Request(
            Path monitor, List<String> disks, Optional<Path> agent, Optional<Path> scratch, Path state, Told told) {}

    /** A disk that would be backed up. */
    public record Listed(TreePath name, String source, long bytes) {}

    /** Looks at the machine, and changes nothing. */
    public static List<Listed> list(Request request) throws IOException {
        try (Qmp qmp = Qmp.connect(request.monitor(), Qmp.Limits.USUAL)) {
            Machine machine = Machine.of(qmp);
            List<Listed> listed = new ArrayList<>();
            for (MachineDisk each : machine.choose(request.disks())) {
                listed.add(new Listed(machine.path(each), source(each), each.size()));
            }
            return listed;
        }
    }

    static String source(MachineDisk disk) {
        return disk.name() + ", " + disk.file() + " (" + disk.driver() + ")";
    }

    private static List<TreePath> paths(Machine machine, List<MachineDisk> disks) throws FormatException {
        List<TreePath> paths = new ArrayList<>();
        for (MachineDisk each : disks) {
            paths.add(machine.path(each));
        }
        return paths;
    }

    /**
     * Makes the moment. Removes before what killed backups left.
     *
     * @throws IllegalArgumentException where the machine has no such disk
     * @throws IOException where it cannot be made; then nothing is left in the machine
     */
    public static VmDisks open(Request request) throws IOException {
        return Whole.run(() -> open(request, Qmp.Limits.USUAL));
    }

    /** @param limits how long is waited */
    static VmDisks open(Request request, Qmp.Limits limits) throws IOException {
        Qmp qmp = Qmp.connect(request.monitor(), limits);
        MachineState state = null;
        VmDisks disks;
        try {
            Machine machine = Machine.of(qmp);
            state = MachineState.open(request.state(), machine, MachineState.Way.MONITOR);
            Optional<GuestAgent> agent = recover(qmp, state, request.told())
                    .or(() -> request.agent().map(path -> agent(path, request.told(), false)));
            // Anew: what was left is gone.
            disks = new VmDisks(request, Machine.of(qmp), state, qmp, limits, agent);
        } catch (IOException | RuntimeException e) {
            qmp.close();
            if (state != null) {
                state.close();
            }
            throw e;
        }
        try {
            Runtime.getRuntime().addShutdownHook(disks.hook);
            disks.begin();
            return disks;
        } catch (IOException | RuntimeException e) {
            try {
                disks.close();
            } catch (IOException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
    }

    /** Removes what killed backups left, and makes no moment. */
    static void recover(Request request) throws IOException {
        Whole.run(() -> {
            try (Qmp qmp = Qmp.connect(request.monitor(), Qmp.Limits.USUAL);
                    MachineState state =
                            MachineState.open(request.state(), Machine.of(qmp), MachineState.Way.MONITOR)) {
                recover(qmp, state, request.told());
            }
            return true;
        });
    }

    private static GuestAgent agent(Path path, Told told, boolean held) {
        return new GuestAgent(path.toAbsolutePath(), GuestAgent.Limits.USUAL, told::warning, held);
    }

    /** Returns the guest agent that could not thaw what a killed backup left. */
    private static Optional<GuestAgent> recover(Qmp qmp, MachineState state, Told told) throws IOException {
        Optional<Journal> left = state.journal(Journal::parse);
        Optional<GuestAgent> agent =
                left.flatMap(each -> Optional.ofNullable(each.agent())).map(path -> agent(path, told, true));
        if (left.isPresent()) {
            told.remark("removing from the machine what a backup left that was killed");
            agent.ifPresent(GuestAgent::thaw);
        }
        new Cleaning(qmp, state, left.orElse(null), true).run();
        if (left.isPresent()) {
            Cleaning.files(left.get());
        }
        endJournal(state, agent);
        return agent.filter(GuestAgent::held);
    }

    /** It tells the next backup that it has to thaw. */
    private static void endJournal(MachineState state, Optional<GuestAgent> agent) throws IOException {
        if (agent.filter(GuestAgent::held).isEmpty()) {
            state.end();
        }
    }

    private synchronized void begin() throws IOException {
        if (closed) {
            throw new IOException("the backup was ended");
        }
        Optional<Counted> before = state.counted(names());
        Set<MachineDisk> counted = new LinkedHashSet<>();
        for (MachineDisk each : chosen) {
            Optional<String> doubt = before.isEmpty()
                    ? Optional.of("this client has no earlier snapshot of it in this machine, or none of these disks"
                            + " together")
                    : before.get().doubt(each);
            if (doubt.isEmpty()) {
                counted.add(each);
            } else {
                unused(each, doubt.get());
            }
        }
        String old = counted.isEmpty() ? null : before.map(Counted::bitmap).orElse(null);
        Journal making = journal(old);
        journal = making;
        state.begin(making.json());
        PointInTime made = new PointInTime(qmp, state.prefix(), making, chosen, counted);
        Watch begun = new Watch(making.scratch(), () -> check(made), ASKED);
        watch = begun;
        made.make(this::frame);
        for (int i = 0; i < chosen.size(); i++) {
            MachineDisk each = chosen.get(i);
            VmBlocks.Known known = new VmBlocks.Known(
                    counted.contains(each) ? old : null,
                    before.map(Counted::snapshot).orElse(new UUID(0, 0)),
                    why -> unused(each, why));
            blocks.add(VmBlocks.open(making.socket(), made.export(i), each.size(), begun, known));
        }
        begun.start(() -> List.copyOf(blocks).forEach(VmBlocks::close));
    }

    private void check(PointInTime made) throws IOException {
        agent.ifPresent(GuestAgent::thaw);
        made.check();
    }

    private void unused(MachineDisk disk, String why) {
        request.told().remark("the disk " + disk.name() + " is read in full: " + why);
    }

    private Journal journal(@Nullable String replaced) throws IOException {
        Path sockets = Scratch.make(Optional.empty(), "holdfast-vm-", qmp.runner());
        Path parent = request.scratch().orElse(state.scratch());
        try {
            Path scratch = Scratch.make(Optional.of(parent.toAbsolutePath()), "holdfast-scratch-", qmp.runner());
            return new Journal(
                    state.newBitmap(),
                    replaced,
                    sockets,
                    scratch,
                    agent.map(GuestAgent::path).orElse(null));
        } catch (IOException e) {
            Files.deleteIfExists(sockets);
            throw e;
        }
    }

    private void frame(GuestAgent.Moment moment) throws IOException {
        if (agent.isEmpty() || request.agent().isEmpty()) {
            moment.run();
        } else {
            frozen = agent.get().during(moment);
        }
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
        Journal made = journal;
        if (made == null || closed) {
            return;
        }
        try {
            state.store(
                    names(),
                    new Counted(
                            snapshot,
                            made.bitmap(),
                            chosen.stream().map(Counted.CountedDisk::of).toList()));
        } catch (IOException e) {
            request.told()
                    .warning("the snapshot is made, but this client cannot note it, so that the next backup reads"
                            + " everything: " + e.getMessage());
        }
    }

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
        try (MachineState held = state;
                Qmp connection = qmp) {
            clean();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // This process ends, and the hook runs this.
            }
        }
    }

    private void clean() throws IOException {
        Journal made = journal;
        if (made == null) {
            return;
        }
        agent.ifPresent(GuestAgent::thaw);
        try {
            try {
                cleanMachine(made);
            } finally {
                // What the machine has open still, it keeps until it closes it.
                Cleaning.files(made);
            }
            endJournal(state, agent);
        } catch (IOException e) {
            request.told()
                    .warning("the machine still has parts of this backup, which the next one removes: "
                            + e.getMessage());
        }
    }

    private void cleanMachine(Journal made) throws IOException {
        try {
            new Cleaning(qmp, state, made, false).run();
        } catch (Qmp.RefusedException e) {
            throw e;
        } catch (IOException e) {
            // The connection may be of no use any more, and another one be.
            qmp.close();
            try (Qmp again = Qmp.connect(request.monitor(), limits)) {
                new Cleaning(again, state, made, false).run();
            }
        }
    }
}
