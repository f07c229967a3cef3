package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.HolderTable;
import dev.holdfast.control.db.HolderTable.Holder;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that one machine has a node's identity. A state directory that was copied, as with a virtual machine that was
 * cloned, would mix two machines' backups; the later one is refused. What goes on without help: several processes with one
 * state directory, a reboot, a state directory or disk that moves to another machine, an older state directory that was
 * restored. A node that lies harms itself alone. docs/protocol.md, *Holders*, is normative. Safe for use by several threads.
 */
public final class Holders {
    /** A client says something every 20 s. One that says nothing for so long is gone. */
    private static final Duration SILENCE = Duration.ofSeconds(30);
    /** How long a machine keeps the identity for itself against an older copy of its state directory elsewhere. */
    private static final Duration LATELY = Duration.ofMinutes(15);
    /** The same against a state directory that is known to be beside another. */
    private static final Duration LONG = Duration.ofDays(7);

    private static final long MARK_NANOS = Duration.ofMinutes(5).toNanos();
    private static final long PAUSE_MILLIS = 50;
    /** On the machine that is to have another identity. */
    private static final String GIVE_OWN =
            TypedCommand.elsewhere("--state", "DIR", "enroll", "https://APPLIANCE:8807", "--force");

    private static final String UNKNOWN_BOOT = new Digest(0, 0, 0, 0).toString();

    private final ControlDb control;
    private final HolderTable table;
    private final Duration silence;
    private final List<Presence> present = new ArrayList<>();

    /** A connection on which a client said which holder of the node's identity it is. */
    static final class Presence {
        private final Peer peer;
        private final UUID instance;
        private final long counter;
        private final String machine;
        private final String boot;
        private final Runnable end;
        /** Of the table; 0 until it is accepted. */
        private volatile long row;

        private volatile long heard = System.nanoTime();
        private volatile long marked = heard;

        /** @param end ends the connection; does not block */
        Presence(Peer peer, Message.Hold hold, Runnable end) {
            this.peer = peer;
            this.instance = hold.instance();
            this.counter = Math.max(0, hold.counter());
            this.machine = hold.machine().toString();
            this.boot = hold.boot().toString();
            this.end = end;
        }

        /** The client has said something. Returns whether {@link Holders#seen} is due. */
        boolean heard() {
            long now = System.nanoTime();
            heard = now;
            if (now - marked < MARK_NANOS) {
                return false;
            }
            marked = now;
            return true;
        }

        /** Without the port. */
        String address() {
            String host = peer.address().substring(peer.address().indexOf('/') + 1);
            int port = host.lastIndexOf(':');
            return port < 0 ? host : host.substring(0, port);
        }

        private boolean sameStart(Presence other) {
            return machine.equals(other.machine) && boot.equals(other.boot);
        }
    }

    /** What becomes of one that arrives. */
    sealed interface Verdict {}

    /** @param instance that its state directory is to keep */
    record Accepted(UUID instance) implements Verdict {}

    /** It depends on whether one of others is still alive. */
    record Doubtful(List<Presence> others) implements Verdict {}

    /**
     * Another machine has the identity.
     *
     * @param address of the other one
     * @param seen when it was there
     */
    record Refused(String address, String seen) implements Verdict {
        String text() {
            return "another machine uses this node's identity: one at " + address + " (" + seen
                    + ") has the same state directory, and one of the two is a copy";
        }
    }

    public Holders(ControlDb control) {
        this(control, SILENCE);
    }

    /** @param silence after which another one counts as gone */
    Holders(ControlDb control, Duration silence) {
        this.control = control;
        this.table = control.holders();
        this.silence = silence;
    }

    /** Decides, and changes the control database by it. */
    synchronized Verdict judge(Presence one) throws IOException {
        List<Holder> known = table.of(one.peer.nodeId());
        List<Presence> others = present.stream()
                .filter(each -> each.peer.nodeId() == one.peer.nodeId())
                .toList();
        if (known.isEmpty()) {
            return enter(one, one.instance);
        }
        Holder current = known.getFirst();
        boolean sameMachine = one.machine.equals(current.machine());
        boolean sameStart = sameMachine && one.boot.equals(current.boot());
        // Where the counter cannot be stored, the machine has to do.
        boolean continues = one.counter == 0
                ? sameMachine
                : one.instance.equals(current.instance()) && one.counter > current.counter();
        if (continues) {
            return next(one, current, others, sameMachine, sameStart);
        }
        boolean copy =
                known.stream().anyMatch(each -> each.copy() && each.instance().equals(one.instance));
        if (!copy && !sameStart && neverStopped(one, known)) {
            return restore(one, current, others);
        }
        if (!others.isEmpty()) {
            return new Doubtful(others);
        }
        boolean living = copy || goesOnBeside(one, current, known);
        long guarded = (living ? LONG : LATELY).toMillis();
        if ((living || !sameMachine) && Math.abs(table.now() - current.seenAt()) < guarded) {
            return new Refused(current.address(), "last seen " + time(current.seenAt()));
        }
        control.events()
                .raise(
                        Events.Severity.WARNING,
                        "identity-older-copy",
                        one.peer.nodeId(),
                        "'" + one.peer.name() + "' at " + one.address()
                                + " uses an older copy of the state directory that was"
                                + " last seen at " + current.address() + ", " + time(current.seenAt())
                                + ". Right where it was restored or the machine was set back; if both machines go on, give"
                                + " the copy an identity of its own: " + GIVE_OWN);
        return enter(one, UUID.randomUUID());
    }

