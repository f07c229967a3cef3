package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.Message;
import java.time.Duration;
import java.util.UUID;

/**
 * A connection whose client said which holder of the node's identity it is: which state directory, on which machine, since
 * which start of its system. Safe for use by several threads.
 */
final class HolderConnection {
    private static final long MARK_NANOS = Duration.ofMinutes(5).toNanos();

    private final Peer peer;
    private final UUID instance;
    private final long counter;
    private final String machine;
    private final String boot;
    private final Runnable end;
    /** Of the table of holders; 0 until it is accepted. */
    private volatile long row;

    private volatile long heard = System.nanoTime();
    private volatile long marked = heard;

    /** @param end ends the connection; does not block */
    HolderConnection(Peer peer, Message.Hold hold, Runnable end) {
        this.peer = peer;
        this.instance = hold.instance();
        this.counter = Math.max(0, hold.counter());
        this.machine = hold.machine().toString();
        this.boot = hold.boot().toString();
        this.end = end;
    }

    Peer peer() {
        return peer;
    }

    int node() {
        return peer.nodeId();
    }

    UUID instance() {
        return instance;
    }

    /** 0 where the client cannot store it. */
    long counter() {
        return counter;
    }

    String machine() {
        return machine;
    }

    String boot() {
        return boot;
    }

    /** Ends the connection; does not block. */
    void end() {
        end.run();
    }

    long row() {
        return row;
    }

    void accepted(long tableRow) {
        row = tableRow;
    }

    /** The client has sent a frame. Returns whether {@link CloneDetector#seen} is due. */
    boolean heard() {
        long now = System.nanoTime();
        heard = now;
        if (now - marked < MARK_NANOS) {
            return false;
        }
        marked = now;
        return true;
    }

    /** When the client last sent a frame, by {@link System#nanoTime()}. */
    long lastHeard() {
        return heard;
    }

    /** Without the port. */
    String address() {
        String host = peer.address().substring(peer.address().indexOf('/') + 1);
        int port = host.lastIndexOf(':');
        return port < 0 ? host : host.substring(0, port);
    }

    boolean sameStart(HolderConnection other) {
        return machine.equals(other.machine) && boot.equals(other.boot);
    }
}
