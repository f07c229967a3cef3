package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;

/** A transport with its intake, which TLS can replace once during the handshake. {@link #close} is safe for any thread. */
final class Line implements Closeable {
    private final NbdTransport first;
    private volatile NbdTransport transport;
    private Intake intake;

    Line(NbdTransport transport) {
        this.first = transport;
        this.transport = transport;
        this.intake = new Intake(transport);
    }

    Intake in() {
        return intake;
    }

    NbdTransport transport() {
        return transport;
    }

    void send(ByteBuffer... messages) throws IOException {
        transport.write(messages);
    }

    /**
     * Continues over TLS. What the other side sent before must have been read: otherwise someone between could put plain bytes in
     * front of what it sends over TLS.
     */
    void secure(SSLEngine engine) throws IOException {
        if (intake.hasBuffered()) {
            throw new ProtocolViolation("bytes were sent behind the request for TLS, before TLS began");
        }
        TlsTransport tls = new TlsTransport(transport, engine);
        tls.handshake();
        transport = tls;
        intake = new Intake(tls);
    }

    @Override
    public void close() throws IOException {
        first.close();
    }
}