    /** The counter says that this one continues what the current one did. */
    private Verdict next(Presence one, Holder current, List<Presence> others, boolean sameMachine, boolean sameStart)
            throws IOException {
        List<Presence> elsewhere =
                others.stream().filter(each -> !each.sameStart(one)).toList();
        if (!elsewhere.isEmpty()) {
            return new Doubtful(elsewhere);
        }
        if (sameStart) {
            table.again(current.id(), one.counter, one.address());
            one.row = current.id();
            present.add(one);
            return new Accepted(one.instance);
        }
        if (!sameMachine) {
            control.events()
                    .raise(
                            Events.Severity.INFO,
                            "identity-moved",
                            one.peer.nodeId(),
                            "'" + one.peer.name() + "' has moved from " + current.address() + " (last seen "
                                    + time(current.seenAt()) + ") to another machine or directory at "
                                    + one.address());
        }
        return enter(one, one.counter == 0 ? current.instance() : one.instance);
    }

    /** Whether this very start of a system used the same state directory before another one did, and goes on. */
    private static boolean neverStopped(Presence one, List<Holder> known) {
        return !one.boot.equals(UNKNOWN_BOOT)
                && known.stream()
                        .anyMatch(each -> each.instance().equals(one.instance)
                                && each.machine().equals(one.machine)
                                && each.boot().equals(one.boot)
                                && one.counter > each.counter());
    }

    /** Whether this state directory was used on after the appliance had taken another one for its continuation. */
    private static boolean goesOnBeside(Presence one, Holder current, List<Holder> known) {
        return !one.instance.equals(current.instance())
                && known.stream()
                        .filter(each -> each.instance().equals(one.instance))
                        .mapToLong(Holder::counter)
                        .max()
                        .stream()
                        .anyMatch(greatest -> one.counter > greatest);
    }

    /** The current one is a copy of one that never stopped. */
    private Verdict restore(Presence one, Holder current, List<Presence> others) throws IOException {
        table.condemn(one.peer.nodeId(), current.instance());
        for (Presence each : others) {
            if (!each.sameStart(one)) {
                present.remove(each);
                each.end.run();
            }
        }
        alert(one, current.address(), "last seen " + time(current.seenAt()), false);
        return enter(one, UUID.randomUUID());
    }

    private Verdict enter(Presence one, UUID instance) throws IOException {
        one.row = table.add(one.peer.nodeId(), instance, one.machine, one.boot, one.counter, one.address());
        present.add(one);
        // One that cannot store its counter cannot store this either.
        return new Accepted(one.counter == 0 ? one.instance : instance);
    }

    /**
     * Waits for a sign of life.
     *
     * @return who gave one after {@code one} had arrived; null where nobody did, and their connections have ended
     */
    @Nullable
    Presence awaitLife(Presence one, List<Presence> others) throws IOException {
        long asked = System.nanoTime();
        while (true) {
            List<Presence> left;
            synchronized (this) {
                left = others.stream().filter(present::contains).toList();
            }
            for (Presence each : left) {
                if (each.heard - asked > 0) {
                    return each;
                }
            }
            if (left.isEmpty()) {
                return null;
            }
            if (System.nanoTime() - asked > silence.toNanos()) {
                synchronized (this) {
                    present.removeAll(left);
                }
                left.forEach(each -> each.end.run());
                return null;
            }
            Waits.pause(PAUSE_MILLIS);
        }
    }

    /** Tells people of one that was refused. */
    void report(Presence one, Refused refused) throws IOException {
        alert(one, refused.address(), refused.seen(), true);
    }

    /** @param firstKeeps whether the other one has the identity from now on */
    private void alert(Presence one, String other, String seen, boolean firstKeeps) throws IOException {
        String keeps = firstKeeps ? "first" : "second";
        String refused = firstKeeps ? "second" : "first";
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        HolderTable.COPIED,
                        one.peer.nodeId(),
                        "two machines use the identity of '" + one.peer.name() + "': the first at " + other + " ("
                                + seen
                                + "), the second at " + one.address() + " (now). One has a copy of the other's state"
                                + " directory. The " + keeps + " keeps the identity, the " + refused
                                + " is refused; there: " + GIVE_OWN + ". If the " + keeps
                                + " must go instead, stop it, then: "
                                + control.command("node", "release-identity", one.peer.name()));
    }

    private static String time(long millis) {
        return millis == 0
                ? "before the identity was released"
                : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** It is still there. */
    void seen(Presence one) throws IOException {
        long row = one.row;
        if (row != 0) {
            table.seen(row, table.now() - (System.nanoTime() - one.heard) / 1_000_000);
        }
    }

    /** Its connection has ended. */
    void leave(Presence one) throws IOException {
        synchronized (this) {
            present.remove(one);
        }
        seen(one);
    }
}
