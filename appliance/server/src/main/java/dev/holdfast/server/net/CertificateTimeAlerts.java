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
                control.events().raise(Events.Severity.ALERT, ExpiryWatch.REFUSED, id, message(refused, node.get()));
            }
        } catch (IOException | CertificateException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no event could be stored of a node that was refused: " + e.getMessage());
        }
    }

    private Phrase message(OutsideValidityException refused, Node node) {
        Phrase message = refused.early()
                ? Phrase.of("event.certificate-early").with("from", refused.from())
                : Phrase.of("event.certificate-ended")
                        .with("ended", refused.to())
                        .with("token", control.command("token", "create", "--node", node.name()));
        return message.with("now", refused.now()).with("synchronize", "timedatectl set-ntp true");
    }
}
