package dev.holdfast.agent.vm;

import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.vm.VmDisks.Listed;
import dev.holdfast.agent.vm.VmDisks.Told;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
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
 * The disks of a running machine of libvirt at one moment, by libvirt's own backup job, with what changed since the previous snapshot of
 * the same disks. Closing it leaves nothing in the machine but the checkpoint of the last snapshot. Also closed where a signal ends this
 * process. {@link #all} and what it returns is for any thread.
 */
public final class LibvirtDisks implements Disks {
    /** Each time it is a process. */
    private static final Duration ASKED = Duration.ofSeconds(10);
    /** So long file systems may be held, once they are. */
    private static final int HELD_SECONDS = 30;

    private final Request request;
    private final Virsh virsh;
    private final LibvirtDomain domain;
    private final Machine machine;
    private final List<MachineDisk> chosen;
    private final List<TreePath> names;
    private final MachineState state;
    private final LibvirtJob job;
    /** What a backup left that was killed. */
    private final Optional<LibvirtJournal> left;

    private final LibvirtAgent agent;
    private final List<VmBlocks> blocks = new ArrayList<>();
    private final Thread hook = Thread.ofPlatform().unstarted(this::closeQuietly);
    private Set<MachineDisk> checkpointed = Set.of();
    private @Nullable LibvirtJournal journal;
    private @Nullable Watch watch;
    private int frozen;
    private boolean closed;

    private LibvirtDisks(Request request, Virsh virsh, LibvirtDomain domain, MachineState state) throws IOException {
        this.request = request;
        this.virsh = virsh;
        this.domain = domain;
        this.machine = domain.machine();
        this.chosen = machine.choose(request.disks());
        this.names = paths();
        this.state = state;
        this.job = new LibvirtJob(virsh, machine.uuid(), state.prefix());
        this.left = state.journal(LibvirtJournal::parse);
        this.agent = new LibvirtAgent(
                virsh,
                domain,
                request.told(),
                left.filter(LibvirtJournal::frozen).isPresent());
    }

    private List<TreePath> paths() throws FormatException {
        List<TreePath> paths = new ArrayList<>();
        for (MachineDisk each : chosen) {
            paths.add(machine.path(each));
        }
        return paths;
    }

    /**
     * What to back up.
     *
     * @param name or UUID of the machine
     * @param disks their names; empty for all that the machine can write to and not remove
     * @param freeze whether the guest agent is asked
     * @param scratch where a directory is made for what the machine overwrites meanwhile; empty for beside its first disk
     * @param state the state directory of this client
     */
    public record Request(
            String name, List<String> disks, boolean freeze, Optional<Path> scratch, Path state, Told told) {}

    /** Looks at the machine, and changes nothing. */
    public static List<Listed> list(Request request) throws IOException {
        Virsh virsh = Virsh.find();
        Machine machine = running(virsh, request.name()).machine();
        List<Listed> listed = new ArrayList<>();
        for (MachineDisk each : machine.choose(request.disks())) {
            listed.add(new Listed(machine.path(each), VmDisks.source(each), each.size()));
        }
        return listed;
    }

    private static LibvirtDomain running(Virsh virsh, String name) throws IOException {
        LibvirtDomain domain = LibvirtDomain.of(virsh, LibvirtDomain.find(virsh, name));
        if (!domain.active()) {
            throw new IOException("the machine " + domain.machine().title()
                    + " does not run; start it, or back up its disk images: backup" + " --image FILE");
        }
        return domain;
    }

    /**
     * Makes the moment. Removes before what killed backups left.
     *
     * @throws IllegalArgumentException where there is no such machine or disk
     * @throws IOException where it cannot be made; then nothing is left in the machine
     */
    public static LibvirtDisks open(Request request) throws IOException {
        return Whole.run(() -> open(request, Virsh.find()));
    }

    static LibvirtDisks open(Request request, Virsh virsh) throws IOException {
        LibvirtDomain domain = running(virsh, request.name());
        MachineState state = MachineState.open(request.state(), domain.machine(), MachineState.Way.LIBVIRT);
        LibvirtDisks disks;
        try {
            disks = new LibvirtDisks(request, virsh, domain, state);
            disks.recover();
        } catch (IOException | RuntimeException e) {
            state.close();
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
            Virsh virsh = Virsh.find();
            LibvirtDomain domain = running(virsh, request.name());
            try (MachineState state = MachineState.open(request.state(), domain.machine(), MachineState.Way.LIBVIRT)) {
                new LibvirtDisks(request, virsh, domain, state).recover();
            }
            return true;
        });
    }

    private void recover() throws IOException {
        if (left.isPresent()) {
            request.told().remark("removing from the machine what a backup left that was killed");
            agent.thaw();
        }
        cleanMachine();
        if (left.isPresent()) {
            LibvirtJob.files(left.get());
        }
        endJournal();
    }

    /** It tells the next backup that it has to thaw. */
    private void endJournal() throws IOException {
        if (!agent.held()) {
            state.end();
        }
    }

    private synchronized void begin() throws IOException {
        if (closed) {
            throw new IOException("the backup was ended");
        }
        job.requireNone();
        Optional<Counted> before = state.counted(names());
        Set<String> checkpoints = job.checkpoints();
        Set<MachineDisk> tracked = new LinkedHashSet<>();
        Set<MachineDisk> counted = new LinkedHashSet<>();
        boolean kept = persistent();
        for (MachineDisk each : chosen) {
            Optional<String> never = kept
                    ? domain.untracked(each)
                    : Optional.of(
                            "libvirt has no definition of the machine (it is transient), and notes changes of it only"
                                    + " until it ends");
            Optional<String> doubt = never.or(() -> doubt(before, each, checkpoints));
            if (never.isEmpty()) {
                tracked.add(each);
            }
            if (doubt.isEmpty()) {
                counted.add(each);
            } else {
                unused(each, doubt.get());
            }
        }
        boolean freeze = request.freeze() && agent.there();
        LibvirtJournal making = journal(freeze || agent.held());
        journal = making;
        state.begin(making.json());
        Scratch.requireSpace(making.scratch());
        Watch begun = new Watch(making.scratch(), () -> check(making), ASKED);
        watch = begun;
        String since = before.map(Counted::bitmap).orElse("");
        Start start = new Start(making, new LibvirtJob.Wanted(chosen, tracked, counted, since));
        frozen = freeze ? agent.during(start::whileHeld) : start.withoutAgent();
        checkpointed = start.wanted.checkpointed();
        for (MachineDisk each : chosen) {
            VmBlocks.Known known = new VmBlocks.Known(
                    start.wanted.counted().contains(each) ? LibvirtJob.CHANGED : null,
                    before.map(Counted::snapshot).orElse(new UUID(0, 0)),
                    why -> unused(each, why));
            blocks.add(VmBlocks.open(making.socket(), LibvirtJob.export(each), each.size(), begun, known));
        }
        begun.start(() -> List.copyOf(blocks).forEach(VmBlocks::close));
    }

    private void check(LibvirtJournal making) throws IOException {
        agent.thaw();
        job.check(making);
    }

    /** Whether libvirt keeps checkpoints when the machine ends. */
    private boolean persistent() throws IOException {
        return virsh.run("dominfo", Virsh.domain(machine.uuid()))
                .lines()
                .anyMatch(each -> each.startsWith("Persistent:") && each.endsWith("yes"));
    }

    private static Optional<String> doubt(Optional<Counted> before, MachineDisk disk, Set<String> checkpoints) {
        if (before.isEmpty()) {
            return Optional.of(
                    "this client has no earlier snapshot of it in this machine, or none of these disks together");
        }
        return before.get()
                .changed(disk)
                .or(() -> checkpoints.contains(before.get().bitmap())
                        ? Optional.empty()
                        : Optional.of("libvirt does not have the checkpoint of the previous snapshot any more"));
    }

    private void unused(MachineDisk disk, String why) {
        request.told().remark("the disk " + disk.name() + " is read in full: " + why);
    }

    /** Begins the job, and asks for less where libvirt refuses. */
    private final class Start {
        private final LibvirtJournal making;
        private LibvirtJob.Wanted wanted;

        Start(LibvirtJournal making, LibvirtJob.Wanted wanted) {
            this.making = making;
            this.wanted = wanted;
        }

        int withoutAgent() throws IOException {
            run(job);
            return 0;
        }

        void whileHeld() throws IOException {
            run(new LibvirtJob(virsh.within(HELD_SECONDS), machine.uuid(), state.prefix()));
        }

        private void run(LibvirtJob asked) throws IOException {
            while (true) {
                try {
                    asked.begin(domain, making, wanted);
                    return;
                } catch (Virsh.RefusedException e) {
                    if (wanted.checkpointed().isEmpty()) {
                        throw new IOException(e.getMessage() + "; see also --scratch", e);
                    }
                    // It may have begun all the same.
                    asked.end();
                    asked.deleteCheckpoints(state.bitmaps(), request.told()::remark);
                    wanted = less(e);
                }
            }
        }

        /** First without what changed, then also without a checkpoint for the next backup. */
        private LibvirtJob.Wanted less(Virsh.RefusedException refusal) {
            if (wanted.counted().isEmpty()) {
                request.told()
                        .remark("libvirt makes no checkpoint, so that the next backup reads all disks in full: "
                                + refusal.said());
                return new LibvirtJob.Wanted(chosen, Set.of(), Set.of(), "");
            }
            wanted.counted().forEach(each -> unused(each, refusal.said()));
            return new LibvirtJob.Wanted(chosen, wanted.checkpointed(), Set.of(), "");
        }
    }

    private LibvirtJournal journal(boolean freeze) throws IOException {
        String checkpoint = state.newBitmap();
        LibvirtPlaces places = new LibvirtPlaces(domain, chosen);
        Optional<UserPrincipal> runner = places.runner();
        Optional<Path> own = places.own();
        Path parent = request.scratch().orElse(places.besides()).toAbsolutePath();
        Path scratch = Scratch.make(Optional.of(parent), "holdfast-scratch-", runner);
        try {
            Path sockets = own.isPresent() ? own.get() : Scratch.make(Optional.empty(), LibvirtJournal.SOCKETS, runner);
            return new LibvirtJournal(checkpoint, sockets.resolve(checkpoint), scratch, freeze);
        } catch (IOException e) {
            Files.deleteIfExists(scratch);
            throw e;
        }
    }

    @Override
    public List<Disk> all() {
        List<Disk> all = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            all.add(new Disk(names.get(i), VmDisks.source(chosen.get(i)), blocks.get(i)));
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
        LibvirtJournal made = journal;
        if (made == null || closed) {
            return;
        }
        try {
            if (checkpointed.isEmpty()) {
                state.forget(names());
            } else {
                state.store(
                        names(),
                        new Counted(
                                snapshot,
                                made.checkpoint(),
                                checkpointed.stream()
                                        .map(Counted.CountedDisk::of)
                                        .toList()));
            }
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
        try (MachineState held = state) {
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
        LibvirtJournal made = journal;
        if (made == null) {
            return;
        }
        agent.thaw();
        try {
            try {
                cleanMachine();
            } finally {
                // What the machine has open still, it keeps until it closes it.
                LibvirtJob.files(made);
            }
            endJournal();
        } catch (IOException e) {
            request.told()
                    .warning("the machine still has parts of this backup, which the next one removes: "
                            + e.getMessage());
        }
    }

    private void cleanMachine() throws IOException {
        job.end();
        job.deleteCheckpoints(state.bitmaps(), request.told()::remark);
    }
}
