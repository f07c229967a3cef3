package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drills that boot: real machines, whose systems are a boot sector; what is said of them, and that nothing of them is left. */
class BootDrillTest {
    private static final int SECTOR = 512;
    private static final int DISK = 1 << 20;
    private static final int SECONDS = 60;
    /** Writes the text behind it to the first serial port, and stops. */
    private static final int[] SAYS = {
        0xFA, // cli
        0x31,
        0xC0,
        0x8E,
        0xD8, // ds = 0
        0xBE,
        0x14,
        0x7C, // si = the text
        0xBA,
        0xF8,
        0x03, // dx = the port
        0xAC,
        0x84,
        0xC0,
        0x74,
        0x03,
        0xEE,
        0xEB,
        0xF8, // each byte until 0
        0xF4 // hlt
    };
    /** Writes to the first serial port without an end. */
    private static final int[] FLOODS = {0xFA, 0xBA, 0xF8, 0x03, 0xB0, 'x', 0xEE, 0xEB, 0xFD};

    private static final int[] STOPS = {0xFA, 0xF4};

    @TempDir
    private Path temporary;

    private Path dir;
    private Product product;
    private Product.Client client;

    @BeforeEach
    void start() throws Exception {
        dir = temporary.toRealPath();
        product = new Product(dir.resolve("w"), "dev");
        client = product.enrol("vm1");
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
        assertThat(machines()).isEmpty();
    }

    /** The snapshot of a disk with a boot sector. */
    private String snapshot(int[] code, String text) throws Exception {
        byte[] disk = new byte[DISK];
        for (int i = 0; i < code.length; i++) {
            disk[i] = (byte) code[i];
        }
        byte[] said = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(said, 0, disk, code.length, said.length);
        disk[SECTOR - 2] = 0x55;
        disk[SECTOR - 1] = (byte) 0xAA;
        Path file = dir.resolve("vm1.img");
        Files.write(file, disk);
        return client.run("backup", "--json", "--image", file.toString())
                .mustBe(0)
                .json()
                .path("snapshot")
                .asText();
    }

