package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients as services: what the appliance plans is done at its nodes, by real processes. */
class ServiceTest {
    private static final long SEED = 20261123;

    @TempDir
    Path work;

    private Product product;

    private Product.Result appliance(int code, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 3];
        all[0] = "appliance";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--data";
        all[arguments.length + 2] = product.data.toString();
        return product.run(all).mustBe(code);
    }

    private JsonNode task(long id) throws Exception {
        return appliance(0, "tasks", "show", Long.toString(id), "--json").json().path("task");
    }

    private JsonNode await(long id, Predicate<JsonNode> wanted) throws Exception {
        for (int i = 0; i < 300; i++) {
            JsonNode task = task(id);
            if (wanted.test(task)) {
                return task;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("task " + id + " stays " + task(id));
    }

    private static void write(Path file, int bytes, long seed) throws Exception {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private static void script(Path directory, String name, String body) throws Exception {
        Path script = directory.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Product.Running service(Product.Client client) throws Exception {
        Product.Running running = client.launch("service");
        for (int i = 0; i < 300 && !Files.readString(running.out()).contains("Ready for orders"); i++) {
            Thread.sleep(50);
        }
        assertThat(Files.readString(running.out())).contains("Ready for orders");
        return running;
    }

    private static void end(Product.Running running) throws Exception {
        running.process().destroy();
        assertThat(running.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void plansAreDoneByServices() throws Exception {
        System.out.println("seed " + SEED);
        Path office = work.resolve("office");
        for (int i = 0; i < 40; i++) {
            write(office.resolve("d" + i % 5 + "/f" + i), 20_000 + i * 1000, SEED + i);
        }
        try (Product started = new Product(work.resolve("p"), "dev")) {
            product = started;
            Product.Client client = product.enrol("db1");
            Path scripts = client.state.resolve("scripts");
            Product.Running service = service(client);
            try {
                // A second service of the same node is refused.
                assertThat(client.run("service").mustBe(3).err()).contains("another service");

                script(scripts, "dump", "echo dumping for task $HOLDFAST_TASK; date > " + office + "/dump.sql");
                script(scripts, "tidy", "echo result $HOLDFAST_RESULT $HOLDFAST_SNAPSHOT");
                appliance(
                        0,
                        "plan",
                        "set",
                        "nightly",
                        "--path",
                        office.toString(),
                        "--exclude",
                        "*.tmp",
                        "--schedule",
                        "30 22 * * 1-5",
                        "--zone",
                        "Asia/Shanghai",
                        "--before",
                        "dump",
                        "--after",
                        "tidy");
                appliance(0, "plan", "bind", "nightly", "db1");
                assertThat(appliance(0, "plan", "next").out()).contains("nightly", "db1", "22:30 +08:00");
                JsonNode done =
                        appliance(0, "plan", "run", "nightly", "--json").json().get(0);
                assertThat(done.path("state").asText()).isEqualTo("DONE");
                String snapshot = done.path("snapshot").asText();
                assertThat(Files.exists(office.resolve("dump.sql"))).isTrue();
                String log =
                        appliance(0, "tasks", "show", done.path("id").asText()).out();
                assertThat(log).contains("dump: dumping for task " + done.path("id"), "result done " + snapshot);

                // Central restore: where the node's administrator allows it, and nowhere else.
                Path allowed = client.state.resolve("restored/one");
                appliance(0, "snapshot", "restore", snapshot, "--target", allowed.toString());
                product.run("compare", office.toString(), allowed + office.toString())
                        .mustBe(0);
                String refused = appliance(
                                5,
                                "snapshot",
                                "restore",
                                snapshot,
                                "--target",
                                work.resolve("elsewhere").toString())
                        .err();
                assertThat(refused)
                        .contains("only to these directories and below them: " + client.state.resolve("restored"));
                assertThat(Files.exists(work.resolve("elsewhere"))).isFalse();
                Files.createSymbolicLink(client.state.resolve("restored/link"), work);
                appliance(
                        3,
                        "snapshot",
                        "restore",
                        snapshot,
                        "--target",
                        client.state.resolve("restored/link/x").toString());
                assertThat(Files.exists(work.resolve("x"))).isFalse();

                appliance(0, "snapshot", "verify", snapshot);
                drill(client);
                disks(client);
                failingScripts(scripts, office);
                pausesAndCancels(office, client);
            } finally {
                end(service);
            }
        }
    }

    private void drill(Product.Client client) throws Exception {
        JsonNode drilled = appliance(0, "drill", "run", "db1", "--seed", "5", "--json")
                .json()
                .get(0);
        assertThat(drilled.path("state").asText()).isEqualTo("DONE");
        JsonNode report = appliance(0, "drill", "list", "--json").json().get(0);
        assertThat(report.path("passed").asBoolean()).isTrue();
        assertThat(report.path("measured").path("identical").asInt()).isGreaterThan(30);
        assertThat(report.path("measured").path("wrong").asInt()).isZero();
        assertThat(report.path("rtoSeconds").asDouble()).isPositive();
        Path out = work.resolve("reports");
        String id = drilled.path("id").asText();
        appliance(0, "drill", "export", id, out.toString());
        byte[] text = Files.readAllBytes(out.resolve("drill-" + id + ".json"));
        byte[] signature = Files.readAllBytes(out.resolve("drill-" + id + ".sig"));
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        try (var in = Files.newInputStream(client.state.resolve("ca.crt"))) {
            verifier.initVerify(CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey());
        }
        verifier.update(text);
        assertThat(verifier.verify(signature)).isTrue();
        text[20] ^= 1;
        verifier.update(text);
        assertThat(verifier.verify(signature)).isFalse();
        assertThat(client.state.toFile().list((dir, name) -> name.startsWith("drill-")))
                .isEmpty();
    }

    /** A plan of whole disks, and its rehearsal, which reads blocks of them. */
    private void disks(Product.Client client) throws Exception {
        Path disk = work.resolve("vm.img");
        write(disk, 3_000_000, SEED);
        appliance(2, "plan", "set", "vms", "--disk", disk.toString(), "--path", "/etc");
        appliance(0, "plan", "set", "vms", "--disk", disk.toString());
        assertThat(appliance(0, "plan", "list").out()).contains("disk " + disk);
        appliance(0, "plan", "bind", "vms", "db1");
        String snapshot = appliance(0, "plan", "run", "vms", "--json")
                .json()
                .get(0)
                .path("snapshot")
                .asText();
        Path copy = work.resolve("copy.raw");
        client.run("restore-disk", snapshot, copy.toString()).mustBe(0);
        assertThat(copy).hasSameBinaryContentAs(disk);
        appliance(0, "drill", "run", "db1", "--seed", "6");
        JsonNode report = appliance(0, "drill", "list", "--json").json().get(0);
        assertThat(report.path("passed").asBoolean()).isTrue();
        assertThat(report.path("measured").path("bytes").asLong()).isGreaterThan(3_000_000);
        Files.delete(disk);
        assertThat(appliance(3, "plan", "run", "vms", "db1").err()).contains(disk + "", "no such disk");
        appliance(0, "plan", "unbind", "vms", "db1");
        appliance(0, "plan", "remove", "vms");
    }

    private void failingScripts(Path scripts, Path office) throws Exception {
        script(scripts, "broken", "echo no space; exit 7");
        script(scripts, "endless", "sleep 600");
        int before = product.run("appliance", "snapshot", "list", "--data", product.data.toString(), "--json")
                .json()
                .size();
        plan("broken", office, "--before", "broken");
        assertThat(appliance(3, "plan", "run", "broken", "db1").err()).contains("script broken ended with exit code 7");
        plan("missing", office, "--before", "nothere");
        assertThat(appliance(3, "plan", "run", "missing", "db1").err())
                .contains("does not exist; a plan names scripts in this directory");
        Files.setPosixFilePermissions(scripts.resolve("dump"), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(appliance(3, "plan", "run", "nightly", "db1").err())
                .contains("can be written by users other than its owner");
        assertThat(appliance(0, "snapshot", "list", "--json").json().size()).isEqualTo(before);
        assertThat(appliance(2, "plan", "set", "x", "--path", "/a", "--before", "../../bin/sh")
                        .err())
                .contains("no name of a script");
    }

    private void plan(String name, Path office, String... more) throws Exception {
        String[] all = new String[5 + more.length];
        all[0] = "plan";
        all[1] = "set";
        all[2] = name;
        all[3] = "--path";
        all[4] = office.toString();
        System.arraycopy(more, 0, all, 5, more.length);
        appliance(0, all);
    }

    private void pausesAndCancels(Path office, Product.Client client) throws Exception {
        write(office.resolve("large"), 24 << 20, SEED);
        plan("slow", office, "--read-rate", "3 MB", "--threads", "1", "--idle");
        long id = appliance(0, "plan", "run", "slow", "db1", "--no-wait", "--json")
                .json()
                .get(0)
                .path("id")
                .asLong();
        JsonNode running = await(id, task -> task.path("done").asLong() > 3_000_000);
        assertThat(running.path("state").asText()).isEqualTo("RUNNING");
        appliance(0, "tasks", "pause", Long.toString(id));
        await(id, task -> task.path("step").asText().equals("paused"));
        Thread.sleep(1500);
        long still = task(id).path("done").asLong();
        Thread.sleep(1500);
        assertThat(task(id).path("done").asLong()).isEqualTo(still);
        appliance(0, "tasks", "resume", Long.toString(id));
        await(id, task -> task.path("done").asLong() > still);

        // The appliance restarts in the middle; the backup goes on and is told of.
        product.kill();
        product.start();
        JsonNode done = await(id, task -> !task.path("state").asText().equals("RUNNING"));
        assertThat(done.path("state").asText()).as(done.toString()).isEqualTo("DONE");
        client.run("verify", done.path("snapshot").asText()).mustBe(0);

        Files.write(office.resolve("large"), "changed".getBytes(StandardCharsets.UTF_8));
        write(office.resolve("larger"), 24 << 20, SEED + 1);
        long second = appliance(0, "plan", "run", "slow", "db1", "--no-wait", "--json")
                .json()
                .get(0)
                .path("id")
                .asLong();
        await(second, task -> task.path("done").asLong() > 1_000_000);
        appliance(0, "tasks", "cancel", Long.toString(second));
        JsonNode cancelled = await(second, task -> !task.path("state").asText().equals("RUNNING"));
        assertThat(cancelled.path("state").asText()).isEqualTo("CANCELLED");
    }
}
