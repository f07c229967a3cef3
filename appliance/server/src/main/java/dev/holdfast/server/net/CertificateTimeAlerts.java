package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.task.ExpiryWatch;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.OutsideValidityException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Raises an alert for a node that is refused since its certificate is not valid by this appliance's clock: TLS tells the
 * node only that it is refused. One event a node and day. Safe for use by several threads.
 */
public final class CertificateTimeAlerts implements Consumer<OutsideValidityException> {
    private static final System.Logger LOG = System.getLogger(CertificateTimeAlerts.class.getName());
    private static final long REPEAT_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    private final ControlDb control;
    private final LongSupplier nanos;
    /** When each node was told of last; only nodes that are enrolled are in it. */
    private final ConcurrentHashMap<Integer, Long> told = new ConcurrentHashMap<>();

    /** @param nanos as {@link System#nanoTime} */
    public CertificateTimeAlerts(ControlDb control, LongSupplier nanos) {
        this.control = control;
        this.nanos = nanos;
    }

    @Override
    public void accept(OutsideValidityException refused) {
        try {
            int id = Certificates.nodeId(refused.peer());
            Long last = told.get(id);
            long now = nanos.getAsLong();
            if (last != null && now - last < REPEAT_NANOS) {
                return;
            }
            Optional<Node> node = control.nodes().admitted(id, Certificates.fingerprint(refused.peer()));
            if (node.isPresent()) {
                told.put(id, now);
                control.events()
                        .raise(Events.Severity.ALERT, ExpiryWatch.REFUSED, id, Phrase.plain(text(refused, node.get())));
            }
        } catch (IOException | CertificateException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no event could be stored of a node that was refused: " + e.getMessage());
        }
    }

    private String text(OutsideValidityException refused, Node node) {
        String clock = ". The clock of this appliance says " + time(refused.now());
        if (refused.early()) {
            return "this node cannot connect: its certificate is valid only from " + time(refused.from()) + " on"
                    + clock
                    + ", which is probably wrong, since this appliance issued the certificate. Set the clock (timedatectl"
                    + " set-ntp true); the node comes back by itself then";
        }
        return "this node cannot connect: its certificate ended on " + time(refused.to()) + clock
                + ". If that is wrong, set the clock (timedatectl set-ntp true), and the node comes back by itself. If it is"
                + " right, give the node a new certificate with the token of: "
                + control.command("token", "create", "--node", node.name());
    }

    private static String time(Instant at) {
        return TIME.format(at);
    }
}
