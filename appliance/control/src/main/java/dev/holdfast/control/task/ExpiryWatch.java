package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Tells ahead that a certificate ends, of a node or of the authority, and again when that is soon. Clients renew their
 * certificates long before, so that of a node is told only where its client has not connected for long, or does not renew.
 * What was told is remembered in the control database, and closes with a new certificate. One thread calls it now and then.
 */
public final class ExpiryWatch {
    /** A node was refused since its certificate had ended. */
    public static final String REFUSED = "certificate-refused";

    private static final String KIND = "certificate-expires";
    private static final String REMEMBERED = "expiry.told.";
    private static final Times NODE = new Times(Duration.ofDays(91), Duration.ofDays(14));
    /** In its place comes another appliance, which takes planning. */
    private static final Times AUTHORITY = new Times(Duration.ofDays(730), Duration.ofDays(182));

    private final ControlDb control;
    private final Instant authorityEnds;
    private final InstantSource clock;

    /**
     * How long before its end it is told.
     *
     * @param ahead as a warning
     * @param soon as an alert
     */
    private record Times(Duration ahead, Duration soon) {}

    /** @param authorityEnds when the certificate of the appliance's authority does */
    public ExpiryWatch(ControlDb control, Instant authorityEnds, InstantSource clock) {
        this.control = control;
        this.authorityEnds = authorityEnds;
        this.clock = clock;
    }

    public void look() throws IOException {
        Phrase authority = clock.instant().isAfter(authorityEnds)
                ? Phrase.of("expiry.authority-ended")
                : Phrase.of("expiry.authority");
        look(null, authorityEnds, AUTHORITY, authority.with("at", authorityEnds));
        for (Node node : control.nodes().list()) {
            if (node.active()) {
                look(node.id(), node.certificateEndsAt(), NODE, message(node));
            }
        }
    }

    private Phrase message(Node node) {
        Instant ends = node.certificateEndsAt();
        Instant seen = node.seenAt();
        Phrase message = clock.instant().isAfter(ends)
                ? Phrase.of("expiry.node-ended")
                : seen == null
                        ? Phrase.of("expiry.node-never-seen")
                        : Phrase.of("expiry.node").with("seen", seen);
        return message.with("at", ends).with("command", control.command("token", "create", "--node", node.name()));
    }

    private void look(@Nullable Integer node, Instant ends, Times times, Phrase message) throws IOException {
        Duration left = Duration.between(clock.instant(), ends);
        boolean soon = left.compareTo(times.soon) <= 0;
        String state = left.compareTo(times.ahead) > 0 ? "" : ends.toEpochMilli() + (soon ? " soon" : " ahead");
        String name = REMEMBERED + (node == null ? "authority" : node);
        String told = control.settings().get(name).orElse("");
        if (state.equals(told)) {
            return;
        }
        control.events().close(KIND, node);
        if (node != null && state.isEmpty()) {
            control.events().close(REFUSED, node);
        }
        if (!state.isEmpty()) {
            control.events().raise(soon ? Events.Severity.ALERT : Events.Severity.WARNING, KIND, node, message);
        }
        control.settings().set(name, state);
    }
}
