package dev.holdfast.api;

import dev.holdfast.control.fair.AddressBlock;
import io.javalin.http.Context;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/**
 * The API's connections. A new one is never refused: where there are too many that have shown nobody's session or token, the
 * oldest of the block of addresses that has most of them is closed, so that strangers cost strangers; where there are too many in
 * all, the oldest of the user who has most. A user whose connections are all in calls gets no further one. Handshakes and headers
 * have deadlines. Safe for use by several threads.
 */
final class Connections implements HttpConfiguration.Customizer, AutoCloseable {
    private static final long LOOK_MILLIS = 250;

    private final Limits limits;
    private final IdentityHashMap<EndPoint, Entry> entries = new IdentityHashMap<>();
    private final Map<SocketAddress, Entry> byPeer = new HashMap<>();
    private final Thread sweeper;
    private volatile boolean closing;

    /**
     * How many, and how long.
     *
     * @param most in all
     * @param unidentified that have shown nobody's session or token
     * @param unidentifiedOfBlock of one block of addresses
     * @param ofUser of one user
     * @param toRequest from opening, or from the answer before, to the end of the next request's headers
     * @param unidentifiedCall how long a call of somebody unknown takes at most
     * @param idle how long one of a known user waits for the next request
     * @param pace over so long a caller must take {@code leastBytesPerSecond} of an answer that is waiting for it
     */
    record Limits(
            int most,
            int unidentified,
            int unidentifiedOfBlock,
            int ofUser,
            Duration toRequest,
            Duration unidentifiedCall,
            Duration idle,
            Duration pace,
            int leastBytesPerSecond) {
        static final Limits DEFAULT = new Limits(
                1024,
                256,
                64,
                64,
                Duration.ofSeconds(15),
                Duration.ofSeconds(40),
                Duration.ofSeconds(60),
                Duration.ofSeconds(20),
                16 << 10);
    }

    private static final class Entry {
        private final EndPoint endPoint;
        private final SocketAddress peer;
        private final String block;
        private @Nullable String user;
        private long since = System.nanoTime();
        private int calls;
        private volatile @Nullable Paced stream;

        private Entry(EndPoint endPoint, SocketAddress peer) {
            this.endPoint = endPoint;
            this.peer = peer;
            this.block = peer instanceof InetSocketAddress address && address.getAddress() != null
                    ? AddressBlock.of(address.getAddress())
                    : "";
        }
    }

    Connections(Limits limits) {
        this.limits = limits;
        this.sweeper = Thread.ofPlatform().daemon().name("api-connections").start(this::sweep);
    }

    /** A connector whose connections these are. */
    ServerConnector connector(Server server, ConnectionFactory... factories) {
        return new ServerConnector(server, factories) {
            @Override
            protected SocketChannelEndPoint newEndPoint(
                    SocketChannel channel, ManagedSelector selector, SelectionKey key) throws IOException {
                SocketChannelEndPoint made = super.newEndPoint(channel, selector, key);
                opened(made, channel.getRemoteAddress());
                return made;
            }

            @Override
            protected void onEndPointClosed(EndPoint endPoint) {
                closed(endPoint);
                super.onEndPointClosed(endPoint);
            }
        };
    }

    private void opened(EndPoint endPoint, SocketAddress peer) {
        Entry victim = null;
        synchronized (this) {
            Entry added = new Entry(endPoint, peer);
            entries.put(endPoint, added);
            byPeer.put(peer, added);
            List<Entry> strangers =
                    entries.values().stream().filter(each -> each.user == null).toList();
            Map<String, Integer> counts = new HashMap<>();
            strangers.forEach(each -> counts.merge(each.block, 1, Integer::sum));
            if (counts.getOrDefault(added.block, 0) > limits.unidentifiedOfBlock) {
                victim = oldest(each -> each.user == null && each.block.equals(added.block));
            } else if (strangers.size() > limits.unidentified) {
                String block = most(counts, added.block);
                victim = oldest(each -> each.user == null && each.block.equals(block));
            } else if (entries.size() > limits.most) {
                // Strangers are few: those who are known hold the rest.
                Map<String, Integer> ofUsers = new HashMap<>();
                for (Entry each : entries.values()) {
                    if (each.user != null) {
                        ofUsers.merge(each.user, 1, Integer::sum);
                    }
                }
                String user = most(ofUsers, "");
                victim = ofUsers.isEmpty() ? oldest(each -> true) : oldest(each -> user.equals(each.user));
            }
            if (victim != null) {
                remove(victim);
            }
        }
        if (victim != null) {
            victim.endPoint.close();
        }
    }

    private static String most(Map<String, Integer> counts, String otherwise) {
        return counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(otherwise);
    }

