package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.HolderTable;
import dev.holdfast.control.db.HolderTable.Holder;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Notices copies of a node's state directory, as in a cloned virtual machine, and refuses the later one: two machines with one
 * identity would mix their backups. These need no help: several processes with one state directory, a reboot, a state
 * directory or disk that moves to another machine, and an older state directory that was restored. A node that lies harms
 * itself alone. docs/protocol.md, *Holders*, is normative. Safe for use by several threads.
 */
public final class CloneDetector {
    /** A client says something every 20 s. One that says nothing for so long is gone. */
    private static final Duration SILENCE = Duration.ofSeconds(30);
    /** How long a machine keeps the identity for itself against an older copy of its state directory elsewhere. */
    private static final Duration LATELY = Duration.ofMinutes(15);
    /** The same against a state directory that is known to be beside another. */
    private static final Duration LONG = Duration.ofDays(7);

    private static final long PAUSE_MILLIS = 50;
    private static final String UNKNOWN_BOOT = new Digest(0, 0, 0, 0).toString();

    private final HolderTable table;
    private final CloneEvents events;
    private final Duration silence;
    private final List<HolderConnection> present = new ArrayList<>();

    /** The decision about a holder that has connected. */
    sealed interface Verdict {}

    /** @param instance that its state directory is to keep */
    record Accepted(UUID instance) implements Verdict {}

    /** It depends on whether one of others is still alive. */
    record Doubtful(List<HolderConnection> others) implements Verdict {}

    /**
     * Another machine has the identity.
     *
     * @param address of the other one
     * @param seen when it was there
     */
    record Refused(String address, Phrase seen) implements Verdict {
        String text() {
            return "another machine uses this node's identity: one at " + address + " (" + seen
                    + ") has the same state directory, and one of the two is a copy";
        }
    }

    public CloneDetector(ControlDb control) {
        this(control, SILENCE);
    }

    /** @param silence after which another one counts as gone */
    CloneDetector(ControlDb control, Duration silence) {
        this.table = control.holders();
        this.events = new CloneEvents(control);
        this.silence = silence;
    }

    /** Decides whether the holder may use the identity, and notes the decision in the control database. */
    synchronized Verdict judge(HolderConnection one) throws IOException {
        List<Holder> known = table.of(one.node());
        List<HolderConnection> others =
                present.stream().filter(each -> each.node() == one.node()).toList();
        if (known.isEmpty()) {
            return enter(one, one.instance());
        }
        Holder current = known.getFirst();
        boolean sameMachine = one.machine().equals(current.machine());
        boolean sameStart = sameMachine && one.boot().equals(current.boot());
        // Where the counter cannot be stored, the machine has to do.
        boolean continues = one.counter() == 0
                ? sameMachine
                : one.instance().equals(current.instance()) && one.counter() > current.counter();
        if (continues) {
            return next(one, current, others, sameMachine, sameStart);
        }
        boolean copy =
                known.stream().anyMatch(each -> each.copy() && each.instance().equals(one.instance()));
        if (!copy && !sameStart && neverStopped(one, known)) {
            return restore(one, current, others);
        }
        if (!others.isEmpty()) {
            return new Doubtful(others);
        }
        boolean living = copy || goesOnBeside(one, current, known);
        long guarded = (living ? LONG : LATELY).toMillis();
        if ((living || !sameMachine) && Math.abs(table.now() - current.seenAt()) < guarded) {
            return new Refused(current.address(), CloneEvents.lastSeen(current));
        }
        events.olderCopy(one, current);
        return enter(one, UUID.randomUUID());
    }

    /** The counter says that this one continues what the current one did. */
    private Verdict next(
            HolderConnection one, Holder current, List<HolderConnection> others, boolean sameMachine, boolean sameStart)
            throws IOException {
        List<HolderConnection> elsewhere =
                others.stream().filter(each -> !each.sameStart(one)).toList();
        if (!elsewhere.isEmpty()) {
            return new Doubtful(elsewhere);
        }
        if (sameStart) {
            table.again(current.id(), one.counter(), one.address());
            one.accepted(current.id());
            present.add(one);
            return new Accepted(one.instance());
        }
        if (!sameMachine) {
            events.moved(one, current);
        }
        return enter(one, one.counter() == 0 ? current.instance() : one.instance());
    }

    /** Whether this very start of a system used the same state directory before another one did, and goes on. */
    private static boolean neverStopped(HolderConnection one, List<Holder> known) {
        return !one.boot().equals(UNKNOWN_BOOT)
                && known.stream()
                        .anyMatch(each -> each.instance().equals(one.instance())
                                && each.machine().equals(one.machine())
                                && each.boot().equals(one.boot())
                                && one.counter() > each.counter());
    }

    /** Whether this state directory was used on after the appliance had taken another one for its continuation. */
    private static boolean goesOnBeside(HolderConnection one, Holder current, List<Holder> known) {
        return !one.instance().equals(current.instance())
                && known.stream()
                        .filter(each -> each.instance().equals(one.instance()))
                        .mapToLong(Holder::counter)
                        .max()
                        .stream()
                        .anyMatch(greatest -> one.counter() > greatest);
    }

    /** The current one is a copy of one that never stopped. */
    private Verdict restore(HolderConnection one, Holder current, List<HolderConnection> others) throws IOException {
        table.condemn(one.node(), current.instance());
        for (HolderConnection each : others) {
            if (!each.sameStart(one)) {
                present.remove(each);
                each.end();
            }
        }
        events.copied(one, current.address(), CloneEvents.lastSeen(current), false);
        return enter(one, UUID.randomUUID());
    }

    private Verdict enter(HolderConnection one, UUID instance) throws IOException {
        one.accepted(table.add(one.node(), instance, one.machine(), one.boot(), one.counter(), one.address()));
        present.add(one);
        // One that cannot store its counter cannot store this either.
        return new Accepted(one.counter() == 0 ? one.instance() : instance);
    }

    /**
     * Waits for a frame of one of the others.
     *
     * @return who gave one after {@code one} had arrived; null where nobody did, and their connections have ended
     */
    @Nullable
    HolderConnection awaitLife(HolderConnection one, List<HolderConnection> others) throws IOException {
        long asked = System.nanoTime();
        while (true) {
            List<HolderConnection> left;
            synchronized (this) {
                left = others.stream().filter(present::contains).toList();
            }
            for (HolderConnection each : left) {
                if (each.lastHeard() - asked > 0) {
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
                left.forEach(each -> each.end());
                return null;
            }
            Polling.pause(PAUSE_MILLIS);
        }
    }

    /** Whether a holder that came with this certificate was accepted and is connected. */
    synchronized boolean present(Peer peer) {
        return present.stream()
                .anyMatch(each -> each.node() == peer.nodeId()
                        && each.peer().fingerprint().equals(peer.fingerprint()));
    }

    /** Tells people of one that was refused. */
    void report(HolderConnection one, Refused refused) throws IOException {
        events.copied(one, refused.address(), refused.seen(), true);
    }

    /** Notes in the control database when it was last heard. */
    void seen(HolderConnection one) throws IOException {
        long row = one.row();
        if (row != 0) {
            table.seen(row, table.now() - (System.nanoTime() - one.lastHeard()) / 1_000_000);
        }
    }

    /** Removes a holder whose connection has ended. */
    void leave(HolderConnection one) throws IOException {
        synchronized (this) {
            present.remove(one);
        }
        seen(one);
    }
}
