package dev.holdfast.agent.vm;

import static java.util.Objects.requireNonNull;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The disks of a running machine of QEMU at one moment, with what changed since the previous snapshot of the same disks. Closing it
 * leaves nothing in the machine but the bitmap of the last snapshot.
 */
public final class VmDisks extends MomentDisks {
    private static final Duration ASKED = Duration.ofSeconds(1);

    private final Request request;
    private final Qmp qmp;
    private final Qmp.Limits limits;
    /** Empty where none is asked, and none has to thaw what a killed backup left. */
    private final Optional<GuestAgent> agent;

    private @Nullable Journal journal;

    private VmDisks(
            Request request,
            Machine machine,
            MachineState state,
            Qmp qmp,
            Qmp.Limits limits,
            Optional<GuestAgent> agent)
            throws FormatException {
        super(request.told(), machine, request.disks(), state);
        this.request = request;
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
            return listed(Machine.of(qmp), request.disks());
        }
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
        return begun(disks);
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

    @Override
    void makeMoment() throws IOException {
        Optional<Counted> before = counted();
        Set<MachineDisk> counted = new LinkedHashSet<>();
        for (MachineDisk each : chosen) {
            Optional<String> doubt =
                    before.isEmpty() ? Optional.of(NO_EARLIER) : before.get().doubt(each);
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
        Watch begun = watch(making.scratch(), () -> check(made), ASKED);
        made.make(this::frame);
        for (int i = 0; i < chosen.size(); i++) {
            MachineDisk each = chosen.get(i);
            read(each, making.socket(), made.export(i), counted.contains(each) ? old : null, before, begun);
        }
        start(begun);
    }

    private void check(PointInTime made) throws IOException {
        thaw();
        made.check();
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
    boolean begins() {
        return journal != null;
    }

    @Override
    void note(UUID snapshot) throws IOException {
        state.store(
                names(),
                new Counted(
                        snapshot,
                        requireNonNull(journal).bitmap(),
                        chosen.stream().map(Counted.CountedDisk::of).toList()));
    }

    @Override
    void release() throws IOException {
        try (Qmp connection = qmp) {
            clean();
        }
    }

    @Override
    void thaw() {
        agent.ifPresent(GuestAgent::thaw);
    }

    @Override
    void deleteFiles() throws IOException {
        Cleaning.files(requireNonNull(journal));
    }

    @Override
    void endJournal() throws IOException {
        endJournal(state, agent);
    }

    @Override
    void cleanMachine() throws IOException {
        Journal made = requireNonNull(journal);
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
