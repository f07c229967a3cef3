package dev.holdfast.control.outgoing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that answer without end, or never. */
class OutgoingTest {
    private HttpServer server;
    private String root;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] much = new byte[64 << 10];
            try (OutputStream out = exchange.getResponseBody()) {
                while (true) {
                    out.write(much);
                }
            }
        });
        server.createContext("/trickle", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                while (true) {
                    out.write('x');
                    out.flush();
                    Thread.sleep(50);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.createContext("/good", exchange -> {
            byte[] body = "good".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.createContext("/elsewhere", exchange -> {
            exchange.getResponseHeaders().add("Location", "/good");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
        root = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private HttpRequest.Builder get(String path) {
        return HttpRequest.newBuilder(URI.create(root + path)).GET();
    }

    @Test
    void anAnswerHasALimitAndADeadline() throws Exception {
        try (Outgoing http = new Outgoing(Duration.ofSeconds(30), 1000, Outgoing.Excess.REFUSED)) {
            assertThatThrownBy(() -> http.send(get("/endless")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("at most 1000 bytes");
            assertThat(http.send(get("/good"))).isEqualTo(new Outgoing.Answer(200, "text/plain", "good"));
            assertThat(http.send(get("/elsewhere")).status()).isEqualTo(302);
        }
        try (Outgoing http = new Outgoing(Duration.ofSeconds(1), 1 << 20, Outgoing.Excess.REFUSED)) {
            assertThatThrownBy(() -> http.send(get("/trickle")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("within 1 s");
        }
    }

    @Test
    void whereOnlyTheStatusMattersTheAnswerIsCut() throws Exception {
        try (Outgoing http = new Outgoing(Duration.ofSeconds(30), 1000, Outgoing.Excess.CUT)) {
            Outgoing.Answer answer = http.send(get("/endless"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).hasSizeLessThanOrEqualTo(1000);
        }
    }
}
