package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.task.HardwareWatch;
import dev.holdfast.hardware.collect.FakeTools;
import dev.holdfast.hardware.part.HardwareReport;
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
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * From what a tool prints to what people see: stand-ins for the tools print recorded outputs, the collector reads them, and a
 * running appliance raises events, sends an alert, and shows the part; and all of it ends when the part is mended.
 */
class HardwareChainTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path work;

    private static final BlockingQueue<String> ALERTS = new LinkedBlockingQueue<>();
    private static final List<String> SENT = new ArrayList<>();
    private static Path data;
    private static Path report;
    private static Appliance appliance;
    private static HardwareWatch watch;
    private static HttpServer hook;
    private static FakeTools tools;
    private static boolean well;

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
        healthy();
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
        if (!well) {
            healthy();
            look();
            well = true;
        }
    }

    private static void healthy() throws Exception {
        tools.ipmi("ipmi-healthy.txt");
        tools.storcli("healthy", "", "", "none", "");
        tools.ssacli("ssacli-healthy.txt");
        tools.smart("smart-healthy.json");
        tools.mdstat("mdstat-md0.txt");
        tools.mdadm("mdadm-healthy.txt");
        tools.remove("perccli64");
    }

    private static HardwareReport look() throws Exception {
        HardwareReport collected = tools.collector().collect(Instant.now());
        ReportFile.write(report, collected);
        watch.look();
        well = false;
        return collected;
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

    /** What tells of the parts that fail: a fault is one of its recorded outputs. */
    private static void fail(String tool, String fault) throws Exception {
        switch (tool) {
            case "ipmitool" -> {
                boolean log = fault.startsWith("sel-");
                tools.ipmi(log ? "ipmi-healthy.txt" : fault, log ? fault : "sel-cleared.txt");
            }
            case "storcli64", "perccli64" -> {
                tools.remove("storcli64");
                List<String> outputs = List.of(fault.split(" "));
                tools.storcli(
                        tool,
                        outputs.get(0),
                        "",
                        outputs.contains("-prefail") ? "-prefail" : "",
                        outputs.contains("replace") || outputs.contains("missing") ? outputs.get(1) : "none",
                        outputs.contains("-failed") ? "-failed" : "");
            }
            case "ssacli" -> tools.ssacli(fault);
            case "smartctl" -> tools.smart(fault);
            case "smartctl nvme" -> tools.smart("smart-healthy.json", fault, "smart-healthy.json");
            case "smartctl behind" -> tools.smart("smart-healthy.json", "smart-nvme-healthy.json", fault);
            case "mdstat" -> {
                tools.remove("mdadm");
                tools.mdstat(fault);
            }
            case "mdadm" -> {
                tools.mdadm(fault);
                tools.mdstat("mdstat-degraded.txt");
            }
            default -> throw new IllegalArgumentException(tool);
        }
    }

    private static void hide(String tool) throws Exception {
        if (tool.equals("mdstat") || tool.equals("mdadm")) {
            tools.remove("mdadm");
            tools.kernel("proc/mdstat", "Personalities : [raid1]\n");
        } else {
            tools.remove(tool.split(" ")[0]);
        }
    }

    /** Several tools at once, each with an output that was recorded; and what it tells of. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ipmitool=ipmi-supply-failed.txt, storcli64=degraded, ssacli=ssacli-battery-failed.txt,"
                        + " smartctl=smart-failing.json, mdstat=mdstat-degraded.txt |"
                        + " power-supply=PS2 Status=failed, array=controller 0 volume 239=failed,"
                        + " disk=controller 0 slot 252:1=failed, battery=Slot 0=failed, write-cache=Slot 0=failed,"
                        + " disk=sda=failed, array=md0=failed",
                "ipmitool=ipmi-supply-without-power.txt, storcli64=battery-failed -failed, ssacli=ssacli-degraded.txt,"
                        + " smartctl nvme=smart-nvme-critical.json, mdadm=mdadm-degraded.txt |"
                        + " power-supply=PS2 Status=failed, power-supply=PS Redundancy=failed,"
                        + " battery=controller 0=failed, array=Slot 0 volume 1=failed,"
                        + " disk=Slot 0 slot 1I:1:2=failed, disk=nvme0=failed, array=md0=failed",
                "ipmitool=ipmi-supply-absent.txt, storcli64=bbu missing, ssacli=ssacli-prefail.txt,"
                        + " smartctl=smart-pending.json, mdstat=mdstat-rebuilding.txt |"
                        + " power-supply=PS2 Status=absent, battery=controller 0=absent,"
                        + " disk=Slot 0 slot 1I:1:2=failed, disk=sda=failed, array=md0=failed",
                "ipmitool=ipmi-hot.txt, storcli64=healthy -prefail, smartctl=smart-worn.json, mdadm=mdadm-rebuilding.txt |"
                        + " temperature=Inlet Temp=failed, disk=controller 0 slot 252:1=failed, disk=sda=failed,"
                        + " array=md0=failed",
                "ipmitool=ipmi-fan-failed.txt, perccli64=degraded, mdstat=mdstat-stopped.txt |"
                        + " fan=Fan1B RPM=failed, array=controller 0 volume 239=failed, array=md0=failed",
                "ipmitool=sel-faults.txt, storcli64=write-through, smartctl behind=smart-sas-defects.json |"
                        + " event-log=disks=failed, write-cache=controller 0 volume 239=failed,"
                        + " disk=controller 0 slot 252:1=failed",
                "storcli64=offline | array=controller 0 volume 239=failed, disk=controller 0 slot 252:3=absent",
                "storcli64=rebuilding | array=controller 0 volume 239=failed",
                "storcli64=bbu replace | battery=controller 0=failed",
                "perccli64=battery-failed -failed | battery=controller 0=failed",
                "perccli64=healthy -prefail | disk=controller 0 slot 252:1=failed",
            })
    void failedPartsAreToldUntilTheyAreMended(String faults, String expected) throws Exception {
        List<Expected> parts = Stream.of(expected.split(", ")).map(Expected::of).toList();
        for (String each : faults.split(", ")) {
            fail(each.split("=")[0], each.split("=")[1]);
        }
        HardwareReport failed = look();
        watch.look();
        List<String> open = openEvents();
        for (Expected each : parts) {
            assertThat(open).filteredOn(each::isTold).singleElement().asString().startsWith("ALERT ");
            assertAlertIsSent("hardware-" + each.kind);
        }
        assertShown(1, parts, Expected::state);

        // They are not mended because there is no report, or because the tools are gone.
        Instant old = failed.at().minus(HardwareReport.FRESH.multipliedBy(2));
        ReportFile.write(report, new HardwareReport(old, failed.parts(), failed.sources(), failed.unlisted()));
        watch.look();
        for (String each : faults.split(", ")) {
            hide(each.split("=")[0]);
        }
        look();
        assertThat(openEvents()).containsAll(open).noneMatch(each -> each.contains("no longer reported"));
        assertShown(1, parts, each -> "unknown");

        heal();
        assertShown(0, parts, each -> "ok");
        assertThat(openEvents()).isEmpty();
        // More than ten of one kind would be counted rather than listed.
        code("events", "--acknowledge-all");
    }

    /** A part that fails. */
    private record Expected(String kind, String name, String state) {
        static Expected of(String text) {
            String[] fields = text.split("=");
            return new Expected(fields[0], fields[1], fields[2]);
        }

        boolean isTold(String event) {
            return event.contains(" hardware-" + kind + " ") && event.contains(" " + name + ": ");
        }
    }

    private static void assertShown(int code, List<Expected> parts, Function<Expected, String> state) throws Exception {
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isEqualTo(code);
        for (Expected each : parts) {
            assertThat(state(each.kind, each.name)).as(each.toString()).isEqualTo(state.apply(each));
        }
    }

    private static List<String> openEvents(String kind, String name) throws Exception {
        return openEvents().stream()
                .filter(each -> each.contains(" hardware-" + kind + " ") && each.contains(name + ": "))
                .toList();
    }

    /** The first of a kind: more of it are sent later, as a summary. */
    private static void assertAlertIsSent(String kind) throws Exception {
        while (SENT.stream().noneMatch(each -> each.contains(kind))) {
            String sent = ALERTS.poll(20, TimeUnit.SECONDS);
            assertThat(sent).as("alert of " + kind).isNotNull();
            SENT.add(sent);
        }
    }

    @Test
    void anAlertIsSent() throws Exception {
        // Of a kind that no other test alerts of: more of one kind is told later, as a summary.
        tools.kernel("sys/devices/system/edac/mc/mc0/ce_count", "0");
        tools.kernel("sys/devices/system/edac/mc/mc0/ue_count", "1");
        look();
        tools.kernel("sys/devices/system/edac/mc/mc0/ue_count", "0");
        assertAlertIsSent("hardware-memory");
        assertThat(SENT).anySatisfy(sent -> assertThat(sent).contains("Memory mc0: failed", "replace the module"));
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

    /** A disk in the same place is the same part; one in another is another part. */
    @Test
    void replacedDiskIsHealthyAndOneThatWentIsForgottenWhenThatIsAcknowledged() throws Exception {
        tools.smart("smart-failing.json");
        look();
        assertThat(openEvents("disk", "sda")).hasSize(1);
        tools.script("smartctl", "case \"$*\" in\n'--scan -j') echo '{\"devices\":[]}' ;;\n*) exit 2 ;;\nesac");
        look();
        assertThat(openEvents("disk", "sda")).singleElement().asString().contains("Disk sda: absent");
        heal();
        assertThat(openEvents()).isEmpty();
        assertThat(json().toString()).contains("Disk sda is healthy again: ", "serial number");

        tools.script("smartctl", "case \"$*\" in\n'--scan -j') echo '{\"devices\":[]}' ;;\n*) exit 2 ;;\nesac");
        look();
        code("events", "--acknowledge-all");
        look();
        assertThat(code("hardware", "show", "--json")).isZero();
        assertThat(state("disk", "sda")).isEmpty();
        heal();
        assertThat(openEvents()).isEmpty();
        assertThat(code("hardware", "show", "--json")).isZero();
        assertThat(state("disk", "sda")).isEqualTo("ok");
        code("events", "--acknowledge-all");
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
    void partsOfAToolThatIsRemovedForGoodAreForgottenOnDemand() throws Exception {
        tools.ssacli("ssacli-degraded.txt");
        look();
        assertThat(code("hardware", "forget", "disk", "Slot 0 slot 1I:1:2")).isEqualTo(5);
        tools.remove("ssacli");
        look();
        assertThat(code("hardware", "show", "--json")).isEqualTo(1);
        assertThat(state("disk", "Slot 0 slot 1I:1:2")).isEqualTo("unknown");
        for (String each : List.of("raid-controller", "write-cache", "battery", "temperature")) {
            assertThat(code("hardware", "forget", each, "Slot 0")).as(each).isZero();
        }
        assertThat(code("hardware", "forget", "array", "Slot 0 volume 1")).isZero();
        assertThat(code("hardware", "forget", "disk", "Slot 0 slot 1I:1:1")).isZero();
        assertThat(code("hardware", "forget", "disk", "Slot 0 slot 1I:1:2")).isZero();
        watch.look();
        assertThat(code("hardware", "show", "--json"))
                .as(() -> printed.toString())
                .isZero();
        assertThat(openEvents()).isEmpty();
        code("events", "--acknowledge-all");
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