    private Product.Result appliance(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("appliance"));
        command.addAll(List.of(words));
        command.addAll(List.of("--data", product.data.toString()));
        return product.run(command.toArray(String[]::new));
    }

    private Product.Result boot(String snapshot, String... more) throws Exception {
        String[] words = {"drill", "boot", snapshot, "--memory", "64", "--firmware", "bios", "--emulate"};
        String[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return appliance(all);
    }

    private JsonNode report() throws Exception {
        return appliance("drill", "list", "--json").mustBe(0).json().path(0);
    }

    private List<ProcessHandle> machines() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(each -> words(each).contains("qemu-system"))
                    .filter(each -> words(each).contains(dir.toString()))
                    .toList();
        }
    }

    private static String words(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private void mustBeClean() throws Exception {
        assertThat(machines()).isEmpty();
        try (Stream<Path> left = Files.walk(product.data.resolve("drills"))) {
            assertThat(left.map(each -> each.getFileName().toString()))
                    .containsExactlyInAnyOrder("drills", "disks", "nbd");
        }
        assertThat(appliance("recover", "list", "--json").mustBe(0).json()).isEmpty();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    @Test
    void aMachineThatBootsLeavesASignedReportAndAScreenshot() throws Exception {
        String snapshot = snapshot(SAYS, "\u001b[1mvm1\u001b[0m\r\nvm1 login: \0");
        assertThat(boot(snapshot, "--timeout", "120").mustBe(0).out()).contains("vm1: booted in ");
        mustBeClean();
        JsonNode report = report();
        assertThat(report.path("kind").asText()).isEqualTo("boot");
        assertThat(report.path("passed").asBoolean()).isTrue();
        assertThat(report.path("node").asText()).isEqualTo("vm1");
        JsonNode measured = report.path("measured");
        assertThat(measured.path("snapshot").asText()).isEqualTo(snapshot);
        assertThat(measured.path("waitedFor").path("text").asText()).isEqualTo("login:");
        assertThat(measured.path("console")).extracting(JsonNode::asText).containsExactly("vm1", "vm1 login: ");
        assertThat(measured.path("firstSignMillis").asLong())
                .isPositive()
                .isLessThanOrEqualTo(measured.path("millis").asLong());
        assertThat(appliance("drill", "list").mustBe(0).out()).contains("passed", "booted in");

        String task = report.path("task").asText();
        Path out = dir.resolve("reports");
        appliance("drill", "export", task, out.toString()).mustBe(0);
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        try (var in = Files.newInputStream(client.state.resolve("ca.crt"))) {
            verifier.initVerify(CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey());
        }
        verifier.update(Files.readAllBytes(out.resolve("drill-" + task + ".json")));
        assertThat(verifier.verify(Files.readAllBytes(out.resolve("drill-" + task + ".sig"))))
                .isTrue();
        byte[] png = Files.readAllBytes(out.resolve("drill-" + task + ".png"));
        JsonNode screenshot = measured.path("screenshot");
        assertThat(HashAlgorithm.SHA_256.digest(png))
                .hasToString(screenshot.path("sha256").asText());
        BufferedImage picture =
                ImageIO.read(out.resolve("drill-" + task + ".png").toFile());
        assertThat(picture.getWidth()).isEqualTo(screenshot.path("width").asInt());
        assertThat(picture.getHeight()).isEqualTo(screenshot.path("height").asInt());
        // The firmware says something on the screen.
        assertThat(Arrays.stream(picture.getRGB(
                                0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()))
                        .distinct()
                        .count())
                .isGreaterThan(1);
    }

    @Test
    void aMachineThatDoesNotBootFailsTheDrillAndRaisesAnEvent() throws Exception {
        String silent = snapshot(STOPS, "");
        assertThat(boot(silent, "--timeout", "5").mustBe(3).err())
                .contains("no sign of life within 5 seconds", "login:", "look at the screenshot");
        mustBeClean();
        JsonNode report = report();
        assertThat(report.path("passed").asBoolean()).isFalse();
        assertThat(report.path("measured").path("firstSignMillis").asLong()).isEqualTo(-1);
        assertThat(report.path("measured").path("screenshot").path("sha256").asText())
                .hasSize(64);
        assertThat(appliance("drill", "list").mustBe(0).out()).contains("FAILED", "no sign of life");
        assertThat(events()).contains("the boot drill of task");

        String other = snapshot(SAYS, "Boot failed. Press any key\0");
        assertThat(boot(other, "--timeout", "5", "--wait-for", "vm1 login:")
                        .mustBe(3)
                        .err())
                .contains("did not get to: ", "vm1 login:", "on the serial console");
        assertThat(report().path("measured").path("console")).hasSize(1);
        boot(other, "--wait-for", "any key").mustBe(0);
        assertThat(events()).doesNotContain("the boot drill of task");
        mustBeClean();
    }

    private String events() throws Exception {
        // It ends with 1 where there are some.
        return appliance("events", "--json").json().toString();
    }

    @Test
    void aMachineThatWritesWithoutAnEndIsShownByItsLastLines() throws Exception {
        String snapshot = snapshot(FLOODS, "");
        assertThat(boot(snapshot, "--timeout", "10").mustBe(3).err()).contains("did not get to");
        JsonNode console = report().path("measured").path("console");
        assertThat(console).hasSize(1);
        assertThat(console.path(0).asText()).isEqualTo("x".repeat(200));
        mustBeClean();
    }

    @Test
    void nothingIsLeftOfAMachineWhoseDrillEnds() throws Exception {
        String snapshot = snapshot(STOPS, "");
        boot(snapshot, "--no-wait").mustBe(0);
        await("the machine starts", () -> !machines().isEmpty());
        product.kill();
        await("the machine ends with the appliance", () -> machines().isEmpty());
        assertThat(product.data.resolve("drills/disks")).isNotEmptyDirectory();
        product.start();
        mustBeClean();
        assertThat(appliance("tasks", "list", "--json")
                        .mustBe(0)
                        .json()
                        .path(0)
                        .path("state")
                        .asText())
                .isEqualTo("BROKEN");
        assertThat(appliance("drill", "list", "--json").mustBe(0).json()).isEmpty();

        String task = boot(snapshot, "--no-wait", "--json")
                .mustBe(0)
                .json()
                .path(0)
                .path("id")
                .asText();
        await("the machine starts again", () -> !machines().isEmpty());
        appliance("tasks", "cancel", task).mustBe(0);
        await("the machine ends", () -> machines().isEmpty());
        await(
                "the task ends",
                () -> appliance("tasks", "show", task, "--json")
                        .mustBe(0)
                        .json()
                        .toString()
                        .contains("CANCELLED"));
        mustBeClean();

        boot(snapshot, "--no-wait").mustBe(0);
        await("the machine starts once more", () -> !machines().isEmpty());
        product.stop();
        assertThat(machines()).isEmpty();
        assertThat(product.data.resolve("drills")).doesNotExist();
        product.start();
    }

    @Test
    void whatCannotBeBootedIsRefused() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "x");
        String files = client.backup(0, file.toString()).path("snapshot").asText();
        assertThat(boot(files).mustBe(2).err()).contains("has no disks");
        boot("ffffffff").mustBe(6);
        assertThat(boot(files, "--port", "70000").mustBe(2).err()).contains("1 to 65535");
        assertThat(boot(files, "--timeout", "1").mustBe(2).err()).contains("seconds must be from 5 to 7200");
        boot(files, "--bus", "scsi").mustBe(2);
        product.stop();
        boot(files).mustBe(3);
        product.start();
    }
}
