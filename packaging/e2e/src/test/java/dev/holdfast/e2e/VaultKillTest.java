package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssLocation;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * kill -9 at random moments of upload, eviction and recovery, with a bucket over the network: the vault is whole each time,
 * and everything in it restores. Of the trials, each hash has every second one. {@code -Dholdfast.vault.kills.trials=100} for the long form.
 */
class VaultKillTest {
    private static final int TRIALS = Integer.getInteger("holdfast.vault.kills.trials", 6);
    private static final long SEED = Long.getLong("holdfast.vault.kills.seed", 1);
    private static final int FILES = 60;

    private enum Victim {
        UPLOAD,
        EVICTION,
        RECOVERY
    }

    @TempDir
    Path dir;

    private final Random random = new Random(SEED);
    private OssServer server;
    private OssLocation location;
    private OssCredentials.Keys keys;
    private Product product;
    private Product.Client client;
    private Path source;
    private int offsite;

    private void start(HashAlgorithm hash) throws Exception {
        server = new OssServer(dir.resolve("bucket"));
        location = server.location("office");
        keys = server.admit("LTAItest", "office/");
        Files.writeString(
                dir.resolve("credentials"),
                "OSS_ACCESS_KEY_ID=" + keys.id() + "\nOSS_ACCESS_KEY_SECRET=" + keys.secret() + "\n");
        product = new Product(dir.resolve("work"), hash, "dev");
        client = product.enrol("one");
        product.stop();
        product.run(vault(
                        "appliance",
                        "vault",
                        "set",
                        location.url(),
                        "--when",
                        "manually",
                        "--data",
                        product.data.toString()))
                .mustBe(0);
        product.start();
        source = dir.resolve("source");
        for (int i = 0; i < FILES; i++) {
            rewrite(i);
        }
        client.backup(0, source.toString());
        upload();
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
        server.close();
    }

    private String[] vault(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--region", location.region(), "--endpoint", server.endpoint(), "--addressing", "path"));
        all.addAll(List.of("--credentials-file", dir.resolve("credentials").toString()));
        return all.toArray(String[]::new);
    }

    private void rewrite(int number) throws Exception {
        byte[] content = new byte[random.nextInt(number % 10 == 0 ? 3_000_000 : 60_000)];
        random.nextBytes(content);
        Path file = source.resolve("d" + number % 7 + "/f" + number);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private void upload() throws Exception {
        product.run("appliance", "vault", "upload", "--wait", "--data", product.data.toString())
                .mustBe(0);
        offsite = product.run("appliance", "vault", "status", "--json", "--data", product.data.toString())
                .mustBe(0)
                .json()
                .path(0)
                .path("state")
                .path("snapshotsBehind")
                .asInt();
        assertThat(offsite).isZero();
    }

    private Credential recoveryKey() throws Exception {
        byte[] secret = RecoveryKey.parse(Files.readString(product.recoveryKey));
        return new Credential(Credential.Kind.RECOVERY_KEY, secret);
    }

    /** Whatever was cut off: what the newest root lists is there and decrypts. */
    private int mustBeWhole() throws Exception {
        try (ObjectStore store = new OssObjectStore(location, keys)) {
            VaultCheck.Report report = new VaultCheck(store, (what, done, total) -> {}).run(recoveryKey(), true);
            assertThat(report.findings()).isEmpty();
            VaultRecovery recovery = VaultRecovery.open(store, recoveryKey(), 0);
            try (VaultKeys opened = recovery.keys()) {
                assertThat(opened.id()).isEqualTo(recovery.root().vault());
                return recovery.snapshots().size();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void killedAnywhereTheVaultIsWhole(HashAlgorithm hash) throws Exception {
        start(hash);
        for (int trial = hash.ordinal(); trial < TRIALS; trial += HashAlgorithm.values().length) {
            Victim victim = Victim.values()[trial % Victim.values().length];
            int delay = random.nextInt(victim == Victim.RECOVERY ? 3000 : 1200);
            try {
                switch (victim) {
                    case UPLOAD -> killUpload(delay);
                    case EVICTION -> killEviction(delay);
                    case RECOVERY -> killRecovery(trial, delay);
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        hash + ", seed " + SEED + ", trial " + trial + ": " + victim + " after " + delay + " ms: " + e,
                        e);
            }
        }
        List<String> before = server.keys();
        rescue();
        assertThat(server.keys()).isEqualTo(before);
        server.timesStored().forEach((key, times) -> assertThat(times).as(key).isEqualTo(1));
        System.out.println(hash + ": half of " + TRIALS + " kills, seed " + SEED + ", " + mustBeWhole()
                + " snapshots in the vault");
    }

    /** With bucket, credentials and recovery key alone, from a machine that knows nothing of the appliance. */
    private void rescue() throws Exception {
        Path target = dir.resolve("rescued");
        Trees.delete(target);
        product.run(vault(
                        "rescue",
                        "latest:" + source.resolve("d3"),
                        "--node",
                        "one",
                        "--from",
                        location.url(),
                        "--recovery-key-file",
                        product.recoveryKey.toString(),
                        "--target",
                        target.toString(),
                        "--quiet"))
                .mustBe(0);
        product.run(
                        "compare",
                        source.resolve("d3").toString(),
                        target.resolve("d3").toString())
                .mustBe(0);
    }

    private void change() throws Exception {
        for (int i = 0; i < 20; i++) {
            rewrite(random.nextInt(FILES));
        }
        client.backup(0, source.toString());
    }

    private void killUpload(int delay) throws Exception {
        int before = mustBeWhole();
        change();
        product.run("appliance", "vault", "upload", "--data", product.data.toString())
                .mustBe(0);
        Thread.sleep(delay);
        product.kill();
        assertThat(mustBeWhole()).isBetween(before, before + 1);
        product.start();
        upload();
        assertThat(mustBeWhole()).isEqualTo(before + 1);
    }

    private void killEviction(int delay) throws Exception {
        change();
        upload();
        product.run("appliance", "vault", "evict", "all", "--data", product.data.toString())
                .mustBe(0);
        Thread.sleep(delay);
        product.kill();
        product.start();
        restoreAndCompare();
        product.run("appliance", "vault", "evict", "all", "--wait", "--data", product.data.toString())
                .mustBe(0);
        restoreAndCompare();
    }

    private void restoreAndCompare() throws Exception {
        Path target = dir.resolve("restored");
        Trees.delete(target);
        client.mustRestore(source, target);
    }

    /** The appliance and its disks are gone; its successor is killed while it recovers. */
    private void killRecovery(int trial, int delay) throws Exception {
        upload();
        product.kill();
        Trees.delete(product.data);
        Path successor = dir.resolve("work/appliance-" + trial);
        String[] recover = vault(
                "appliance",
                "recover",
                "--from",
                location.url(),
                "--recovery-key-file",
                product.recoveryKey.toString(),
                "--data",
                successor.toString());
        Product.Running running = product.launch(recover);
        Thread.sleep(delay);
        running.process().destroyForcibly().waitFor();
        mustBeWhole();
        product.run(recover).mustBe(0);
        product.movedTo(successor);
        product.start();
        // While its index may still be filling.
        restoreAndCompare();
        product.kill();
        product.start();
        JsonNode snapshots = client.run("snapshots", "--json").mustBe(0).json();
        assertThat(snapshots.size()).isEqualTo(mustBeWhole());
        restoreAndCompare();
        client.run("verify", snapshots.get(0).path("id").asText()).mustBe(0);
        change();
        upload();
    }
}
