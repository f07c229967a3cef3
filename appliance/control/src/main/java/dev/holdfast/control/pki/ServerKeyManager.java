package dev.holdfast.control.pki;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The one certificate of a listener, which may change between handshakes. A handshake asks for the alias, then for what is
 * under it: an alias names one certificate for good.
 */
abstract class ServerKeyManager extends X509ExtendedKeyManager {
    ServerKeyManager() {}

    /** Null where the certificate now is for a key of another type. */
    abstract @Nullable String alias(String keyType);

    @Override
    public abstract X509Certificate[] getCertificateChain(String alias);

    @Override
    public abstract PrivateKey getPrivateKey(String alias);

    @Override
    public final @Nullable String chooseServerAlias(
            String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(type);
    }

    @Override
    public final @Nullable String chooseEngineServerAlias(
            String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(type);
    }

    @Override
    public final String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
        String alias = alias(type);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public final String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public final @Nullable String chooseClientAlias(String[] types, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }
}
