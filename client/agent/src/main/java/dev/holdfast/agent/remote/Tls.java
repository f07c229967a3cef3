package dev.holdfast.agent.remote;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** TLS contexts of the client. The appliance's own authority is the only one trusted. */
public final class Tls {
    private Tls() {}

    /** Mutual TLS with a node's certificate. */
    public static SSLContext mutual(PrivateKey key, List<X509Certificate> chain, X509Certificate authority) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", authority);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            return context(new KeyManager[] {new NodeKey(key, chain)}, trust.getTrustManagers());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the node's key or certificate is unusable: " + e.getMessage(), e);
        }
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

    /** For enrolment only: no key yet, and trust in whoever shows the authority with this fingerprint. */
    public static SSLContext pinned(String fingerprint) {
        return context(null, new TrustManager[] {new PinnedTrust(fingerprint)});
    }

    private static SSLContext context(KeyManager @Nullable [] keys, TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }

    /** SHA-256 of the DER certificate in lower-case hexadecimal. */
    public static String fingerprint(X509Certificate certificate) throws CertificateException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new CertificateException(e);
        }
    }

    /** Trusts a chain that ends in the pinned authority and is signed by it. */
    private static final class PinnedTrust extends X509ExtendedTrustManager {
        private final String pin;

        PinnedTrust(String fingerprint) {
            this.pin = fingerprint.toLowerCase(Locale.ROOT).replace(":", "");
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            X509Certificate authority = chain[chain.length - 1];
            if (pin.length() < 32 || !fingerprint(authority).startsWith(pin)) {
                throw new CertificateException("the appliance's authority has fingerprint " + fingerprint(authority)
                        + ", not the pinned " + pin + ": this is not the appliance that issued the token");
            }
            try {
                for (int i = 0; i < chain.length; i++) {
                    chain[i].checkValidity();
                    chain[i].verify(chain[Math.min(i + 1, chain.length - 1)].getPublicKey());
                }
            } catch (GeneralSecurityException e) {
                throw new CertificateException("the appliance's certificate is not valid: " + e.getMessage(), e);
            }
            List<String> usage = chain[0].getExtendedKeyUsage();
            if (usage == null || !usage.contains("1.3.6.1.5.5.7.3.1")) {
                throw new CertificateException("the appliance's certificate is not for a server");
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("this side is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            throw new CertificateException("this side is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this side is a client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
