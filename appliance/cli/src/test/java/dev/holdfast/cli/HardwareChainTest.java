package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.task.HardwareWatch;
import dev.holdfast.hardware.collect.FakeTools;
import dev.holdfast.hardware.part.ReportFile;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * From what a tool prints to what people see: stand-ins for the tools print recorded outputs, the collector reads them, and a
 * running appliance raises events, sends an alert, and shows the part; and all of it ends when the part is mended.
 */
class HardwareChainTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path work;

    private static final BlockingQueue<String> ALERTS = new LinkedBlockingQueue<>();
    private static Path data;
    private static Path report;
    private static Appliance appliance;
    private static HardwareWatch watch;
    private static HttpServer hook;
    private static FakeTools tools;

    @BeforeAll
    static void begin() throws Exception {
        data = work.resolve("data");
        report = work.resolve("report.json");
        DataDirectory directory =
                DataDirectory.init(data, "hdr-1000", List.of(), null).directory();
        try (Credential credential = directory.unattendedKey()) {
            appliance = new Appliance(
                    directory, credential, new InetSocketAddress("127.0.0.1", 0), new IndexRecovery.Progress() {
                        @Override
                        public void step(String what, long done, long total) {}

                        @Override
                        public void warning(String what) {}
                    });
        }
        tools = new FakeTools(work);
        ReportFile.write(report, tools.collector().collect(Instant.now()));
        watch = appliance.watchHardware(report);
        hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        hook.createContext("/", exchange -> {
            ALERTS.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        hook.start();
        int code = code(
                "alert",
                "webhook",
                "ops",
                "http://127.0.0.1:" + hook.getAddress().getPort() + "/",
                "--allow-plain-http");
        assertThat(code).isZero();
    }

    @AfterAll
    static void end() throws Exception {
        appliance.close();
        hook.stop(0);
    }

    @BeforeEach
    void heal() throws Exception {
        tools.ipmi("ipmi-healthy.txt");
        tools.storcli("healthy", "", "", "none", "");
        tools.smart("smart-healthy.json");
        look();
    }

    private static void look() throws Exception {
        ReportFile.write(report, tools.collector().collect(Instant.now()));
        watch.look();
    }

    private static ByteArrayOutputStream printed;

    private static int code(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--data", data.toString()));
        printed = new ByteArrayOutputStream();
        return ApplianceMain.run(
                new StandardOutput(new PrintStream(printed, true, StandardCharsets.UTF_8)), all.toArray(String[]::new));
    }

    private static JsonNode json() throws Exception {
        return JSON.readTree(printed.toByteArray());
    }

    private static List<String> openEvents() throws Exception {
        code("events", "--json");
        List<String> found = new ArrayList<>();
        for (JsonNode each : json()) {
            if (each.path("kind").asText().startsWith("hardware-")
                    && !each.path("kind").asText().equals("hardware-mended")) {
                found.add(
                        each.path("severity").asText() + " " + each.path("kind").asText() + " "
                                + each.path("message").asText());
            }
        }
        return found;
    }

    private static String state(String kind, String name) throws Exception {
        for (JsonNode each : json().path("parts")) {
            if (each.path("kind").asText().equals(kind)
                    && each.path("name").asText().equals(name)) {
                return each.path("state").asText();
            }
        }
        return "";
    }

    private static void fail(String what) throws Exception {
        switch (what) {
            case "power-supply|PS2 Status" -> tools.ipmi("ipmi-supply-failed.txt");
            case "power-supply|PS Redundancy" -> tools.ipmi("ipmi-supply-without-power.txt");
            case "temperature|Inlet Temp" -> tools.ipmi("ipmi-hot.txt");
            case "fan|Fan1B RPM" -> tools.ipmi("ipmi-fan-failed.txt");
            case "battery|controller 0" -> tools.storcli("battery-failed", "", "", "none", "-failed");
            case "write-cache|controller 0 volume 239" -> tools.storcli("write-through", "", "", "none", "");
            case "array|controller 0 volume 239" -> tools.storcli("degraded", "", "", "none", "");
            case "disk|controller 0 slot 252:1" -> tools.storcli("healthy", "", "-prefail", "none", "");
            case "disk|sda" -> tools.smart("smart-failing.json");
            default -> throw new IllegalArgumentException(what);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "power-supply|PS2 Status",
                "power-supply|PS Redundancy",
                "temperature|Inlet Temp",
                "fan|Fan1B RPM",
                "battery|controller 0",
                "write-cache|controller 0 volume 239",
                "array|controller 0 volume 239",
                "disk|controller 0 slot 252:1",
                "disk|sda"
            })
    void aFailedPartIsAnEventAndIsShownUntilItIsMended(String what) throws Exception {
        String kind = what.substring(0, what.indexOf('|'));
        String name = what.substring(what.indexOf('|') + 1);
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isZero();
        assertThat(state(kind, name)).isEqualTo("ok");
        assertThat(openEvents()).isEmpty();

        fail(what);
        look();
        watch.look();
        assertThat(openEvents())
                .filteredOn(each -> each.contains(" hardware-" + kind + " ") && each.contains(name + ": "))
                .singleElement()
                .asString()
                .startsWith("ALERT hardware-" + kind);
        assertThat(code("hardware", "show", "--json")).isEqualTo(1);
        assertThat(state(kind, name)).isEqualTo("failed");

        heal();
        assertThat(openEvents()).isEmpty();
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isZero();
        code("events", "--json");
        assertThat(json().toString()).contains(name + " is healthy again");
        // More than ten of one kind would be counted rather than listed.
        code("events", "--acknowledge-all");
    }

    @Test
    void anAlertIsSent() throws Exception {
        // Of a kind that no other test alerts of: more of one kind is told later, as a summary.
        tools.kernel("sys/devices/system/edac/mc/mc0/ce_count", "0");
        tools.kernel("sys/devices/system/edac/mc/mc0/ue_count", "1");
        look();
        tools.kernel("sys/devices/system/edac/mc/mc0/ue_count", "0");
        String sent = ALERTS.poll(20, TimeUnit.SECONDS);
        while (sent != null && !sent.contains("hardware-memory")) {
            sent = ALERTS.poll(20, TimeUnit.SECONDS);
        }
        assertThat(sent).contains("Memory mc0: failed", "replace the module");
    }

    @Test
    void whatIsNoLongerReportedIsAbsentUntilThatIsAcknowledged() throws Exception {
        tools.storcli("none", "", "", "none", "");
        look();
        assertThat(openEvents())
                .anyMatch(each -> each.startsWith("ALERT hardware-array Array controller 0 volume 239: absent"));
        code("events", "--acknowledge-all");
        watch.look();
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isZero();
        assertThat(state("array", "controller 0 volume 239")).isEmpty();
    }

    @Test
    void aToolThatGoesIsNoHealth() throws Exception {
        tools.ipmi("ipmi-supply-failed.txt");
        look();
        tools.remove("ipmitool");
        look();
        // The failure is not over because nobody looks at it any more.
        assertThat(openEvents())
                .anyMatch(each -> each.startsWith("ALERT hardware-power-supply Power supply PS2 Status: failed"))
                .anyMatch(each ->
                        each.startsWith("WARNING hardware-unknown All fans: unknown: ipmitool is not installed"));
        assertThat(code("hardware", "show", "--json")).isEqualTo(1);
        assertThat(state("power-supply", "PS2 Status")).isEqualTo("unknown");
        heal();
        assertThat(openEvents()).isEmpty();
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isZero();
    }

    @Test
    void metricsHaveEachPart() throws Exception {
        tools.ipmi("ipmi-supply-failed.txt");
        look();
        int port = appliance.serveMetrics(new InetSocketAddress("127.0.0.1", 0));
        String metrics;
        try (HttpClient client = HttpClient.newHttpClient()) {
            metrics = client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
        assertThat(metrics)
                .contains(
                        "holdfast_hardware_part_state{kind=\"power-supply\",part=\"PS2 Status\"} 2.0",
                        "holdfast_hardware_part_state{kind=\"disk\",part=\"sda\"} 0.0",
                        "holdfast_hardware_report_timestamp_seconds");
    }
}
