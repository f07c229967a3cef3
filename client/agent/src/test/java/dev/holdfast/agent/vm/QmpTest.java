package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The monitor of a machine that may be anything: each answer and each silence ends in a result or in a clear error. */
class QmpTest {
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";
    private static final Qmp.Limits SHORT = new Qmp.Limits(Duration.ofMillis(300), Duration.ofMillis(300));
    private static final Qmp.Limits LONG = new Qmp.Limits(Duration.ofMinutes(1), Duration.ofMinutes(1));

    @TempDir
    Path dir;

    private SocketPeer peer;

    private Path monitor(SocketPeer.Conduct conduct) throws IOException {
        Path path = dir.resolve("qmp");
        peer = new SocketPeer(path, conduct);
        return path;
    }

    @AfterEach
    void stop() throws IOException {
        if (peer != null) {
            peer.close();
        }
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("closed");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    private static String id(String command) {
        return command.replaceAll(".*\"id\":\"([^\"]*)\".*", "$1");
    }

    /** Greets, and answers the first command, which asks for the capabilities. */
    private static void greet(InputStream in, OutputStream out) throws IOException {
        say(out, GREETING);
        say(out, "{\"return\": {}, \"id\": \"" + id(line(in)) + "\"}\n");
    }

    private void mustFail(Qmp.Limits limits, String why, SocketPeer.Conduct conduct) throws IOException {
        Path path = monitor(conduct);
        assertThatThrownBy(() -> {
                    try (Qmp qmp = Qmp.connect(path, limits)) {
                        qmp.execute("query-name");
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining(why);
    }

    @Test
    @Timeout(60)
    void whereOthersWaitForTheMonitorItIsNotWaitedForever() throws Exception {
        Path path = dir.resolve("busy");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        List<SocketChannel> others = new ArrayList<>();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address, 1);
            // As many as the system lets wait for a queue of one.
            for (int i = 0; i < 2; i++) {
                others.add(SocketChannel.open(address));
            }
            assertThatThrownBy(() -> Qmp.connect(path, SHORT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("others wait for it already");
        } finally {
            for (SocketChannel each : others) {
                each.close();
            }
        }
    }

    @Test
    void commandsAreAnsweredAndEventsPassedOver() throws Exception {
        Path path = monitor((in, out) -> {
            greet(in, out);
            String first = line(in);
            say(out, "{\"event\": \"RESUME\", \"data\": {}}\n\r\n");
            say(
                    out,
                    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\"}, \"id\": \"" + id(first)
                            + "\"}\n");
            String second = line(in);
            say(out, "{\"return\": {\"name\": \"" + second.contains("\"flat\":true") + "\"}, \"id\": \"" + id(second));
            say(out, "\"}\n");
        });
        try (Qmp qmp = Qmp.connect(path, LONG)) {
            assertThatThrownBy(() -> qmp.execute("query-name"))
                    .isInstanceOf(Qmp.RefusedException.class)
                    .hasMessage("query-name: not now");
            assertThat(qmp.execute("query-name", Map.of("flat", true))
                            .path("name")
                            .asText())
                    .isEqualTo("true");
            // The connection has ended, and stays so.
            assertThatThrownBy(() -> qmp.execute("query-uuid")).hasMessageContaining("qmp, query-uuid: ");
            assertThatThrownBy(() -> qmp.execute("query-name")).hasMessageContaining("qmp, query-uuid: ");
        }
    }

    @Test
    void nobodyListens() {
        assertThatThrownBy(() -> Qmp.connect(dir.resolve("none"), LONG))
                .hasMessageContaining("cannot connect to the machine's monitor")
                .hasMessageContaining("server=on,wait=off");
    }

    @Test
    void silenceHasAnEnd() throws Exception {
        mustFail(SHORT, "is another connected?", (in, out) -> in.read());
    }

    @Test
    void silenceAfterACommandHasAnEnd() throws Exception {
        mustFail(SHORT, "query-name: no answer within", (in, out) -> {
            greet(in, out);
            line(in);
            in.read();
        });
    }

    @Test
    void eventsWithoutEndHaveAnEnd() throws Exception {
        mustFail(SHORT, "query-name: no answer within", (in, out) -> {
            greet(in, out);
            while (true) {
                say(out, "{\"event\": \"X\"}\n");
            }
        });
    }

    @Test
    void aPeerThatTakesNothingHasAnEnd() throws Exception {
        Path path = monitor((in, out) -> {
            greet(in, out);
            in.read();
            try {
                Thread.sleep(Duration.ofMinutes(1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try (Qmp qmp = Qmp.connect(path, SHORT)) {
            String large = "x".repeat(16 << 20);
            assertThatThrownBy(() -> qmp.execute("query-name", Map.of("x", large)))
                    .hasMessageContaining("no answer within");
        }
    }

    @Test
    void aConnectionThatEndsIsTold() throws Exception {
        mustFail(LONG, "closed by the other side", (in, out) -> {});
    }

    @Test
    void anotherProtocolIsTold() throws Exception {
        mustFail(LONG, "not one of QMP", (in, out) -> say(out, "{\"hello\": 1}\n"));
    }

    @Test
    void textIsTold() throws Exception {
        mustFail(LONG, "no JSON object: SSH-2.0", (in, out) -> say(out, "SSH-2.0-OpenSSH\r\n"));
    }

    @Test
    void bytesAreTold() throws Exception {
        mustFail(LONG, "no JSON object", (in, out) -> out.write(new byte[] {1, 2, (byte) 0xFE, 0, '\n'}));
    }

    @Test
    void aListIsTold() throws Exception {
        mustFail(LONG, "no JSON object", (in, out) -> say(out, "[1, 2]\n"));
    }

    @Test
    void nestingWithoutEndIsTold() throws Exception {
        mustFail(LONG, "no JSON object", (in, out) -> say(out, "{\"a\":".repeat(100_000) + "\n"));
    }

    @Test
    void aLineWithoutEndIsTold() throws Exception {
        mustFail(LONG, "more than 8 MiB", (in, out) -> {
            byte[] zeros = new byte[1 << 16];
            while (true) {
                out.write(zeros);
            }
        });
    }

    @Test
    void theAnswerToAnotherCommandIsTold() throws Exception {
        mustFail(LONG, "belongs to another command", (in, out) -> {
            greet(in, out);
            line(in);
            say(out, "{\"return\": {\"name\": \"x\"}, \"id\": \"other\"}\n");
        });
    }

    @Test
    void anAnswerWithoutResultIsTold() throws Exception {
        mustFail(LONG, "neither a result nor an error", (in, out) -> {
            greet(in, out);
            say(out, "{\"id\": \"" + id(line(in)) + "\"}\n");
        });
    }
}
