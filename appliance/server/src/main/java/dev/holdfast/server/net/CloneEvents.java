package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.HolderTable;
import dev.holdfast.control.db.HolderTable.Holder;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The events about copies of a node's state directory, and what they tell people to do. */
final class CloneEvents {
    /** On the machine that is to have another identity. */
    private static final String GIVE_OWN =
            TypedCommand.elsewhere("--state", "DIR", "enroll", "https://APPLIANCE:8807", "--force");

    private final ControlDb control;

    CloneEvents(ControlDb control) {
        this.control = control;
    }

    /** A state directory that is older than the one used last was accepted. */
    void olderCopy(HolderConnection one, Holder current) throws IOException {
        raise(
                Events.Severity.WARNING,
                "identity-older-copy",
                one,
                "'" + one.peer().name() + "' at " + one.address()
                        + " uses an older copy of the state directory that was"
                        + " last seen at " + current.address() + ", " + time(current.seenAt())
                        + ". Right where it was restored or the machine was set back; if both machines go on, give"
                        + " the copy an identity of its own: " + GIVE_OWN);
    }

    /** The state directory was accepted on another machine or at another path. */
    void moved(HolderConnection one, Holder current) throws IOException {
        raise(
                Events.Severity.INFO,
                "identity-moved",
                one,
                "'" + one.peer().name() + "' has moved from " + current.address() + " (" + lastSeen(current)
                        + ") to another machine or directory at " + one.address());
    }

    /**
     * Two machines use the identity.
     *
     * @param other address of the first
     * @param seen when the first was there, in words
     * @param firstKeeps whether the first has the identity from now on, rather than {@code one}
     */
    void copied(HolderConnection one, String other, String seen, boolean firstKeeps) throws IOException {
        String keeps = firstKeeps ? "first" : "second";
        String refused = firstKeeps ? "second" : "first";
        raise(
                Events.Severity.ALERT,
                HolderTable.COPIED,
                one,
                "two machines use the identity of '" + one.peer().name() + "': the first at " + other + " ("
                        + seen
                        + "), the second at " + one.address() + " (now). One has a copy of the other's state"
                        + " directory. The " + keeps + " keeps the identity, the " + refused
                        + " is refused; there: " + GIVE_OWN + ". If the " + keeps
                        + " must go instead, stop it, then: "
                        + control.command("node", "release-identity", one.peer().name()));
    }

    private void raise(Events.Severity severity, String kind, HolderConnection one, String text) throws IOException {
        control.events().raise(severity, kind, one.node(), Phrase.plain(text));
    }

    static String lastSeen(Holder holder) {
        return "last seen " + time(holder.seenAt());
    }

    private static String time(long millis) {
        return millis == 0
                ? "before the identity was released"
                : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
