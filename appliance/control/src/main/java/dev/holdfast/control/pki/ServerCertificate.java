package dev.holdfast.control.pki;

import java.io.IOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a listener shows. The key is made once and stays in memory; the certificate is issued anew when
 * the machine's addresses or its clock change, and once a month. Safe for use by several threads.
 */
final class ServerCertificate extends ServerKeyManager {
    private static final System.Logger LOG = System.getLogger(ServerCertificate.class.getName());
    private static final String ALIAS = "appliance";
    private static final Duration RENEWAL = Duration.ofDays(30);
    private static final Duration LOOK = Duration.ofMinutes(1);

    private final Authority authority;
    private final Supplier<ServerNames> source;
    private final InstantSource clock;
    private final KeyPair key;
    private ServerNames names;
    private X509Certificate certificate;
    private Instant issued;
    private Instant looked;

    /** @param source asked for what to name now, once a minute at most */
    ServerCertificate(Authority authority, KeyPair key, Supplier<ServerNames> source, InstantSource clock)
            throws IOException {
        this.authority = authority;
        this.key = key;
        this.source = source;
        this.clock = clock;
        names = source.get();
        certificate = authority.issueServer(key.getPublic(), names);
        issued = clock.instant();
        looked = issued;
    }

    private synchronized X509Certificate current() {
        Instant now = clock.instant();
        if (now.isBefore(looked) || !now.isBefore(looked.plus(LOOK))) {
            looked = now;
            ServerNames found = source.get();
            if (!found.equals(names) || now.isBefore(issued) || now.isAfter(issued.plus(RENEWAL))) {
                try {
                    certificate = authority.issueServer(key.getPublic(), found);
                    names = found;
                    issued = now;
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "the appliance's certificate cannot be renewed", e);
                }
            }
        }
        return certificate;
    }

    @Override
    @Nullable
    String alias(String keyType) {
        return keyType.equals(key.getPublic().getAlgorithm()) ? ALIAS : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return new X509Certificate[] {current(), authority.certificate()};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return key.getPrivate();
    }
}
