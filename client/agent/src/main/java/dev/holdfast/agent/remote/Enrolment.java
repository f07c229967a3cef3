package dev.holdfast.agent.remote;

import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Locale;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;

/** Makes this machine a node of an appliance: a key that never leaves it, and a certificate for a one-time token. */
public final class Enrolment {
    private Enrolment() {}

    /**
     * @param token as the appliance printed it; it carries the fingerprint of the appliance's authority, so that a token
     *     alone suffices to know the right appliance
     * @param fingerprint pinned beside the token's own, or null
     */
    public static Identity enroll(
            Endpoint endpoint, String token, @Nullable String fingerprint, String node, Path state) throws IOException {
        String pin = pin(token);
        if (fingerprint != null) {
            String given = fingerprint.toLowerCase(Locale.ROOT).replace(":", "");
            if (!given.startsWith(pin)) {
                throw new IllegalArgumentException(
                        "the token was issued by another appliance than the one with" + " fingerprint " + fingerprint);
            }
            pin = given;
        }
        try (Connection connection = new Connection(endpoint, Tls.pinned(pin))) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair keys = generator.generateKeyPair();
            ContentSigner signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            byte[] request = new JcaPKCS10CertificationRequestBuilder(
                            new X500Principal("CN=holdfast node"), keys.getPublic())
                    .build(signer)
                    .getEncoded();
            String platform = System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                    + System.getProperty("os.arch");
            Message.Enrolled enrolled =
                    connection.request(new Message.Enroll(token, node, platform, request), Message.Enrolled.class);
            Identity identity = new Identity(1, endpoint.toString(), enrolled.nodeId(), node);
            identity.save(state, keys.getPrivate(), enrolled.chain());
            return identity;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no key could be made: " + e.getMessage(), e);
        }
    }

    /** The fingerprint's first half, from a token {@code hf1.<secret>.<fingerprint prefix>}. */
    private static String pin(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || !parts[0].equals("hf1") || !parts[2].matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException(
                    "this is no enrolment token; copy the whole line that 'holdfast appliance token create' printed");
        }
        return parts[2];
    }
}
