package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a server, from the handshake to its end, over any transport. {@link #run} is called once, by the thread that
 * serves the connection; {@link #stop} and {@link #close} by any thread. The session owns its transport, and the export that the
 * client chose.
 */
public final class NbdSession implements Closeable {
    private final Line line;
    private final NbdExports exports;
    private final NbdServerSettings settings;
    private final Pieces pieces;
    private final Stopwatch handshake = new Stopwatch();
    private final Stopwatch receiving = new Stopwatch();
    private volatile @Nullable Transmission transmission;
    private volatile @Nullable String overdue;

    /** A session with memory of its own. */
    public NbdSession(NbdTransport transport, NbdExports exports, NbdServerSettings settings) {
        this(transport, exports, settings, new Pieces());
    }

    NbdSession(NbdTransport transport, NbdExports exports, NbdServerSettings settings, Pieces pieces) {
        this.line = new Line(transport);
        this.exports = exports;
        this.settings = settings;
        this.pieces = pieces;
    }

    /**
     * Serves the client until one side ends. Closes the transport and the export.
     *
     * @throws IOException says why the connection ended otherwise than by the client's wish
     */
    public void run() throws IOException {
        Duration shortest =
                settings.handshake().compareTo(settings.stall()) < 0 ? settings.handshake() : settings.stall();
        handshake.begin();
        try (Line closed = line;
                Watch watch = new Watch("nbd-session-watch", shortest, this::look)) {
            serve();
            receiving.begin();
            closed.transport().finish();
        } catch (IOException e) {
            String late = overdue;
            throw late == null ? e : new IOException(late, e);
        }
    }

    private void serve() throws IOException {
        try (Handshake negotiation = new Handshake(line, exports, settings.tls())) {
            Handshake.Agreed agreed = negotiation.run();
            handshake.end();
            if (agreed != null) {
                Transmission started = new Transmission(agreed, line, settings, pieces, receiving);
                transmission = started;
                started.run();
            }
        }
    }

    private void look() {
        Transmission started = transmission;
        if (handshake.longerThan(settings.handshake())) {
            end("the client chose no export for " + settings.handshake());
        } else if (receiving.longerThan(settings.stall())) {
            end("the client sent only a part of a request for " + settings.stall());
        } else if (started != null && started.stalled(settings.stall())) {
            end("the client did not read its replies for " + settings.stall());
        }
    }

    private void end(String why) {
        overdue = why;
        try {
            close();
        } catch (IOException e) {
            // Closed as far as it can be: run() ends as well.
        }
    }

    /** Lets requests end that are at work, refuses new ones in the meantime, and then closes the connection. */
    public void stop() throws IOException {
        Transmission started = transmission;
        if (started != null) {
            started.stop();
        }
        close();
    }

    /** Closes the connection at once. {@link #run} ends when the requests that are at work have. */
    @Override
    public void close() throws IOException {
        line.close();
    }
}
