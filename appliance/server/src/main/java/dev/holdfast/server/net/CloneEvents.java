package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.HolderTable;
import dev.holdfast.control.db.HolderTable.Holder;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;

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
                Phrase.of("event.identity-older-copy")
                        .with("node", one.peer().name())
                        .with("address", one.address())
                        .with("before", current.address())
                        .with("seen", lastSeen(current))
                        .with("enroll", GIVE_OWN));
    }

    /** The state directory was accepted on another machine or at another path. */
    void moved(HolderConnection one, Holder current) throws IOException {
        raise(
                Events.Severity.INFO,
                "identity-moved",
                one,
                Phrase.of("event.identity-moved")
                        .with("node", one.peer().name())
                        .with("before", current.address())
                        .with("seen", lastSeen(current))
                        .with("address", one.address()));
    }

    /**
     * Two machines use the identity.
     *
     * @param other address of the first
     * @param seen when the first was there
     * @param firstKeeps whether the first has the identity from now on, rather than {@code one}
     */
    void copied(HolderConnection one, String other, Phrase seen, boolean firstKeeps) throws IOException {
        Phrase message = firstKeeps
                ? Phrase.of("event.identity-copied-first-keeps")
                : Phrase.of("event.identity-copied-second-keeps");
        raise(
                Events.Severity.ALERT,
                HolderTable.COPIED,
                one,
                message.with("node", one.peer().name())
                        .with("first", other)
                        .with("seen", seen)
                        .with("second", one.address())
                        .with("enroll", GIVE_OWN)
                        .with(
                                "release",
                                control.command(
                                        "node", "release-identity", one.peer().name())));
    }

    private void raise(Events.Severity severity, String kind, HolderConnection one, Phrase message) throws IOException {
        control.events().raise(severity, kind, one.node(), message);
    }

    static Phrase lastSeen(Holder holder) {
        return holder.seenAt() == 0
                ? Phrase.of("identity.seen-before-release")
                : Phrase.of("identity.last-seen").with("at", Instant.ofEpochMilli(holder.seenAt()));
    }
}
