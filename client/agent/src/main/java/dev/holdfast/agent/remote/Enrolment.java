package dev.holdfast.agent.remote;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Makes this machine a node of an appliance: a key that never leaves it, and a certificate for a one-time token. */
public final class Enrolment {
    /** What makes a token. */
    public static final String CREATE = TypedCommand.elsewhere("appliance", "token", "create", "--data", "DIR");

    private static final String NODE = "hf1";
    private static final String RESTORE = "hfr1";

    private Enrolment() {}

    /**
     * Enrols. That the state can be written is known before the token is used, and an attempt that was cut off is repeated
     * with the same token and the same key.
     *
     * @param token as the appliance printed it; it carries the fingerprint of the appliance's authority, so that a token
     *     alone suffices to know the right appliance
     * @param fingerprint pinned beside the token's own, or null
     */
    public static Identity enroll(
            Endpoint endpoint, String token, @Nullable String fingerprint, String node, Path state) throws IOException {
        return enroll(endpoint, token, fingerprint, node, state, InstantSource.system());
    }

    /** The same, for those who bring their own time. */
    public static Identity enroll(
            Endpoint endpoint, String token, @Nullable String fingerprint, String node, Path state, InstantSource clock)
            throws IOException {
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
        return enroll(endpoint, token, fingerprint, new As(node, platform, () -> {}), state, clock);
    }

    /**
     * As what a node is enrolled.
     *
     * @param platform what people read
     * @param before is done once the appliance has agreed, before the identity is stored
     */
    public record As(String node, String platform, Before before) {}

    /** Stores what must be there when the identity is, and must not where the enrolment fails. */
    public interface Before {
        void run() throws IOException;
    }

    /** The same, for a node that is not this machine. */
    public static Identity enroll(
            Endpoint endpoint, String token, @Nullable String fingerprint, As as, Path state, InstantSource clock)
            throws IOException {
        String node = as.node;
        String pin = pin(token);
        if (fingerprint != null) {
            String given = TrustPath.pin(fingerprint);
            if (given.length() != 2 * TrustPath.HALF_PIN_DIGITS) {
                throw new IllegalArgumentException("'" + fingerprint + "' is half a fingerprint; give all "
                        + 2 * TrustPath.HALF_PIN_DIGITS + " hexadecimal digits");
            }
            if (!given.startsWith(pin)) {
                throw new IllegalArgumentException(
                        "the token was issued by another appliance than the one with fingerprint " + fingerprint);
            }
            pin = given;
        }
        try (Connection connection = new Connection(endpoint, Tls.pinned(pin, clock))) {
            // Exactly what the handshake was checked against; nothing that is answered later can replace it.
            X509Certificate authority =
                    TrustPath.toFingerprint(pin, clock).check(connection.peerCertificates(), Usage.APPLIANCE);
            boolean fresh = Files.notExists(state);
            KeyPair keys = EnrolmentKey.begin(state, token);
            byte[] request = CertificateRequest.encode(keys);
            Message.Enrolled enrolled;
            X509Certificate own;
            try {
                enrolled = connection.request(
                        new Message.Enroll(token, node, as.platform, request), Message.Enrolled.class);
                own = certificate(enrolled, keys.getPublic(), TrustPath.to(authority, clock));
            } catch (RemoteException e) {
                EnrolmentKey.end(state);
                if (fresh) {
                    Files.deleteIfExists(state);
                }
                throw e;
            }
            Identity identity = new Identity(1, endpoint.toString(), enrolled.nodeId(), node);
            try {
                as.before.run();
                identity.save(state, keys.getPrivate(), own, authority);
                Holder.discard(state);
                EnrolmentKey.end(state);
            } catch (IOException e) {
                throw new IOException(
                        "the appliance has enrolled " + node + ", but its identity cannot be stored in " + state + ": "
                                + e.getMessage() + ". Correct that, then enrol again with the same token; if that is"
                                + " refused, with a new one: "
                                + TypedCommand.elsewhere(
                                        "appliance", "token", "create", "--node", node, "--data", "DIR"),
                        e);
            }
            return identity;
        } catch (GeneralSecurityException e) {
            throw new IOException("no key could be made: " + e.getMessage(), e);
        }
    }

    private static X509Certificate certificate(Message.Enrolled enrolled, PublicKey key, TrustPath trust)
            throws IOException {
        try {
            return CertificateRequest.answered(enrolled, key, trust);
        } catch (CertificateException e) {
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED,
                    "the appliance's answer has a certificate that cannot be trusted: " + e.getMessage()
                            + ". Nothing was stored here; create a new token and enrol again");
        }
    }

    /** Whether a token only lets this machine restore, instead of making it a node. */
    public static boolean restores(String token) {
        return token.startsWith(RESTORE + ".");
    }

    /** The fingerprint's first half, from a token {@code hf1.<secret>.<fingerprint prefix>}. */
    static String pin(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3
                || !parts[0].equals(NODE) && !parts[0].equals(RESTORE)
                || !parts[2].matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException(
                    "invalid enrolment token; copy the whole line that the appliance printed: " + CREATE);
        }
        return parts[2];
    }
}
