package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores that the appliance orders give nobody rights on the node. Real set-user-id files and devices, as root. */
class OrderedRestoreTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path work;

    private Product product;
    private Path tree;

    private Product.Result appliance(int code, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--data", product.data.toString()));
        return product.run(all.toArray(String[]::new)).mustBe(code);
    }

    private static String shell(Path in, String script) throws Exception {
        Process process = new ProcessBuilder("sh", "-ec", script)
                .directory(in.toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @BeforeEach
    void makeTree() throws Exception {
        tree = Files.createDirectories(work.resolve("tree"));
        shell(tree, """
                echo root > become; chmod 4755 become; ln become become-too
                echo group > group; chmod 2755 group
                echo net > net; setcap cap_net_raw+ep net
                echo plain > plain; chown 1000:1000 plain; chmod 640 plain
                mkfifo -m 600 fifo; mknod null c 1 3; mknod disk b 7 200; ln null zero
                mkdir shared; chmod 3777 shared; echo in > shared/in
                """);
    }

    private Product.Running service(Product.Client client, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("service"));
        all.addAll(List.of(options));
        Product.Running running = client.launch(all.toArray(String[]::new));
        for (int i = 0; i < 600 && !Files.readString(running.out()).contains("Ready for orders"); i++) {
            Thread.sleep(50);
        }
        assertThat(Files.readString(running.out())).contains("Ready for orders");
        return running;
    }

    private static void end(Product.Running running) throws Exception {
        running.process().destroy();
        assertThat(running.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private static int mode(Path file) throws Exception {
        return (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
    }

    /** Orders it, checks that everything harmless is there and nothing else, and returns the result. */
    private JsonNode stripped(String snapshot, String node, Path target) throws Exception {
        JsonNode task = appliance(
                        1,
                        "snapshot",
                        "restore",
                        snapshot + ":" + tree,
                        "--node",
                        node,
                        "--target",
                        target.toString(),
                        "--json")
                .json()
                .get(0);
        JsonNode result = JSON.readTree(task.path("result").asText());
        Path there = target.resolve("tree");
        assertThat(mode(there.resolve("become"))).isEqualTo(0755);
        assertThat(mode(there.resolve("become-too"))).isEqualTo(0755);
        assertThat(Files.getAttribute(there.resolve("become-too"), "unix:nlink"))
                .isEqualTo(2);
        assertThat(mode(there.resolve("group"))).isEqualTo(0755);
        assertThat(mode(there.resolve("shared"))).isEqualTo(01777);
        assertThat(shell(there, "getcap net")).isEmpty();
        assertThat(mode(there.resolve("plain"))).isEqualTo(0640);
        assertThat(Files.getAttribute(there.resolve("plain"), "unix:uid")).isEqualTo(1000);
        assertThat(Files.readString(there.resolve("shared/in"))).isEqualTo("in\n");
        assertThat(shell(there, "test -p fifo; find . -type c -o -type b -o -perm /6000"))
                .isEmpty();
        // Two devices; set-id bits of two files and a directory; one capability.
        assertThat(result.path("stripped").asInt()).isEqualTo(6);
        String log = appliance(0, "tasks", "show", task.path("id").asText()).out();
        assertThat(log)
                .contains(
                        "/tree/become: set-user-id bit not restored",
                        "/tree/group: set-group-id bit not restored",
                        "/tree/shared: set-group-id bit not restored",
                        "/tree/net: extended attribute security.capability not restored",
                        "/tree/null: device node 1:3 not restored",
                        "/tree/disk: device node 7:200 not restored");
        return result;
    }

    @Test
    void ordersGiveNoRights() throws Exception {
        try (Product started = new Product(work.resolve("p"), "dev")) {
            product = started;
            Product.Client ann = product.enrol("ann");
            Product.Client eve = product.enrol("eve");
            String own = ann.backup(0, tree.toString()).path("snapshot").asText();
            String foreign = eve.backup(0, tree.toString()).path("snapshot").asText();
            Path restored = ann.state.resolve("restored");

            Product.Running service = service(ann);
            try {
                stripped(own, "ann", restored.resolve("one"));
                stripped(foreign, "ann", restored.resolve("two"));
            } finally {
                end(service);
            }

            // The administrator of the node allows it: for the node's own snapshots, and for no other.
            service = service(ann, "--restore-privileged", "--restore-below", work.toString());
            try {
                Path three = work.resolve("three");
                appliance(0, "snapshot", "restore", own + ":" + tree, "--target", three.toString());
                product.run("compare", tree.toString(), three.resolve("tree").toString())
                        .mustBe(0);
                assertThat(mode(three.resolve("tree/become-too"))).isEqualTo(04755);
                stripped(foreign, "ann", work.resolve("four"));

                // An appliance that offers another tree under the name of the client's own snapshot.
                Path list = ann.state.resolve("own-snapshots");
                String lines = Files.readString(list);
                assertThat(lines).hasSize(102).startsWith(own);
                char last = lines.charAt(100);
                Files.writeString(list, lines.substring(0, 100) + (last == '0' ? '1' : '0') + "\n");
                stripped(own, "ann", work.resolve("five"));
                // What is taken over from a tree that is not surely its own is not its own either.
                String next = ann.backup(0, tree.toString()).path("snapshot").asText();
                assertThat(Files.readString(list)).contains(next);
                Files.delete(list);
                String after = ann.backup(0, tree.toString()).path("snapshot").asText();
                assertThat(list).doesNotExist();
                stripped(after, "ann", work.resolve("six"));
                String full = ann.backup(0, "--full-read", tree.toString())
                        .path("snapshot")
                        .asText();
                appliance(
                        0,
                        "snapshot",
                        "restore",
                        full + ":" + tree,
                        "--target",
                        work.resolve("seven").toString());

                intoTheStateDirectory(ann, eve);
            } finally {
                end(service);
            }
            // The machine's administrator gets everything.
            ann.mustRestore(tree, work.resolve("local"));
        }
    }

    /** A script of the client's own would run as root with the next backup. */
    private void intoTheStateDirectory(Product.Client ann, Product.Client eve) throws Exception {
        Path evil = work.resolve("evil");
        Path scripts = Files.createDirectories(
                evil.resolve(work.relativize(ann.state).toString()).resolve("scripts"));
        Files.writeString(scripts.resolve("run"), "#!/bin/sh\nid\n");
        String snapshot = eve.backup(0, evil.toString()).path("snapshot").asText();
        // Lands at p/state-ann/scripts/run below the target.
        appliance(
                1,
                "snapshot",
                "restore",
                snapshot + ":" + evil.resolve("p"),
                "--node",
                "ann",
                "--target",
                work.toString(),
                "--overwrite",
                "always");
        assertThat(ann.state.resolve("scripts/run")).doesNotExist();
        assertThat(appliance(
                                3,
                                "snapshot",
                                "restore",
                                snapshot + ":" + scripts + "/run",
                                "--node",
                                "ann",
                                "--target",
                                ann.state.resolve("scripts").toString())
                        .err())
                .contains("closed to orders");
        assertThat(ann.state.resolve("scripts/run")).doesNotExist();
    }
}
