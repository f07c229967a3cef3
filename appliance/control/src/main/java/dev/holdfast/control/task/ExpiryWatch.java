package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.pki.Authority;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Tells a quarter ahead that a certificate ends, of a node or of the authority, and again when two weeks are left. What was
 * told is remembered in the control database, and closes with a new certificate. One thread calls it now and then.
 */
public final class ExpiryWatch {
    private static final String KIND = "certificate-expires";
    private static final String REMEMBERED = "expiry.told.";
    private static final Duration AHEAD = Duration.ofDays(91);
    private static final Duration SOON = Duration.ofDays(14);
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd 'UTC'").withZone(ZoneOffset.UTC);

    private final ControlDb control;
    private final Instant authorityEnds;
    private final InstantSource clock;

    /** @param authorityEnds when the certificate of the appliance's authority does */
    public ExpiryWatch(ControlDb control, Instant authorityEnds, InstantSource clock) {
        this.control = control;
        this.authorityEnds = authorityEnds;
        this.clock = clock;
    }

    public void look() throws IOException {
        look(
                null,
                authorityEnds,
                "the certificate of the appliance's authority",
                "no node can connect then. Set up a new appliance in time, and enrol every node with it");
        for (Node node : control.nodes().list()) {
            if (node.active()) {
                String create = control.command("token", "create", "--node", node.name());
                look(
                        node.id(),
                        Authority.nodeExpiry(node.enrolledAt()),
                        "the certificate of this node",
                        "it cannot connect then. Give it a new one with the token of: " + create);
            }
        }
    }

    private void look(@Nullable Integer node, Instant ends, String what, String then) throws IOException {
        Duration left = Duration.between(clock.instant(), ends);
        boolean soon = left.compareTo(SOON) <= 0;
        String state = left.compareTo(AHEAD) > 0 ? "" : ends.toEpochMilli() + (soon ? " soon" : " ahead");
        String name = REMEMBERED + (node == null ? "authority" : node);
        String told = control.settings().get(name).orElse("");
        if (state.equals(told)) {
            return;
        }
        control.events().close(KIND, node);
        if (!state.isEmpty()) {
            control.events()
                    .raise(
                            soon ? Events.Severity.ALERT : Events.Severity.WARNING,
                            KIND,
                            node,
                            what + (left.isNegative() ? " ended on " : " ends on ") + DAY.format(ends) + ", and "
                                    + then);
        }
        control.settings().set(name, state);
    }
}
