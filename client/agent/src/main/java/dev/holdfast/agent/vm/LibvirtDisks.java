package dev.holdfast.agent.vm;

import static java.util.Objects.requireNonNull;

import dev.holdfast.agent.vm.VmDisks.Listed;
import dev.holdfast.agent.vm.VmDisks.Told;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The disks of a running machine of libvirt at one moment, by libvirt's own backup job, with what changed since the previous snapshot of
 * the same disks. Closing it leaves nothing in the machine but the checkpoint of the last snapshot.
 */
public final class LibvirtDisks extends MomentDisks {
    /** Each time it is a process. */
    private static final Duration ASKED = Duration.ofSeconds(10);
    /** So long file systems may be held, once they are. */
    private static final int HELD_SECONDS = 30;

    private final Request request;
    private final Virsh virsh;
    private final LibvirtDomain domain;
    private final LibvirtJob job;
    /** What a backup left that was killed. */
    private final Optional<LibvirtJournal> left;

    private final LibvirtAgent agent;
    private Set<MachineDisk> checkpointed = Set.of();
    private @Nullable LibvirtJournal journal;

    private LibvirtDisks(Request request, Virsh virsh, LibvirtDomain domain, MachineState state) throws IOException {
        super(request.told(), domain.machine(), request.disks(), state);
        this.request = request;
        this.virsh = virsh;
        this.domain = domain;
        this.job = new LibvirtJob(virsh, machine.uuid(), state.prefix());
        this.left = state.journal(LibvirtJournal::parse);
        this.agent = new LibvirtAgent(
                virsh, domain, told, left.filter(LibvirtJournal::frozen).isPresent());
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
        return listed(running(Virsh.find(), request.name()).machine(), request.disks());
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
        return begun(disks);
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
            told.remark("removing from the machine what a backup left that was killed");
            agent.thaw();
        }
        cleanMachine();
        if (left.isPresent()) {
            LibvirtJob.files(left.get());
        }
        endJournal();
    }

    @Override
    void endJournal() throws IOException {
        if (!agent.held()) {
            state.end();
        }
    }

    @Override
    void makeMoment() throws IOException {
        job.requireNone();
        Optional<Counted> before = counted();
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
        Watch begun = watch(making.scratch(), () -> check(making), ASKED);
        String since = before.map(Counted::bitmap).orElse("");
        Start start = new Start(making, new LibvirtJob.Wanted(chosen, tracked, counted, since));
        frozen = freeze ? agent.during(start::whileHeld) : start.withoutAgent();
        checkpointed = start.wanted.checkpointed();
        for (MachineDisk each : chosen) {
            String changed = start.wanted.counted().contains(each) ? LibvirtJob.CHANGED : null;
            read(each, making.socket(), LibvirtJob.export(each), changed, before, begun);
        }
        start(begun);
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
            return Optional.of(NO_EARLIER);
        }
        return before.get()
                .changed(disk)
                .or(() -> checkpoints.contains(before.get().bitmap())
                        ? Optional.empty()
                        : Optional.of("libvirt does not have the checkpoint of the previous snapshot any more"));
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
                    asked.deleteCheckpoints(state.bitmaps(), told::remark);
                    wanted = less(e);
                }
            }
        }

        /** First without what changed, then also without a checkpoint for the next backup. */
        private LibvirtJob.Wanted less(Virsh.RefusedException refusal) {
            if (wanted.counted().isEmpty()) {
                told.remark("libvirt makes no checkpoint, so that the next backup reads all disks in full: "
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
    boolean begins() {
        return journal != null;
    }

    @Override
    void note(UUID snapshot) throws IOException {
        if (checkpointed.isEmpty()) {
            state.forget(names());
        } else {
            String checkpoint = requireNonNull(journal).checkpoint();
            state.store(
                    names(),
                    new Counted(
                            snapshot,
                            checkpoint,
                            checkpointed.stream().map(Counted.CountedDisk::of).toList()));
        }
    }

    @Override
    void thaw() {
        agent.thaw();
    }

    @Override
    void cleanMachine() throws IOException {
        job.end();
        job.deleteCheckpoints(state.bitmaps(), told::remark);
    }

    @Override
    void deleteFiles() throws IOException {
        LibvirtJob.files(requireNonNull(journal));
    }
}
