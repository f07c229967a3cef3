package dev.holdfast.agent.remote;

import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** TLS contexts of the client. The appliance's own authority is the only one trusted. */
public final class Tls {
    private Tls() {}

    /** Mutual TLS with a node's certificate; trusts the appliance of this authority alone. */
    static SSLContext mutual(
            PrivateKey key, List<X509Certificate> chain, X509Certificate authority, InstantSource clock) {
        return context(new KeyManager[] {new NodeKey(key, chain)}, TrustPath.to(authority, clock));
    }

    /** The one key there is, without a key store: that would encrypt it under a slow key derivation, at every start. */
    private static final class NodeKey extends X509ExtendedKeyManager {
        private static final String ALIAS = "node";
        private final PrivateKey key;
        private final X509Certificate[] chain;

        NodeKey(PrivateKey key, List<X509Certificate> chain) {
            this.key = key;
            this.chain = chain.toArray(X509Certificate[]::new);
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
            return fits(type) ? new String[] {ALIAS} : null;
        }

        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal @Nullable [] issuers, Socket socket) {
            return Arrays.stream(types).anyMatch(this::fits) ? ALIAS : null;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return Arrays.stream(types).anyMatch(this::fits) ? ALIAS : null;
        }

        private boolean fits(String type) {
            return type.equals(key.getAlgorithm());
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal @Nullable [] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain.clone();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }

    /**
     * Loads what any TLS connection needs, which takes a tenth of a second. To be called on a thread beside one that does something
     * else first. What fails here fails again where it is needed, and is reported there.
     */
    public static void prepare() {
        try {
            NativeCrypto.install();
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            // No authorities at all: the default would read the system's.
            context.init(null, new TrustManager[0], null);
            context.createSSLEngine().getSupportedProtocols();
        } catch (GeneralSecurityException | RuntimeException e) {
            System.getLogger(Tls.class.getName()).log(System.Logger.Level.DEBUG, "cannot prepare TLS", e);
        }
    }

    /**
     * For enrolment only: no key yet, and trust in the appliance whose authority has this fingerprint.
     *
     * @param fingerprint whole or its first half, see {@link TrustPath#toFingerprint}
     */
    public static SSLContext pinned(String fingerprint) {
        return pinned(fingerprint, InstantSource.system());
    }

    static SSLContext pinned(String fingerprint, InstantSource clock) {
        return context(null, TrustPath.toFingerprint(fingerprint, clock));
    }

    private static SSLContext context(KeyManager @Nullable [] keys, TrustPath trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys, new TrustManager[] {trust.trustManager(Usage.APPLIANCE)}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }
}
