package dev.holdfast.server.preflight;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** How much TLS 1.3 moves over the loopback interface while every core works for one side or the other. */
final class TlsProbe {
    private static final int BLOCK = 256 << 10;
    private static final int PARTS = 8;
    private static final char[] PASSWORD = "measuring".toCharArray();

    private final Duration time;

    TlsProbe(Duration time) {
        this.time = time;
    }

    /** Bytes of a second, of all connections. */
    double measure() throws Exception {
        SSLContext context = context();
        int pairs = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        try (SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
                        .createServerSocket(0, pairs, InetAddress.getLoopbackAddress());
                ExecutorService pool = Executors.newFixedThreadPool(2 * pairs)) {
            List<Callable<Double>> work = new ArrayList<>();
            for (int i = 0; i < pairs; i++) {
                work.add(() -> receive(listener));
                work.add(() -> send(context, listener.getLocalPort()));
            }
            double sum = 0;
            for (Future<Double> each : pool.invokeAll(work)) {
                sum += each.get();
            }
            return sum;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /** The best part of the time counts: the JVM compiles during the first ones, and other programs disturb some. */
    private double receive(SSLServerSocket listener) throws IOException {
        byte[] block = new byte[BLOCK];
        try (SSLSocket socket = (SSLSocket) listener.accept();
                InputStream in = socket.getInputStream()) {
            long begun = System.nanoTime();
            long bytes = 0;
            double best = 0;
            for (int read = in.read(block); read >= 0; read = in.read(block)) {
                bytes += read;
                long passed = System.nanoTime() - begun;
                if (passed > time.toNanos() / PARTS) {
                    best = Math.max(best, bytes * 1e9 / passed);
                    bytes = 0;
                    begun = System.nanoTime();
                }
            }
            return best > 0 ? best : bytes * 1e9 / Math.max(1, System.nanoTime() - begun);
        }
    }

    private double send(SSLContext context, int port) throws IOException {
        byte[] block = new byte[BLOCK];
        try (SSLSocket socket =
                        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
                OutputStream out = socket.getOutputStream()) {
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < time.toNanos()) {
                out.write(block);
            }
            // A socket that is closed with session tickets unread is reset, and the other side fails.
            socket.shutdownOutput();
            InputStream rest = socket.getInputStream();
            while (rest.read(block) >= 0) {
                // Nothing is expected but the end.
            }
            return 0;
        }
    }

    /** One certificate for both sides, which lives as long as the measurement. */
    private static SSLContext context() throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        X500Name name = new X500Name("CN=preflight");
        Instant now = Instant.now();
        X509Certificate certificate;
        try {
            certificate = new JcaX509CertificateConverter()
                    .getCertificate(new JcaX509v3CertificateBuilder(
                                    name,
                                    BigInteger.ONE,
                                    Date.from(now.minus(Duration.ofDays(1))),
                                    Date.from(now.plus(Duration.ofDays(1))),
                                    name,
                                    pair.getPublic())
                            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("preflight", pair.getPrivate(), PASSWORD, new X509Certificate[] {certificate});
        keys.setCertificateEntry("trusted", certificate);
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }
}
