package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.RecoveryUseCases;
import dev.holdfast.server.Progress;
import dev.holdfast.server.StoppedAppliance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two vaults of one appliance: the copy holds some nodes only, and gives them back when all else is lost. */
class VaultCopyE2eTest {
    private static final Progress SILENT = new Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @TempDir
    private Path work;

    private Product product;

    private Product.Result vault(String command, String... more) throws Exception {
        String[] all = new String[5 + more.length];
        System.arraycopy(new String[] {"appliance", "vault", command, "--data", product.data.toString()}, 0, all, 0, 5);
        System.arraycopy(more, 0, all, 5, more.length);
        return product.run(all);
    }

    private Path tree(String name, long seed) throws Exception {
        Random random = new Random(seed);
        Path root = work.resolve(name);
        for (int i = 0; i < 40; i++) {
            Path file = root.resolve("d" + i % 5 + "/f" + i);
            Files.createDirectories(file.getParent());
            byte[] content = new byte[random.nextInt(100_000)];
            random.nextBytes(content);
            Files.write(file, content);
        }
        return root;
    }

    /** The command on the recovery sheet that brings things back from a vault. */
    private String printed(String vault) throws Exception {
        try (StoppedAppliance stopped =
                new StoppedAppliance(DataDirectory.open(product.data), CredentialFiles.UNATTENDED, SILENT)) {
            RecoveryUseCases.Sheet sheet = stopped.useCases()
                    .recovery()
                    .sheet(Actor.ADMINISTRATOR, new RecoveryUseCases.TypedKey(Files.readString(product.recoveryKey)));
            assertThat(sheet.vaults())
                    .extracting(RecoveryUseCases.Place::name)
                    .containsExactlyInAnyOrder("vault", "dr");
            return sheet.vaults().stream()
                    .filter(each -> each.name().equals(vault))
                    .findFirst()
                    .orElseThrow()
                    .command();
        }
    }

    /** The command as the sheet prints it, with the words in capitals replaced. */
    private void type(String command) throws Exception {
        String filled = command.replaceFirst(" K ", " '" + product.recoveryKey + "' ")
                .replaceFirst(" DIR$", " '" + product.data + "'");
        Process bash = new ProcessBuilder(
                        "bash", "-c", "holdfast() { '" + Product.launcher() + "' \"$@\"; }\n" + filled)
                .inheritIO()
                .start();
        assertThat(bash.waitFor()).as(filled).isZero();
    }

    @Test
    void theCopyAloneBringsItsNodesBack() throws Exception {
        Path web = tree("web", 1);
        Path db = tree("db", 2);
        String copy = "file://" + work.resolve("copy");
        product = new Product(work, "dev");
        try (Product running = product) {
            vault("set", copy, "--name", "dr").mustBe(2);
            vault("set", "file://" + work.resolve("vault")).mustBe(0);
            vault("set", copy, "--name", "dr", "--node", "web*", "--keep-days", "400", "--colder", "30=IA")
                    .mustBe(0);
            running.stop();
            vault("unset").mustBe(5);
            running.start();
            Product.Client one = running.enrol("web1");
            Product.Client two = running.enrol("db1");
            String webSnapshot = one.backup(0, web.toString()).path("snapshot").asText();
            String dbSnapshot = two.backup(0, db.toString()).path("snapshot").asText();
            vault("upload", "--wait").mustBe(0);
            vault("upload", "--wait", "--name", "dr").mustBe(0);
            for (JsonNode row :
                    vault("status", "--snapshots", "--json").mustBe(0).json()) {
                boolean isWeb = row.path("id").asText().equals(webSnapshot);
                assertThat(isWeb || row.path("id").asText().equals(dbSnapshot)).isTrue();
                assertThat(row.path("vaults").toString()).isEqualTo(isWeb ? "[\"vault\",\"dr\"]" : "[\"vault\"]");
            }
            for (JsonNode each : vault("status", "--json").mustBe(0).json()) {
                assertThat(each.path("state").path("snapshotsBehind").asInt(-1)).isZero();
                assertThat(each.path("state").path("nodes").findValuesAsText("node"))
                        .containsExactly("db1", "web1");
            }
        }
        String command = printed("dr");
        // The appliance and its vault are gone.
        Files.move(work.resolve("vault"), work.resolve("lost-vault"));
        Files.move(product.data, work.resolve("lost-appliance"));
        product.movedTo(work.resolve("successor"));
        type(command);
        try (Product running = product) {
            running.start();
            Product.Client one = running.new Client(work.resolve("state-web1"));
            one.mustRestore(web, work.resolve("back"));
            Product.Client two = running.new Client(work.resolve("state-db1"));
            assertThat(two.run("snapshots", "--json").mustBe(0).json()).isEmpty();
        }
    }
}
