package dev.holdfast.vault.oss;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;

/** Stands between a client and a server as a long line does: what one side sends comes to the other half a round trip later. */
public final class DistantRelay implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;
    /** In flight each way, so that the line's delay does not limit its throughput. */
    private static final int MAX_IN_FLIGHT = 64;

    private final ServerSocket listener;
    private final InetSocketAddress server;
    private final long delayNanos;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

    /** Bytes under way; none for the end. Those of one direction arrive in their order, being equally late. */
    private record Flight(byte[] bytes, long due, long number) implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(number, ((Flight) other).number);
        }
    }

    public DistantRelay(String endpoint, long roundTripMillis) throws IOException {
        URI uri = URI.create(endpoint);
        server = new InetSocketAddress(uri.getHost(), uri.getPort());
        delayNanos = roundTripMillis * 1_000_000 / 2;
        listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                Socket upstream = new Socket(server.getAddress(), server.getPort());
                for (Socket each : new Socket[] {client, upstream}) {
                    each.setTcpNoDelay(true);
                    open.add(each);
                }
                carry(client, upstream, 2 * delayNanos);
                carry(upstream, client, 0);
            } catch (IOException e) {
                return;
            }
        }
    }

    /** @param first how much later the first bytes are: the connection has to be made, over the same line */
    private void carry(Socket from, Socket to, long first) {
        DelayQueue<Flight> flights = new DelayQueue<>();
        Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[BUFFER_BYTES];
            long made = System.nanoTime() + first;
            long number = 0;
            try {
                InputStream in = from.getInputStream();
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    while (flights.size() > MAX_IN_FLIGHT) {
                        Thread.sleep(1);
                    }
                    long due = Math.max(System.nanoTime(), made) + delayNanos;
                    flights.add(new Flight(Arrays.copyOf(buffer, count), due, number++));
                }
            } catch (IOException | InterruptedException e) {
                // It went away.
            }
            flights.add(new Flight(new byte[0], System.nanoTime() + delayNanos, number));
        });
        Thread.ofVirtual().start(() -> {
            try {
                OutputStream out = to.getOutputStream();
                for (Flight flight = flights.take(); flight.bytes.length > 0; flight = flights.take()) {
                    out.write(flight.bytes);
                }
            } catch (IOException | InterruptedException e) {
                // It went away.
            }
            for (Socket each : new Socket[] {from, to}) {
                open.remove(each);
                try {
                    each.close();
                } catch (IOException e) {
                    // It is gone.
                }
            }
        });
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Closeable each : open) {
            each.close();
        }
    }
}
