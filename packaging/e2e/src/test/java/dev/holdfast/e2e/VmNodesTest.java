package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Virtual machines that are nodes of their own: the service of their host does what the appliance orders for them. */
class VmNodesTest {
    private static final long BLOCK = 256 << 10;
    private static final long SIZE = 32 * BLOCK;

    @TempDir
    Path dir;

    private Product product;
    private Product.Client host;
    private VirtualMachine machine;
    private Product.Running service;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        host = product.enrol("host1");
        Process image = new ProcessBuilder(
                        "qemu-img",
                        "create",
                        "-q",
                        "-f",
                        "qcow2",
                        dir.resolve("system.qcow2").toString(),
                        "" + SIZE)
                .start();
        assertThat(image.waitFor()).isZero();
        // Reads can be slowed down, so that a backup is under way as long as a test needs it.
        machine = new VirtualMachine(
                dir,
                "-object",
                "throttle-group,id=slow",
                "-drive",
                "driver=qcow2,file.driver=throttle,file.throttle-group=slow,file.file.driver=file,file.file.filename="
                        + dir.resolve("system.qcow2") + ",if=virtio,id=system");
        machine.write("system", 1, 0, 3 * BLOCK);
        service = host.launch("service");
        awaitLine("Ready for orders");
    }

    @AfterEach
    void stop() throws Exception {
        service.process().destroy();
        assertThat(service.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
        machine.close();
        product.close();
    }

    private void awaitLine(String line) throws Exception {
        for (int i = 0; i < 600 && !Files.readString(service.out()).contains(line); i++) {
            Thread.sleep(50);
        }
        assertThat(Files.readString(service.out())).contains(line);
    }

    private Product.Result appliance(int code, String... arguments) throws Exception {
        return product.run(Stream.of(
                                Stream.of("appliance"),
                                Stream.of(arguments),
                                Stream.of("--data", product.data.toString()))
                        .flatMap(each -> each)
                        .toArray(String[]::new))
                .mustBe(code);
    }

    private Path tokenFile(String token) throws Exception {
        return Files.writeString(dir.resolve("token"), token + "\n");
    }

    private Product.Result enrolMachine(String token, String... more) throws Exception {
        return host.run(Stream.concat(
                        Stream.of(
                                "vm",
                                "enroll",
                                machine.monitor().toString(),
                                "--token-file",
                                tokenFile(token).toString()),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private JsonNode await(long task, Predicate<String> state) throws Exception {
        JsonNode shown = null;
        for (int i = 0; i < 300; i++) {
            shown = appliance(0, "tasks", "show", Long.toString(task), "--json").json();
            if (state.test(shown.path("task").path("state").asText())) {
                return shown;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("task " + task + " stays " + shown);
    }

    /** What its log says. */
    private String done(String plan, String node) throws Exception {
        JsonNode done = appliance(0, "plan", "run", plan, node, "--json").json().get(0);
        assertThat(done.path("state").asText()).isEqualTo("DONE");
        return appliance(0, "tasks", "show", done.path("id").asText()).out();
    }

    /** Why. */
    private String failed(String plan, String node) throws Exception {
        return appliance(3, "plan", "run", plan, node).err();
    }

    private JsonNode node(String name) throws Exception {
        for (JsonNode each : appliance(0, "node", "list", "--json").json()) {
            if (each.path("name").asText().equals(name)) {
                return each;
            }
        }
        throw new AssertionError("no node " + name);
    }

    private JsonNode snapshots(Product.Client client) throws Exception {
        return client.run("snapshots", "--json").mustBe(0).json();
    }

    @Test
    void plansOfMachinesAreCarriedOutByTheServiceOfTheirHost() throws Exception {
        assertThat(enrolMachine(product.token()).mustBe(0).out()).contains("as mail, a virtual machine of this host");
        // A service that runs takes it up.
        awaitLine("mail: Ready for orders");
        assertThat(node("mail").path("platform").asText()).isEqualTo("Virtual machine on host1");
        Product.Client mail = product.new Client(host.state.resolve("vms/mail"));

        appliance(0, "plan", "set", "vms", "--disk", "/");
        appliance(0, "plan", "bind", "vms", "mail");
        done("vms", "mail");
        machine.mustBeClean();
        machine.write("system", 2, 5 * BLOCK, 4096);
        String log = done("vms", "mail");
        assertThat(log).doesNotContain("in full");
        assertThat(snapshots(mail)).hasSize(2);
        assertThat(snapshots(host)).isEmpty();
        Path target = dir.resolve("restored.raw");
        mail.run("restore-disk", "latest:/disks/mail/system.raw", target.toString())
                .mustBe(0);
        assertThat(Files.size(target)).isEqualTo(SIZE);
        byte[] restored = Files.readAllBytes(target);
        assertThat(restored[0]).isEqualTo((byte) 1);
        assertThat(restored[(int) (5 * BLOCK)]).isEqualTo((byte) 2);

        // What is not as it was wanted is a warning.
        // One disk, by name; and what the machine does not have.
        appliance(0, "plan", "set", "one", "--disk", "/system");
        appliance(0, "plan", "bind", "one", "mail");
        done("one", "mail");
        appliance(0, "plan", "set", "none", "--disk", "/none");
        appliance(0, "plan", "bind", "none", "mail");
        assertThat(failed("none", "mail")).contains("no disk none");
        machine.mustBeClean();

        // The host's files are not the machine's, nor are its devices.
        // That is said before any script is run.
        appliance(0, "plan", "set", "files", "--path", "/etc", "--before", "none");
        appliance(0, "plan", "bind", "files", "mail");
        assertThat(failed("files", "mail")).contains("this node is a virtual machine");
        appliance(0, "plan", "set", "device", "--disk", "/dev/sda");
        appliance(0, "plan", "bind", "device", "mail");
        assertThat(failed("device", "mail")).contains("this node is a virtual machine");

        // Neither reads what the other has.
        String snapshot = snapshots(mail).get(0).path("id").asText();
        host.run("restore-disk", snapshot, dir.resolve("stolen.raw").toString()).mustBe(6);
        Product.Client other = product.enrol("host2");
        other.run("restore-disk", snapshot, dir.resolve("stolen.raw").toString())
                .mustBe(6);
    }

    @Test
    void machinesThatAreGoneOrRevokedLeaveTheHostAlone() throws Exception {
        enrolMachine(product.token()).mustBe(0);
        awaitLine("mail: Ready for orders");
        assertThat(enrolMachine(product.token()).mustBe(2).err()).contains("there is a node mail already", "--force");
        assertThat(enrolMachine("hf1.x.y", "--name", "second").mustBe(2).err()).contains("invalid enrolment token");
        assertThat(host.state.resolve("vms/second/identity.json")).doesNotExist();

        appliance(0, "plan", "set", "vms", "--disk", "/");
        appliance(0, "plan", "bind", "vms", "mail");
        machine.shutDown();
        assertThat(failed("vms", "mail")).contains("check that the machine runs");
        machine.start();

        appliance(0, "node", "revoke", "mail");
        awaitLine("mail: the service ends");
        // It moves to another host with its history, or comes back to this one.
        JsonNode token = product.createToken("--node", "mail");
        enrolMachine(token.path("token").asText(), "--force").mustBe(0);
        for (int i = 0; i < 600 && count("mail: Ready for orders") < 2; i++) {
            Thread.sleep(50);
        }
        assertThat(count("mail: Ready for orders")).isEqualTo(2);
        done("vms", "mail");

        // The host itself went on.
        Path files = Files.createDirectories(dir.resolve("files"));
        Files.writeString(files.resolve("a"), "a");
        appliance(0, "plan", "set", "files", "--path", files.toString());
        appliance(0, "plan", "bind", "files", "host1");
        done("files", "host1");
        assertThat(snapshots(host)).hasSize(1);

        String used = product.token();
        enrolMachine(
                        used,
                        "--name",
                        "third",
                        "--guest-agent",
                        dir.resolve("none").toString())
                .mustBe(0);
        awaitLine("third: Ready for orders");
        // What is not as it was wanted is a warning.
        appliance(1, "plan", "run", "vms", "third");
        assertThat(enrolMachine(used, "--name", "fourth").mustBe(5).err()).contains("token");
        enrolMachine(product.token(), "--name", "fifth", "https://127.0.0.1:1").mustBe(4);

        // An enrolment that fails leaves the node the machine that it was; a service that runs takes up another one.
        Path named = host.state.resolve("vms/mail/machine.json");
        String before = Files.readString(named);
        assertThat(before).contains(VirtualMachine.UUID);
        enrolMachine(used, "--force", "--no-freeze").mustBe(5);
        assertThat(Files.readString(named)).isEqualTo(before);
        String again = product.createToken("--node", "mail").path("token").asText();
        enrolMachine(again, "--force", "--no-freeze").mustBe(0);
        assertThat(Files.readString(named)).isNotEqualTo(before);
        for (int i = 0; i < 600 && count("mail: Ready for orders") < 3; i++) {
            Thread.sleep(50);
        }
        assertThat(count("mail: Ready for orders")).isEqualTo(3);

        // Enrolled from a host that is no node itself, the address has to be given.
        Product.Client nobody = product.new Client(dir.resolve("nobody"));
        assertThat(nobody.run("vm", "enroll", machine.monitor().toString())
                        .mustBe(2)
                        .err())
                .contains("give the appliance's address");
        for (String missing : List.of("libvirt:", "/var/run/qemu-server/7.qmp")) {
            host.run("vm", "enroll", missing).mustBe(2);
        }
    }

    private void slow(long bytesPerSecond) throws Exception {
        machine.qmp(
                "qom-set",
                Map.of("path", "/objects/slow", "property", "limits", "value", Map.of("bps-read", bytesPerSecond)));
    }

    @Test
    void aCancelledOrderLeavesNothingInTheMachine() throws Exception {
        enrolMachine(product.token()).mustBe(0);
        awaitLine("mail: Ready for orders");
        appliance(0, "plan", "set", "vms", "--disk", "/");
        appliance(0, "plan", "bind", "vms", "mail");
        // With gaps, so that each block is read by itself: the first read of a slow disk is fast.
        for (int i = 4; i < 32; i += 2) {
            machine.write("system", i, i * BLOCK, BLOCK);
        }
        slow(1 << 16);
        long task = appliance(0, "plan", "run", "vms", "mail", "--no-wait", "--json")
                .json()
                .findValue("id")
                .asLong();
        machine.awaitExports(1);
        appliance(0, "tasks", "cancel", Long.toString(task));
        await(task, "CANCELLED"::equals);
        machine.mustBeClean();
        assertThat(machine.bitmaps("system")).isEmpty();
        slow(0);
        done("vms", "mail");
    }

    @Test
    void aServiceThatWasKilledLeavesNothingInTheMachineOnceItBeginsAnew() throws Exception {
        enrolMachine(product.token()).mustBe(0);
        awaitLine("mail: Ready for orders");
        appliance(0, "plan", "set", "vms", "--disk", "/");
        appliance(0, "plan", "bind", "vms", "mail");
        for (int i = 4; i < 32; i += 2) {
            machine.write("system", i, i * BLOCK, BLOCK);
        }
        slow(1 << 16);
        appliance(0, "plan", "run", "vms", "mail", "--no-wait");
        machine.awaitExports(1);
        service.process().descendants().forEach(ProcessHandle::destroyForcibly);
        service.process().destroyForcibly().waitFor();
        slow(0);
        service = host.launch("service");
        awaitLine("mail: removing from the machine what a backup left that was killed");
        awaitLine("mail: Ready for orders");
        assertThat(Files.readString(service.out())).doesNotContain("cannot be removed");
        done("vms", "mail");
        machine.mustBeClean();
    }

    private long count(String line) throws Exception {
        return Files.readString(service.out()).lines().filter(line::equals).count();
    }
}