    /** Those that are in no call first. */
    private @Nullable Entry oldest(Predicate<Entry> among) {
        return entries.values().stream()
                .filter(among)
                .min(Comparator.comparing((Entry each) -> each.calls > 0).thenComparingLong(each -> each.since))
                .orElse(null);
    }

    private void remove(Entry entry) {
        entries.remove(entry.endPoint);
        byPeer.remove(entry.peer, entry);
    }

    private synchronized void closed(EndPoint endPoint) {
        Entry entry = entries.get(endPoint);
        if (entry != null) {
            remove(entry);
        }
    }

    /**
     * Somebody has shown whose connection it is. The user's oldest connection that is in no call makes room.
     *
     * @return false where all of the user's connections are in calls: this one is to be closed, and counts as nobody's until then
     */
    boolean identified(SocketAddress peer, String user) {
        Entry victim = null;
        synchronized (this) {
            Entry entry = byPeer.get(peer);
            if (entry == null) {
                // Closed meanwhile.
                return false;
            }
            if (user.equals(entry.user)) {
                return true;
            }
            long others = entries.values().stream()
                    .filter(each -> user.equals(each.user))
                    .count();
            if (others >= limits.ofUser) {
                victim = oldest(each -> user.equals(each.user) && each.calls == 0);
                if (victim == null) {
                    return false;
                }
                remove(victim);
            }
            entry.user = user;
        }
        if (victim != null) {
            victim.endPoint.close();
        }
        return true;
    }

    /** The headers of a request are here. */
    @Override
    public Request customize(Request request, HttpFields.Mutable responseHeaders) {
        SocketAddress peer = request.getConnectionMetaData().getRemoteSocketAddress();
        calls(peer, 1);
        Request.addCompletionListener(request, failure -> calls(peer, -1));
        return request;
    }

    private synchronized void calls(SocketAddress peer, int change) {
        Entry entry = byPeer.get(peer);
        if (entry != null) {
            entry.calls = Math.max(0, entry.calls + change);
            entry.since = System.nanoTime();
            entry.stream = null;
        }
    }

    static SocketAddress peer(Context context) {
        return ServletContextRequest.getServletContextRequest(context.req())
                .getConnectionMetaData()
                .getRemoteSocketAddress();
    }

    /** As {@link #paced(SocketAddress, OutputStream)}, for a call's answer. */
    OutputStream paced(Context context, OutputStream out) {
        return paced(peer(context), out);
    }

    /** An answer that ends with its connection where the caller takes it too slowly. Closes {@code out}. */
    OutputStream paced(SocketAddress peer, OutputStream out) {
        Paced stream = new Paced(out);
        synchronized (this) {
            Entry entry = byPeer.get(peer);
            if (entry != null) {
                entry.stream = stream;
            }
        }
        return stream;
    }

    /** Counts for how long the caller was waited for, and what it took meanwhile. */
    private static final class Paced extends FilterOutputStream {
        private volatile long writingSince;
        private final AtomicLong waitedNanos = new AtomicLong();
        private final AtomicLong written = new AtomicLong();
        private long lookedNanos;
        private long lookedWritten;

        private Paced(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            long begun = System.nanoTime();
            writingSince = begun;
            try {
                out.write(bytes, offset, length);
                written.addAndGet(length);
            } finally {
                waitedNanos.addAndGet(System.nanoTime() - begun);
                writingSince = 0;
            }
        }

        /** Called by one thread. */
        private boolean isTooSlow(long now, Limits limits) {
            long since = writingSince;
            long waited = waitedNanos.get() + (since == 0 ? 0 : now - since) - lookedNanos;
            if (waited < limits.pace.toNanos()) {
                return false;
            }
            long taken = written.get() - lookedWritten;
            lookedNanos += waited;
            lookedWritten += taken;
            return taken < limits.pace.toSeconds() * limits.leastBytesPerSecond;
        }
    }

    synchronized int count() {
        return entries.size();
    }

    private void sweep() {
        while (!closing) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            List<Entry> late = new ArrayList<>();
            synchronized (this) {
                long now = System.nanoTime();
                for (Entry each : entries.values()) {
                    if (isLate(each, now)) {
                        late.add(each);
                    }
                }
                late.forEach(this::remove);
            }
            late.forEach(each -> each.endPoint.close());
        }
    }

    private boolean isLate(Entry entry, long now) {
        Paced stream = entry.stream;
        if (entry.calls > 0 && stream != null && stream.isTooSlow(now, limits)) {
            return true;
        }
        long age = now - entry.since;
        if (entry.user == null) {
            return age > (entry.calls > 0 ? limits.unidentifiedCall : limits.toRequest).toNanos();
        }
        return entry.calls == 0 && age > limits.idle.toNanos();
    }

    @Override
    public void close() {
        closing = true;
        sweeper.interrupt();
    }
}
