package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The limits of connections, on a server that does nothing else. */
class ConnectionsTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final List<Socket> sockets = new ArrayList<>();
    private final CompletableFuture<Exception> broken = new CompletableFuture<>();
    private final Semaphore held = new Semaphore(0);
    private final Semaphore goOn = new Semaphore(0);
    private Connections connections;
    private Server server;
    private ServerConnector connector;

    private void serve(Connections.Limits limits) throws Exception {
        connections = new Connections(limits);
        server = new Server();
        HttpConfiguration http = new HttpConfiguration();
        http.addCustomizer(connections);
        connector = connections.connector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                var peer = request.getConnectionMetaData().getRemoteSocketAddress();
                String[] names = request.getHttpURI().getPath().split("/");
                if (names.length > 2 && names[1].equals("as") && !connections.identified(peer, names[2])) {
                    response.setStatus(429);
                } else if (names.length > 3 && names[3].equals("hold")) {
                    held.release();
                    goOn.acquireUninterruptibly();
                }
                if (request.getHttpURI().getPath().equals("/much")) {
                    try (OutputStream out = connections.paced(peer, Content.Sink.asOutputStream(response))) {
                        byte[] part = new byte[16 << 10];
                        for (int i = 0; i < 10_000; i++) {
                            out.write(part);
                        }
                    } catch (IOException e) {
                        broken.complete(e);
                    }
                }
                callback.succeeded();
                return true;
            }
        });
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        goOn.release(100);
        for (Socket each : sockets) {
            each.close();
        }
        server.stop();
        connections.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", connector.getLocalPort());
        socket.setSoTimeout(30_000);
        sockets.add(socket);
        return socket;
    }

    private static String ask(Socket socket, String path) throws IOException {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (answer.indexOf("\r\n\r\n") < 0) {
            int value = in.read();
            if (value < 0) {
                throw new IOException("closed");
            }
            answer.append((char) value);
        }
        return answer.toString();
    }

    private static boolean ends(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void theOldestStrangerMakesRoom() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 10, LONG, LONG, LONG, LONG, 1));
        Socket known = connect();
        assertThat(ask(known, "/as/ann")).startsWith("HTTP/1.1 200");
        List<Socket> strangers = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            Socket each = connect();
            strangers.add(each);
            each.getOutputStream().write("GET / HT".getBytes(StandardCharsets.US_ASCII));
            await(2 + Math.min(i, 3));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(ends(strangers.get(i))).as("stranger " + i).isTrue();
        }
        assertThat(ask(known, "/as/ann")).startsWith("HTTP/1.1 200");
        assertThat(ask(connect(), "/as/ben")).startsWith("HTTP/1.1 200");
    }

    private void await(int count) throws InterruptedException {
        for (int i = 0; i < 1000 && connections.count() != count; i++) {
            Thread.sleep(10);
        }
        assertThat(connections.count()).isEqualTo(count);
    }

    @Test
    void aUserHasSoManyAndTheIdleOnesMakeRoom() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 2, LONG, LONG, LONG, LONG, 1));
        Socket first = connect();
        assertThat(ask(first, "/as/ann")).startsWith("HTTP/1.1 200");
        Socket second = connect();
        assertThat(ask(second, "/as/ann")).startsWith("HTTP/1.1 200");
        Socket third = connect();
        assertThat(ask(third, "/as/ann")).startsWith("HTTP/1.1 200");
        assertThat(ends(first)).isTrue();
        assertThat(ask(second, "/")).startsWith("HTTP/1.1 200");
    }

    private Socket hold(String user) throws Exception {
        Socket socket = connect();
        socket.getOutputStream()
                .write(("GET /as/" + user + "/hold HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        held.acquire();
        return socket;
    }

    @Test
    void aUserWhoseConnectionsAreAllInCallsGetsNoFurtherOne() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 2, LONG, LONG, LONG, LONG, 1));
        hold("ann");
        Socket second = hold("ann");
        assertThat(ask(connect(), "/as/ann")).startsWith("HTTP/1.1 429");
        assertThat(ask(connect(), "/as/ben")).startsWith("HTTP/1.1 200");
        goOn.release(2);
        assertThat(second.getInputStream().read()).isEqualTo('H');
        assertThat(ask(connect(), "/as/ann")).startsWith("HTTP/1.1 200");
    }

    @Test
    void whereAllAreTakenTheUserWithMostMakesRoom() throws Exception {
        serve(new Connections.Limits(5, 4, 4, 4, LONG, LONG, LONG, LONG, 1));
        Socket ben = connect();
        assertThat(ask(ben, "/as/ben")).startsWith("HTTP/1.1 200");
        Socket oldest = hold("ann");
        for (int i = 0; i < 3; i++) {
            hold("ann");
        }
        await(5);
        Socket newcomer = connect();
        assertThat(ask(newcomer, "/as/cid")).startsWith("HTTP/1.1 200");
        await(5);
        assertThat(ends(oldest)).isTrue();
        assertThat(ask(ben, "/as/ben")).startsWith("HTTP/1.1 200");
    }

    @Test
    void headersHaveADeadlineHoweverTheyTrickle() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 10, Duration.ofMillis(500), LONG, LONG, LONG, 1));
        Socket silent = connect();
        Socket trickling = connect();
        Thread trickle = Thread.ofVirtual().start(() -> {
            try {
                OutputStream out = trickling.getOutputStream();
                out.write("GET / HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
                while (true) {
                    out.write('x');
                    Thread.sleep(20);
                }
            } catch (IOException | InterruptedException e) {
                // Closed, as it should be.
            }
        });
        assertThat(ends(silent)).isTrue();
        trickle.join();
        assertThat(connections.count()).isZero();
    }

    @Test
    void whoDoesNotTakeHisAnswerLosesIt() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 10, LONG, LONG, LONG, Duration.ofSeconds(1), 100_000_000));
        Socket slow = connect();
        slow.getOutputStream().write("GET /much HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(slow.getInputStream().read()).isEqualTo('H');
        assertThat(broken.get(20, java.util.concurrent.TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }

    @Test
    void whoTakesItGetsItAll() throws Exception {
        serve(new Connections.Limits(10, 4, 4, 10, LONG, LONG, LONG, Duration.ofSeconds(1), 1));
        Socket quick = connect();
        quick.getOutputStream()
                .write("GET /much HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        long got = 0;
        byte[] buffer = new byte[64 << 10];
        for (int n = quick.getInputStream().read(buffer);
                n >= 0;
                n = quick.getInputStream().read(buffer)) {
            got += n;
        }
        assertThat(got).isGreaterThan(10_000L * (16 << 10));
        assertThat(broken).isNotDone();
    }
}
