package dev.holdfast.server.net;

import dev.holdfast.control.db.EnrolmentRefusedException;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeCertificate;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Issues certificates: to clients that show a token, and to nodes that renew theirs. */
final class EnrolmentHandler {
    private static final int MAX_NAME_CHARACTERS = 100;
    private static final int MAX_PLATFORM_CHARACTERS = 200;
    /** An enrolment beyond the allowance is answered this late: guessing tokens takes little processor time from others. */
    private static final long REFUSED_ENROLMENT_MILLIS = 100;

    /** The largest machine is restored well within it. */
    private static final Duration RESTORING = Duration.ofDays(7);

    private static final int MOST_NAMED = 400;

    private final RequestContext context;

    EnrolmentHandler(RequestContext context) {
        this.context = context;
    }

    Message.Enrolled enroll(Message.Enroll enroll) throws IOException {
        String name = validName(enroll.node());
        String secret = secret(enroll.token());
        requireAllowance(name, secret);
        Services services = context.services();
        Peer peer = context.peer();
        boolean restores = services.control().tokens().restores(secret);
        X509Certificate[] issued = new X509Certificate[1];
        try {
            Node node = services.control()
                    .nodes()
                    .enroll(
                            secret,
                            Authority.requestedKey(enroll.request()),
                            name,
                            Failures.brief(enroll.platform(), MAX_PLATFORM_CHARACTERS),
                            services.profile().nodes(),
                            id -> {
                                issued[0] = services.authority()
                                        .issue(id, enroll.request(), restores ? RESTORING : validity());
                                return certificate(issued[0]);
                            });
            if (restores) {
                String restored = named(services.control().restoreAccess().nodes(Authority.fingerprint(issued[0])));
                services.control().audit().append(peer.label(), "restore access", restored, "allowed");
            } else {
                services.control().audit().append(peer.label(), "enroll", node.name(), "allowed");
            }
            return answer(node.id(), issued[0]);
        } catch (EnrolmentRefusedException e) {
            context.recordRefusal("enroll", name, "refused: " + e.getMessage());
            throw e;
        }
    }

    /** Nodes whose snapshots a machine restores, for people. */
    static String named(List<Node> nodes) {
        return Failures.brief(nodes.stream().map(Node::name).collect(Collectors.joining(", ")), MOST_NAMED);
    }

    /** A client that does not renew its certificate gets one for longer. */
    private Duration validity() {
        return context.version() < Frames.RENEWALS ? Authority.UNRENEWED_VALIDITY : Authority.RENEWED_VALIDITY;
    }

    private static NodeCertificate certificate(X509Certificate issued) {
        return new NodeCertificate(
                Authority.fingerprint(issued), issued.getNotAfter().toInstant());
    }

    /** A further certificate for the node of this connection; the one in use stays in use until this one is used. */
    Message.Enrolled renew(Message.Renew renew) throws IOException {
        Peer peer = context.peer();
        Services services = context.services();
        if (!context.limits().renewals.take(peer.nodeId())) {
            context.recordRefusal("renew certificate", "", "refused: too often");
            throw new RemoteException(
                    ErrorCode.BUSY, "this node renews its certificate too often; it tries again later");
        }
        X509Certificate issued = services.authority().issue(peer.nodeId(), renew.request());
        NodeCertificate certificate = certificate(issued);
        context.record(() -> {
            services.control().certificates().add(peer.nodeId(), certificate);
            services.control()
                    .audit()
                    .append(peer.label(), "renew certificate", "until " + certificate.endsAt(), "allowed");
        });
        return answer(peer.nodeId(), issued);
    }

    private Message.Enrolled answer(int node, X509Certificate issued) throws IOException {
        try {
            return new Message.Enrolled(
                    node,
                    List.of(
                            issued.getEncoded(),
                            context.services().authority().certificate().getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    private static String validName(String asked) throws RemoteException {
        String name = asked.strip();
        if (name.isEmpty()
                || name.length() > MAX_NAME_CHARACTERS
                || name.chars().anyMatch(c -> c < ' ')) {
            throw new RemoteException(
                    ErrorCode.MALFORMED, "a node's name has 1 to " + MAX_NAME_CHARACTERS + " printable characters");
        }
        return name;
    }

    /** The part of a token that the appliance stores a hash of. */
    private static String secret(String token) {
        String[] parts = token.split("\\.", -1);
        return parts.length == 3 ? parts[1] : "";
    }

    /** Limits how often an address may try tokens that the appliance does not know. */
    private void requireAllowance(String name, String secret) throws IOException {
        if (context.services().control().tokens().knows(secret)
                || context.limits().enrolments.take(context.peer().source())) {
            return;
        }
        context.recordRefusal("enroll", name, "refused: too many bad tokens");
        Polling.pause(REFUSED_ENROLMENT_MILLIS);
        throw new RemoteException(
                ErrorCode.BUSY, "too many enrolments with unknown tokens from this address; try again in a minute");
    }
}
