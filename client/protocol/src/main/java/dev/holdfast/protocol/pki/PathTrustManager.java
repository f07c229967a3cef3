package dev.holdfast.protocol.pki;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TrustPath} for TLS. It is an extended trust manager, since the JDK wraps any other in checks of its own. A host
 * name is not checked: the authority is private and certifies one appliance. A connection that asks for that check is
 * refused, since it would rely on what does not happen.
 */
final class PathTrustManager extends X509ExtendedTrustManager {
    private static final System.Logger LOG = System.getLogger(PathTrustManager.class.getName());
    /** Strangers can cause refusals at any rate. */
    private static final long TELL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicLong told = new AtomicLong(System.nanoTime() - TELL_NANOS);
    private final TrustPath path;
    private final Usage peer;
    private final X509Certificate[] known;
    private final Consumer<OutsideValidityException> outside;

    PathTrustManager(
            TrustPath path, Usage peer, List<X509Certificate> known, Consumer<OutsideValidityException> outside) {
        this.path = path;
        this.peer = peer;
        this.known = known.toArray(X509Certificate[]::new);
        this.outside = outside;
    }

    private void check(X509Certificate @Nullable [] chain, Usage side, @Nullable SSLParameters parameters)
            throws CertificateException {
        if (side != peer) {
            throw new CertificateException("this side does not expect a peer of this kind");
        }
        String hostCheck = parameters == null ? null : parameters.getEndpointIdentificationAlgorithm();
        if (hostCheck != null && !hostCheck.isEmpty()) {
            throw new CertificateException("host names are not checked here, but " + hostCheck + " was asked for");
        }
        try {
            path.check(chain == null ? List.of() : List.of(chain), side);
        } catch (CertificateException e) {
            tell(e);
            if (e instanceof OutsideValidityException time) {
                outside.accept(time);
            }
            throw e;
        }
    }

    /** The refused client sees an alert without words: the appliance's log has them, for instance if its clock is wrong. */
    private void tell(CertificateException e) {
        long now = System.nanoTime();
        long before = told.get();
        if (peer == Usage.NODE && now - before >= TELL_NANOS && told.compareAndSet(before, now)) {
            LOG.log(System.Logger.Level.WARNING, "a client's certificate was refused: " + e.getMessage());
        }
    }

    private static @Nullable SSLParameters parameters(@Nullable Socket socket) {
        return socket instanceof SSLSocket ssl ? ssl.getSSLParameters() : null;
    }

    private static @Nullable SSLParameters parameters(@Nullable SSLEngine engine) {
        return engine == null ? null : engine.getSSLParameters();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        check(chain, Usage.APPLIANCE, null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        check(chain, Usage.APPLIANCE, parameters(socket));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain, Usage.APPLIANCE, parameters(engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        check(chain, Usage.NODE, null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        check(chain, Usage.NODE, parameters(socket));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain, Usage.NODE, parameters(engine));
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return known.clone();
    }
}
