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
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Stands between a client and a server, and lets connections stall by script. On the loopback address only. */
public final class StallingRelay implements AutoCloseable {
    /** Small, so that a peer that does not read is noticed by the writer soon. */
    private static final int BUFFER_BYTES = 64 << 10;

    private static final int BEFORE_STOP_BYTES = 200 << 10;

    private final ServerSocket listener;
    private final InetSocketAddress server;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger stalled = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Script script = new Script(Stall.NONE, line -> false);

    /** How a connection stalls, from the request that it strikes on. */
    public enum Stall {
        NONE,
        /** The request is taken, and nothing said. */
        SILENCE,
        /** Nothing more is read after the first part of a body. */
        STOPS_READING,
        /** The request is read at one byte in each 20 ms. */
        READS_BY_BYTES,
        /** The answer comes at one byte in each 20 ms. */
        ANSWERS_BY_BYTES,
        /** The answer ends with its headers. */
        AFTER_HEADERS,
        /** The answer ends in the middle of its body. */
        IN_BODY,
        /** Both ways at 640 KB/s: slow, and no stall. */
        SLOW
    }

    private record Script(Stall stall, Predicate<String> fits) {}

    public StallingRelay(String endpoint) throws IOException {
        URI uri = URI.create(endpoint);
        server = new InetSocketAddress(uri.getHost(), uri.getPort());
        listener = new ServerSocket();
        listener.setReceiveBufferSize(BUFFER_BYTES);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(this::accept);
    }

    public String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** Lets requests stall whose first line fits, so many connections. */
    public void stall(Stall stall, int connections, Predicate<String> fits) {
        script = new Script(stall, fits);
        left.set(connections);
    }

    /** How many connections did. */
    public int stalled() {
        return stalled.get();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                open.add(client);
                Socket upstream = new Socket(server.getAddress(), server.getPort());
                open.add(upstream);
                new Connection(client, upstream).begin();
            } catch (IOException e) {
                return;
            }
        }
    }

    private final class Connection {
        private final Socket client;
        private final Socket upstream;
        private volatile Stall stall = Stall.NONE;

        Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void begin() {
            Thread.ofVirtual().start(() -> pump(this::requests));
            Thread.ofVirtual().start(() -> pump(this::answers));
        }

        private interface Pump {
            void run() throws IOException, InterruptedException;
        }

        private void pump(Pump pump) {
            try {
                pump.run();
            } catch (IOException | InterruptedException e) {
                // One side went away.
            }
            for (Socket each : new Socket[] {client, upstream}) {
                open.remove(each);
                try {
                    each.close();
                } catch (IOException e) {
                    // It is gone.
                }
            }
        }

        private void requests() throws IOException, InterruptedException {
            InputStream in = client.getInputStream();
            OutputStream out = upstream.getOutputStream();
            byte[] buffer = new byte[16 << 10];
            long sent = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                String text = new String(buffer, 0, Math.min(count, 400), StandardCharsets.ISO_8859_1);
                boolean begins = text.matches("(?s)(GET|PUT|POST|HEAD|DELETE) .*");
                Script now = script;
                if (begins
                        && stall == Stall.NONE
                        && now.fits.test(text.lines().findFirst().orElse(""))) {
                    if (left.getAndUpdate(value -> Math.max(0, value - 1)) > 0) {
                        stalled.incrementAndGet();
                        stall = now.stall;
                    }
                }
                switch (stall) {
                    case SILENCE -> {}
                    case STOPS_READING -> {
                        sent += count;
                        if (sent >= BEFORE_STOP_BYTES) {
                            closed.await();
                        }
                    }
                    case READS_BY_BYTES -> {
                        byte[] one = new byte[1];
                        while (in.read(one) >= 0) {
                            Thread.sleep(20);
                        }
                    }
                    case SLOW -> {
                        out.write(buffer, 0, count);
                        Thread.sleep(25);
                    }
                    default -> out.write(buffer, 0, count);
                }
            }
        }

        private void answers() throws IOException, InterruptedException {
            InputStream in = upstream.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] buffer = new byte[16 << 10];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                switch (stall) {
                    case ANSWERS_BY_BYTES -> {
                        for (int i = 0; i < count; i++) {
                            out.write(buffer, i, 1);
                            // So that the shortest answer takes several windows, of which the first may count what was
                            // sent.
                            Thread.sleep(60);
                        }
                    }
                    case AFTER_HEADERS, IN_BODY -> {
                        int end = new String(buffer, 0, count, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
                        out.write(buffer, 0, stall == Stall.IN_BODY ? Math.max(end, count / 2) : end);
                        closed.await();
                    }
                    case SLOW -> {
                        out.write(buffer, 0, count);
                        Thread.sleep(25);
                    }
                    default -> out.write(buffer, 0, count);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        listener.close();
        for (Closeable each : open) {
            each.close();
        }
    }
}
