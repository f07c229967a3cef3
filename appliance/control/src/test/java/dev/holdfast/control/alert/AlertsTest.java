package dev.holdfast.control.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Events.Severity;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events on their way to real servers on this machine. */
class AlertsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dir;

    private record Got(String query, String signature, String body) {}

    private final List<Got> got = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger refuse = new AtomicInteger();
    private String answer = "{\"errcode\":0}";
    private HttpServer http;
    private ControlDb control;
    private VaultKeys keys;

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/hook", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean refused = refuse.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
            if (!refused) {
                got.add(new Got(
                        String.valueOf(exchange.getRequestURI().getRawQuery()),
                        exchange.getRequestHeaders().getFirst("X-Holdfast-Signature"),
                        body));
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(refused ? 503 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        http.start();
        control = new ControlDb(dir.resolve("control.db"));
        Credential credential = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        keys = Keyring.create(credential).unlock(credential);
    }

    @AfterEach
    void stop() throws IOException {
        http.stop(0);
        keys.close();
        control.close();
    }

    private String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/hook";
    }

    private static Events.Event event() {
        return new Events.Event(
                7,
                Instant.ofEpochMilli(1_700_000_000_000L),
                Severity.ALERT,
                "brake",
                "web1",
                "it burns: 火",
                null,
                null);
    }

    private static byte[] hmac(String secret, byte[] data) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return mac.doFinal(data);
    }

    @Test
    void aWebhookHearsSignedJson() throws Exception {
        try (AlertSender sender = new AlertSender("office")) {
            sender.send(
                    new AlertChannel.Webhook(url(), AlertChannel.Form.JSON, Severity.INFO, Language.EN),
                    "s3cret",
                    event());
        }
        JsonNode body = JSON.readTree(got.getFirst().body);
        assertThat(body.path("severity").asText()).isEqualTo("alert");
        assertThat(body.path("message").asText()).isEqualTo("it burns: 火");
        assertThat(body.path("at").asText()).isEqualTo("2023-11-14T22:13:20.000Z");
        assertThat(body.path("phrase").isNull()).isTrue();
        assertThat(got.getFirst().signature)
                .isEqualTo(HexFormat.of()
                        .formatHex(hmac("s3cret", got.getFirst().body.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void jsonIsEnglishWithACodeAndParametersWhateverTheLanguage() throws Exception {
        Phrase phrase = Phrase.of("event.caught-up")
                .with("plan", Phrase.of("event.plan").with("plan", "nightly"));
        try (AlertSender sender = new AlertSender("office")) {
            sender.send(
                    new AlertChannel.Webhook(url(), AlertChannel.Form.JSON, Severity.INFO, Language.ZH),
                    "",
                    event().saying(phrase));
            sender.send(
                    new AlertChannel.Webhook(url(), AlertChannel.Form.DINGTALK, Severity.INFO, Language.ZH),
                    "",
                    event().saying(phrase));
        }
        JsonNode body = JSON.readTree(got.getFirst().body);
        assertThat(body.path("message").asText()).isEqualTo("plan nightly makes snapshots again");
        assertThat(body.path("phrase").path("code").asText()).isEqualTo("event.caught-up");
        assertThat(body.path("phrase")
                        .path("args")
                        .path("plan")
                        .path("args")
                        .path("plan")
                        .asText())
                .isEqualTo("nightly");
        assertThat(JSON.readTree(got.getLast().body)
                        .path("text")
                        .path("content")
                        .asText())
                .startsWith("Holdfast office，告警，保留策略已暂停，节点 web1：备份计划“nightly”");
    }

    @Test
    void dingTalkHearsTextSignsAndMayRefuse() throws Exception {
        AlertChannel.Webhook robot = new AlertChannel.Webhook(
                url() + "?access_token=x", AlertChannel.Form.DINGTALK, Severity.INFO, Language.EN);
        assertThat(robot.target()).doesNotContain("access_token=x");
        try (AlertSender sender = new AlertSender("office")) {
            sender.send(robot, "SEC1", event());
            answer = "{\"errcode\":310000,\"errmsg\":\"sign not match\"}";
            assertThatThrownBy(() -> sender.send(robot, "SEC1", event())).hasMessageContaining("sign not match");
            answer = "{\"errcode\":310000,\"errmsg\":\"" + "x".repeat(60_000) + "\"}";
            assertThatThrownBy(() -> sender.send(robot, "SEC1", event()))
                    .hasMessageContaining("x".repeat(300) + "…")
                    .hasMessageNotContaining("x".repeat(301));
        }
        assertThat(JSON.readTree(got.getFirst().body)
                        .path("text")
                        .path("content")
                        .asText())
                .contains("it burns")
                .contains("web1");
        String query = got.getFirst().query;
        String timestamp = query.replaceFirst(".*timestamp=(\\d+).*", "$1");
        String sign = URLDecoder.decode(query.replaceFirst(".*sign=", ""), StandardCharsets.UTF_8);
        assertThat(Base64.getDecoder().decode(sign))
                .isEqualTo(hmac("SEC1", (timestamp + "\nSEC1").getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void eventsArriveInOrderAfterATimeOfSilence() throws Exception {
        AlertChannel channel = new AlertChannel.Webhook(url(), AlertChannel.Form.JSON, Severity.WARNING, Language.EN);
        control.events().raise(Severity.ALERT, "old", null, Phrase.plain("before the channel"));
        control.alertChannels().put("ops", channel.json(), Alerts.seal(keys, "s"));
        refuse.set(1);
        control.events().raise(Severity.INFO, "quiet", null, Phrase.plain("nobody need know"));
        control.events().raise(Severity.WARNING, "a", null, Phrase.plain("first"));
        control.events().raise(Severity.ALERT, "b", null, Phrase.plain("second"));
        try (Alerts alerts = new Alerts(control, keys, new AlertSender("office"))) {
            assertThat(alerts).isNotNull();
            for (int i = 0; i < 300 && got.size() < 2; i++) {
                Thread.sleep(100);
            }
        }
        assertThat(got.stream()
                        .map(each -> each.body.replaceFirst(".*\"kind\":\"(\\w+)\".*", "$1"))
                        .toList())
                .containsExactly("a", "b");
        assertThat(control.alertChannels().all().getFirst().error()).isEmpty();
        assertThat(new String(control.alertChannels().all().getFirst().secret(), StandardCharsets.ISO_8859_1))
                .doesNotContain("s3cret");
    }

    @Test
    void aFloodIsOneMessageAndASummary() throws Exception {
        AlertChannel channel = new AlertChannel.Webhook(url(), AlertChannel.Form.JSON, Severity.WARNING, Language.EN);
        control.alertChannels().put("ops", channel.json(), null);
        AtomicLong now = new AtomicLong(System.currentTimeMillis());
        for (int i = 0; i < 57; i++) {
            control.events().raise(Severity.ALERT, "brake", null, Phrase.plain("burst " + i));
        }
        control.events().raise(Severity.ALERT, "damage", null, Phrase.plain("something else"));
        // Stored as ten, the last of which counts the others.
        assertThat(control.events().list(true, 100)).hasSize(11);
        assertThat(control.events().list(true, 100).get(1).message())
                .contains("burst 9")
                .contains("and 47 more like it");
        long last = control.events().list(true, 1).getFirst().id();
        try (Alerts alerts =
                new Alerts(control, keys, new AlertSender("office"), () -> Instant.ofEpochMilli(now.get()))) {
            assertThat(alerts).isNotNull();
            await(() -> control.alertChannels().all().getFirst().delivered() == last);
        }
        assertThat(got)
                .extracting(each -> JSON.readTree(each.body).path("message").asText())
                .containsExactly("burst 0", "something else");
        // The window ends while nobody runs.
        now.addAndGet(Alerts.WINDOW.toMillis() + 1);
        try (Alerts alerts =
                new Alerts(control, keys, new AlertSender("office"), () -> Instant.ofEpochMilli(now.get()))) {
            assertThat(alerts).isNotNull();
            await(() -> got.size() == 3);
            control.events().raise(Severity.ALERT, "brake", null, Phrase.plain("still"));
            now.addAndGet(Alerts.WINDOW.toMillis() + 1);
            await(() -> got.size() == 4);
            // Nothing came for a window: the next is told at once.
            await(() -> {
                // The last window may begin after the clock was set.
                now.addAndGet(Alerts.WINDOW.toMillis() + 1);
                return control.alertGroups().due("ops", Long.MAX_VALUE).isEmpty();
            });
        }
        assertThat(JSON.readTree(got.get(2).body).path("message").asText())
                .startsWith("56 more of this kind since event 1; the newest: burst 9");
        assertThat(JSON.readTree(got.get(3).body).path("message").asText()).startsWith("1 more of this kind");
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws Exception {
        for (int i = 0; i < 300 && !condition.holds(); i++) {
            Thread.sleep(100);
        }
        assertThat(condition.holds()).isTrue();
    }

    @Test
    void anAnswerWithoutEndHarmsNobody() throws Exception {
        AtomicLong written = new AtomicLong();
        http.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] part = new byte[8192];
            try (OutputStream out = exchange.getResponseBody()) {
                while (written.get() < 64 << 20) {
                    out.write(part);
                    written.addAndGet(part.length);
                }
            }
        });
        try (AlertSender sender = new AlertSender("office")) {
            sender.send(
                    new AlertChannel.Webhook(
                            url().replace("hook", "endless"), AlertChannel.Form.JSON, Severity.INFO, Language.EN),
                    "",
                    event());
        }
        assertThat(written.get()).isLessThan(64 << 20);
    }

    @Test
    void namesOfNodesForgeNoHeaderAndNoLine() throws Exception {
        Events.Event hostile = new Events.Event(
                7,
                Instant.EPOCH,
                Severity.ALERT,
                "brake",
                "web1\r\nBcc: x@example.com",
                "a\u001b[31m\nb\u202e",
                null,
                null);
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                AlertSender sender = new AlertSender("office")) {
            Thread smtp = Thread.ofPlatform().start(() -> serve(server, lines));
            AlertChannel mail = new AlertChannel.Mail(
                    "127.0.0.1",
                    server.getLocalPort(),
                    AlertChannel.Security.NONE,
                    "",
                    "holdfast@example.com",
                    List.of("ops@example.com"),
                    Severity.INFO,
                    Language.EN);
            sender.send(mail, "", hostile);
            smtp.join(10_000);
            sender.send(
                    new AlertChannel.Webhook(url(), AlertChannel.Form.DINGTALK, Severity.INFO, Language.EN),
                    "",
                    hostile);
        }
        assertThat(lines).noneMatch(line -> line.startsWith("Bcc:")).noneMatch(line -> line.contains("\u001b"));
        assertThat(JSON.readTree(got.getFirst().body)
                        .path("text")
                        .path("content")
                        .asText())
                .contains("web1\\x0d\\x0aBcc")
                .contains("a\\x1b[31m\\x0ab\\u202e");
    }

    @Test
    void whatIsNotEncryptedIsKnownForIt() {
        for (String url :
                new String[] {"http://hooks.example.com/x", "HTTP://10.0.0.1/", "http://127.0.0.1.example.com/"}) {
            assertThat(new AlertChannel.Webhook(url, AlertChannel.Form.JSON, Severity.INFO, Language.EN).inTheClear())
                    .as(url)
                    .isTrue();
        }
        for (String url :
                new String[] {"https://hooks.example.com/x", "http://127.0.0.1:8/", "http://localhost/", "http://[::1]/"
                }) {
            assertThat(new AlertChannel.Webhook(url, AlertChannel.Form.JSON, Severity.INFO, Language.EN).inTheClear())
                    .as(url)
                    .isFalse();
        }
    }

    @Test
    void mailArrives() throws Exception {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                AlertSender sender = new AlertSender("office")) {
            Thread smtp = Thread.ofPlatform().start(() -> serve(server, lines));
            sender.send(
                    new AlertChannel.Mail(
                            "127.0.0.1",
                            server.getLocalPort(),
                            AlertChannel.Security.NONE,
                            "",
                            "holdfast@example.com",
                            List.of("ops@example.com", "boss@example.com"),
                            Severity.INFO,
                            Language.EN),
                    "",
                    event());
            smtp.join(10_000);
        }
        assertThat(lines)
                .contains("RCPT TO:<ops@example.com>", "RCPT TO:<boss@example.com>")
                .anyMatch(line -> line.startsWith("Subject: [Holdfast office] ALERT: retention pause on web1"))
                .anyMatch(line -> line.startsWith("Date: Tue, 14 Nov 2023 22:13:20"));
    }

    /** As much of SMTP as one mail needs. */
    private static void serve(ServerSocket server, List<String> lines) {
        try (Socket socket = server.accept()) {
            OutputStream out = socket.getOutputStream();
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            say(out, "220 test");
            boolean data = false;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
                if (data) {
                    data = !line.equals(".");
                    if (!data) {
                        say(out, "250 taken");
                    }
                } else if (line.equals("DATA")) {
                    data = true;
                    say(out, "354 go on");
                } else if (line.equals("QUIT")) {
                    say(out, "221 bye");
                    return;
                } else {
                    say(out, "250 ok");
                }
            }
        } catch (IOException e) {
            lines.add(e.toString());
        }
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }
}
