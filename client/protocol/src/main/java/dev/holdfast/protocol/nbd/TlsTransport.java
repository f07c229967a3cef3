package dev.holdfast.protocol.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over another transport. The thread that reads also answers what TLS itself asks for after the handshake (new keys), so
 * that writing has a lock.
 */
final class TlsTransport implements NbdTransport {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final int RECORDS_AT_ONCE = 4;

    private final NbdTransport under;
    private final SSLEngine engine;
    private final ReentrantLock writing = new ReentrantLock();
    /** Received and not yet decrypted. */
    private final ByteBuffer sealed;
    /** Decrypted and not yet taken. */
    private final ByteBuffer plain;
    /** Encrypted and not yet sent. */
    private final ByteBuffer leaving;

    TlsTransport(NbdTransport under, SSLEngine engine) {
        this.under = under;
        this.engine = engine;
        int record = engine.getSession().getPacketBufferSize();
        this.sealed = ByteBuffer.allocateDirect(record).limit(0);
        this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .limit(0);
        this.leaving = ByteBuffer.allocateDirect(RECORDS_AT_ONCE * record);
    }

    /** Shakes hands. Both sides know afterwards whom they talk to, as far as the engine was told to check. */
    void handshake() throws IOException {
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
            switch (status) {
                case NEED_WRAP -> answer();
                case NEED_TASK -> runTasks();
                default -> handshakeRecord();
            }
            status = engine.getHandshakeStatus();
        }
    }

    private void handshakeRecord() throws IOException {
        SSLEngineResult result = unwrapToPlain();
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            throw new SSLException("the other side ended TLS during the handshake");
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Sends what TLS itself wants to send. */
    private void answer() throws IOException {
        writing.lock();
        try {
            do {
                SSLEngineResult result = engine.wrap(NOTHING, leaving);
                send();
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    return;
                }
            } while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
        } finally {
            writing.unlock();
        }
    }

    private void send() throws IOException {
        leaving.flip();
        try {
            under.write(leaving);
        } finally {
            leaving.clear();
        }
    }

    private SSLEngineResult unwrapToPlain() throws IOException {
        plain.clear();
        try {
            return unwrap(plain);
        } finally {
            plain.flip();
        }
    }

    /** Decrypts one record, having received it. */
    private SSLEngineResult unwrap(ByteBuffer into) throws IOException {
        while (true) {
            SSLEngineResult result = engine.unwrap(sealed, into);
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                throw new SSLException("a record of TLS is longer than TLS allows");
            }
            if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                return result;
            }
            sealed.compact();
            try {
                if (under.read(sealed) < 0) {
                    throw new EOFException("the connection ended without the end of TLS");
                }
            } finally {
                sealed.flip();
            }
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (!plain.hasRemaining()) {
            boolean direct = target.remaining() >= plain.capacity();
            SSLEngineResult result = direct ? unwrap(target) : unwrapToPlain();
            if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                return -1;
            }
            HandshakeStatus wants = result.getHandshakeStatus();
            if (wants == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                answer();
            }
            if (direct && result.bytesProduced() > 0) {
                return result.bytesProduced();
            }
        }
        int length = Math.min(plain.remaining(), target.remaining());
        target.put(target.position(), plain, plain.position(), length);
        target.position(target.position() + length);
        plain.position(plain.position() + length);
        return length;
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
        writing.lock();
        try {
            int at = 0;
            while (at < sources.length) {
                if (!sources[at].hasRemaining()) {
                    at++;
                    continue;
                }
                SSLEngineResult result = engine.wrap(sources, at, sources.length - at, leaving);
                switch (result.getStatus()) {
                    case OK -> {}
                    case BUFFER_OVERFLOW -> send();
                    default -> throw new SSLException("TLS has ended");
                }
            }
            send();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void finish() throws IOException {
        writing.lock();
        try {
            engine.closeOutbound();
            while (!engine.isOutboundDone()) {
                SSLEngineResult result = engine.wrap(NOTHING, leaving);
                send();
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    break;
                }
            }
        } finally {
            writing.unlock();
        }
        under.finish();
    }

    @Override
    public void close() throws IOException {
        under.close();
    }
}
