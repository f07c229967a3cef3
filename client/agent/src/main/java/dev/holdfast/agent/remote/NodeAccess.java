package dev.holdfast.agent.remote;

import dev.holdfast.agent.remote.NodeCredential.Place;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import javax.net.ssl.SSLContext;

/**
 * This node's access to its appliance: connects by the newest certificate that the appliance accepts, and renews it over
 * that connection when two thirds of its validity are over. A renewal that fails is tried again at the next connection.
 */
final class NodeAccess {
    private static final System.Logger LOG = System.getLogger(NodeAccess.class.getName());

    private static final int MAX_NAME_CHARACTERS = 200;

    private final Identity identity;
    private final Path state;
    private final InstantSource clock;
    private final Credentials credentials;
    private final X509Certificate authority;

    NodeAccess(Identity identity, Path state, InstantSource clock) throws IOException {
        this.identity = identity;
        this.state = state;
        this.clock = clock;
        this.credentials = new Credentials(state);
        this.authority = Identity.authority(state);
    }

    /**
     * A connection that was accepted.
     *
     * @param tls for further ones
     */
    record Opened(Connection control, SSLContext tls, NodeCredential used) {}

    /** Connects, presents the state directory, and renews the certificate where that is due. */
    Opened open() throws IOException {
        Opened opened = connect();
        try {
            Holder.present(opened.control, identity, state);
            settle(opened.used);
            learnName(opened.control.welcome().node());
            renew(opened);
            return opened;
        } catch (IOException | RuntimeException | Error e) {
            opened.control.close();
            throw e;
        }
    }

    private Opened connect() throws IOException {
        List<NodeCredential> usable = credentials.usable(clock.instant());
        RemoteException refused = null;
        for (NodeCredential each : usable) {
            try {
                return connect(each);
            } catch (RemoteException e) {
                if (e.code() != ErrorCode.REVOKED) {
                    throw e;
                }
                // An appliance whose control database was restored knows an older one perhaps.
                refused = refused == null ? e : refused;
            }
        }
        throw refused == null ? new IOException("no certificate of this node is in " + state) : refused;
    }

    private Opened connect(NodeCredential credential) throws IOException {
        SSLContext tls = Tls.mutual(credential.key(), List.of(credential.certificate(), authority), authority, clock);
        Connection control;
        try {
            control = new Connection(identity.endpoint(), tls);
        } catch (RemoteException e) {
            Instant now = clock.instant();
            throw e.code() == ErrorCode.UNAUTHENTICATED && credential.ended(now) ? ended(credential, now, e) : e;
        }
        if (control.welcome().node().isEmpty()) {
            control.close();
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED, "the appliance does not know this node's certificate; enrol again");
        }
        return new Opened(control, tls, credential);
    }

    private RemoteException ended(NodeCredential credential, Instant now, RemoteException cause) {
        RemoteException ended = new RemoteException(
                ErrorCode.UNAUTHENTICATED,
                "this node's certificate ended on " + credential.ends() + ", and this machine's clock says "
                        + now.truncatedTo(ChronoUnit.SECONDS)
                        + ". If the clock is wrong, set it. If it is right, create a token for this node on the appliance: "
                        + TypedCommand.elsewhere(
                                "appliance", "token", "create", "--node", identity.node(), "--data", "DIR")
                        + "; then here: " + TypedCommand.client(state, "enroll", identity.appliance(), "--force"));
        ended.initCause(cause);
        return ended;
    }

    /** The node may have been renamed at the appliance. What cannot be stored is learned the next time. */
    private void learnName(String told) {
        boolean usual =
                told.length() <= MAX_NAME_CHARACTERS && told.codePoints().noneMatch(ForeignText::hidden);
        if (told.equals(identity.node()) || !usual) {
            return;
        }
        try (StateLock lock = StateLock.take(state)) {
            if (lock.writable()) {
                identity.learn(told, state);
            }
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "this node is called " + told + " now, which cannot be stored in " + state + ": " + e.getMessage());
        }
    }

    private void settle(NodeCredential used) throws IOException {
        if (used.place() == Place.CURRENT && !credentials.renewalWaits()) {
            return;
        }
        try (StateLock lock = StateLock.take(state)) {
            if (lock.writable()) {
                credentials.settle(used);
            }
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the renewed certificate of this node cannot be stored in " + state + ": " + e.getMessage());
        }
    }

    /**
     * Renews the certificate of a connection where that is due; what goes wrong is logged.
     *
     * @return whether a renewed certificate waits to be used, by another connection
     */
    boolean renew(Opened opened) {
        NodeCredential used = opened.used;
        if (!used.due(clock.instant()) || opened.control.welcome().version() < Frames.RENEWALS) {
            return false;
        }
        try (StateLock lock = StateLock.take(state)) {
            if (!lock.writable()) {
                throw new IOException(state + " cannot be written");
            }
            if (!credentials.hasNewerThan(used)) {
                renew(opened.control, used);
            }
            return true;
        } catch (IOException | GeneralSecurityException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the certificate of this node, which ends on " + used.ends() + ", cannot be renewed: "
                            + e.getMessage() + ". It is tried again");
            return false;
        }
    }

    private void renew(Connection connection, NodeCredential used) throws IOException, GeneralSecurityException {
        KeyPair keys = CertificateRequest.newKeys();
        Message.Enrolled answer =
                connection.request(new Message.Renew(CertificateRequest.encode(keys)), Message.Enrolled.class);
        if (answer.nodeId() != identity.nodeId()) {
            throw new IOException("the appliance answered with a certificate of node " + answer.nodeId());
        }
        X509Certificate renewed = CertificateRequest.answered(answer, keys.getPublic(), TrustPath.to(authority, clock));
        credentials.renewed(keys.getPrivate(), renewed, used);
    }
}
