package dev.holdfast.agent.remote;

import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Asks the appliance's authority for a certificate, and checks what it answers. */
final class CertificateRequest {
    private CertificateRequest() {}

    static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** PKCS #10, signed by the key that it is for. */
    static byte[] encode(KeyPair keys) throws GeneralSecurityException, IOException {
        try {
            return new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=holdfast node"), keys.getPublic())
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                    .getEncoded();
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e.getMessage(), e);
        }
    }

    /** This node's certificate: of our key, for the number we were given, by the authority that is trusted. */
    static X509Certificate answered(Message.Enrolled answer, PublicKey key, TrustPath trust)
            throws CertificateException {
        List<X509Certificate> chain = new ArrayList<>();
        for (byte[] der : answer.chain()) {
            chain.add(Certificates.parse(der));
        }
        trust.check(chain, Usage.NODE);
        X509Certificate own = chain.getFirst();
        if (!Arrays.equals(own.getPublicKey().getEncoded(), key.getEncoded())) {
            throw new CertificateException("it is for another key than this machine's");
        }
        if (Certificates.nodeId(own) != answer.nodeId()) {
            throw new CertificateException(
                    "it names node " + Certificates.nodeId(own) + ", the answer node " + answer.nodeId());
        }
        return own;
    }
}
