package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alert channels that are tried before they are stored, and edited without giving the secret again. */
class AlertChannelsTest {
    @TempDir
    static Path work;

    private static final List<String> SIGNATURES = new CopyOnWriteArrayList<>();
    private static volatile int status = 200;
    private static RunningAppliance appliance;
    private static RunningAppliance.Browser admin;
    private static HttpServer hook;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
        hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/", exchange -> {
            SIGNATURES.add(String.valueOf(exchange.getRequestHeaders().getFirst("X-Holdfast-Signature")));
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        hook.start();
    }

    @AfterAll
    static void stop() throws Exception {
        hook.stop(0);
        appliance.close();
    }

    private static String url() {
        return "http://127.0.0.1:" + hook.getAddress().getPort() + "/x?token=of-the-robot";
    }

    private static HttpResponse<String> call(String method, String path, String body) throws Exception {
        return appliance.call(admin, method, path, body);
    }

    private static JsonNode only() throws Exception {
        return json(call("GET", "/alert-channels", null)).path("channels").path(0);
    }

    @Test
    void channelIsTriedBeforeItIsStoredAndKeepsItsSecretWhenEdited() throws Exception {
        String given = "{\"webhook\":{\"url\":\"" + url() + "\"},\"secret\":\"sesame-of-the-hook\"}";
        status = 500;
        assertThat(call("POST", "/alert-channels/ops/try", given).statusCode()).isEqualTo(502);
        assertThat(only().isMissingNode()).isTrue();
        status = 200;
        json(call("POST", "/alert-channels/ops/try", given));
        assertThat(only().isMissingNode()).isTrue();
        assertThat(SIGNATURES.getLast()).isNotEqualTo("null");
        json(call("PUT", "/alert-channels/ops", given));
        assertThat(only().path("hasSecret").asBoolean()).isTrue();
        assertThat(only().toString()).doesNotContain("sesame-of-the-hook", "of-the-robot");
        // Neither the URL nor the secret is given again.
        String kept = "{\"webhook\":{},\"least\":\"alert\",\"keep\":true}";
        json(call("POST", "/alert-channels/ops/try", kept));
        assertThat(SIGNATURES.getLast()).isNotEqualTo("null");
        json(call("PUT", "/alert-channels/ops", kept));
        assertThat(only().path("least").asText()).isEqualTo("alert");
        assertThat(only().path("hasSecret").asBoolean()).isTrue();
        json(call("POST", "/alert-channels/ops/test", null));
        assertThat(only().path("language").asText()).isEqualTo("en");
        json(call("PUT", "/alert-channels/ops", "{\"webhook\":{},\"language\":\"zh\",\"keep\":true}"));
        json(call("PUT", "/alert-channels/ops", kept));
        assertThat(only().path("language").asText()).isEqualTo("zh");
        assertThat(call("PUT", "/alert-channels/ops", "{\"webhook\":{},\"language\":\"fr\",\"keep\":true}")
                        .body())
                .contains("invalid language 'fr'; expected one of en, zh");
        // Nobody gets to know the secret by naming another server.
        HttpResponse<String> elsewhere = call(
                "PUT", "/alert-channels/ops", "{\"webhook\":{\"url\":\"https://other.example.com/\"},\"keep\":true}");
        assertThat(elsewhere.statusCode()).isEqualTo(400);
        assertThat(elsewhere.body()).contains("give the secret again").doesNotContain("sesame-of-the-hook");
        // As it was before: a channel that is set anew has the secret that is given, or none.
        json(call("PUT", "/alert-channels/ops", "{\"webhook\":{\"url\":\"" + url() + "\"}}"));
        assertThat(only().path("hasSecret").asBoolean()).isFalse();
        assertThat(call("POST", "/alert-channels/none/try", kept).statusCode()).isEqualTo(404);
    }

    @Test
    void hostsAndAddressesThatCannotBeMeantAreRefused() throws Exception {
        for (String mail : List.of(
                "{\"host\":\"a b\",\"from\":\"a@b.example\",\"to\":[\"c@d.example\"]}",
                "{\"host\":\"mail.example.com\",\"from\":\"no at\",\"to\":[\"c@d.example\"]}",
                "{\"host\":\"mail.example.com\",\"from\":\"a@b.example\",\"to\":[\"no at\"]}")) {
            assertThat(call("POST", "/alert-channels/mail/try", "{\"mail\":" + mail + "}")
                            .statusCode())
                    .as(mail)
                    .isEqualTo(400);
        }
    }
}
