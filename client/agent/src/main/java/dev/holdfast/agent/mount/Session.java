package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the appliance. If it is lost, a request connects again, and fails after a time limit; the next request tries
 * again. Safe for use by several threads.
 */
final class Session implements AutoCloseable {
    private static final long[] RETRY_MILLIS = {100, 500, 1000, 2000};

    /** Connects as this node. */
    interface Opener {
        Appliance connect() throws IOException;
    }

    /** What is asked of the appliance. */
    interface Question<T> {
        T ask(Live live) throws IOException;
    }

    /** A connection, and the snapshots that are open on it. */
    final class Live {
        private final Appliance appliance;
        private final Map<UUID, RemoteManifest> manifests = new HashMap<>();

        private Live(Appliance appliance) {
            this.appliance = appliance;
        }

        Appliance appliance() {
            return appliance;
        }

        RemoteManifest manifest(UUID snapshot) throws IOException {
            synchronized (manifests) {
                RemoteManifest open = manifests.get(snapshot);
                if (open == null) {
                    open = appliance.open(snapshot, Purpose.MOUNT, detail);
                    manifests.put(snapshot, open);
                }
                return open;
            }
        }

        private void forget(UUID snapshot) {
            synchronized (manifests) {
                manifests.remove(snapshot);
            }
        }
    }

    private final Opener opener;
    private final String detail;
    private final Duration patience;
    private final Consumer<String> tell;
    private @Nullable Live live;
    private boolean told;

    /**
     * @param first is open, and closed with this object
     * @param detail for the audit log
     * @param patience how long to try to connect again before a question fails
     * @param tell takes lines for people
     */
    Session(Appliance first, Opener opener, String detail, Duration patience, Consumer<String> tell) {
        this.live = new Live(first);
        this.opener = opener;
        this.detail = detail;
        this.patience = patience;
        this.tell = tell;
    }

    <T> T ask(Question<T> question) throws IOException {
        long began = System.nanoTime();
        for (int tries = 0; ; tries++) {
            Live used = null;
            try {
                used = live();
                return question.ask(used);
            } catch (ConnectionLostException e) {
                lost(used, e);
                long wait = RETRY_MILLIS[Math.min(tries, RETRY_MILLIS.length - 1)];
                if (System.nanoTime() - began + wait * 1_000_000 > patience.toNanos()) {
                    throw e;
                }
                pause(wait);
            }
        }
    }

    /** Likewise, of a snapshot that the appliance may have to be told of again. */
    <T> T ask(UUID snapshot, Question<T> question) throws IOException {
        return ask(used -> {
            try {
                return question.ask(used);
            } catch (RemoteException e) {
                if (e.code() != ErrorCode.NOT_FOUND) {
                    throw e;
                }
                // It keeps only so many open.
                used.forget(snapshot);
                return question.ask(used);
            }
        });
    }

    /** Asks over the connection that is there, if any; nobody waits for another one. */
    void askOnce(Question<?> question) throws IOException {
        Live used;
        synchronized (this) {
            used = live;
        }
        if (used != null) {
            question.ask(used);
        }
    }

    private synchronized Live live() throws IOException {
        Live open = live;
        if (open == null) {
            open = new Live(opener.connect());
            live = open;
            if (told) {
                told = false;
                tell.accept("connected to the appliance again");
            }
        }
        return open;
    }

    private synchronized void lost(@Nullable Live used, ConnectionLostException cause) {
        if (!told) {
            told = true;
            tell.accept("warning: " + cause.getMessage() + "; trying to connect again");
        }
        if (used != null && live == used) {
            live = null;
            used.appliance.close();
        }
    }

    private static void pause(long millis) throws InterruptedIOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public synchronized void close() {
        Live open = live;
        if (open != null) {
            open.appliance.close();
        }
    }
}
