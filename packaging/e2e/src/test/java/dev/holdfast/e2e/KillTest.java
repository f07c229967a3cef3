package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Client and appliance are killed at random moments of backups, restores and index rebuilds, again and again on one
 * appliance for each hash, of which each has every second trial. {@code -Dholdfast.kills.trials=N} does so more often, {@code -Dholdfast.kills.seed=N} at other moments.
 */
class KillTest {
    private static final int TRIALS = Integer.getInteger("holdfast.kills.trials", 5);
    private static final long SEED = Long.getLong("holdfast.kills.seed", 1);
    private static final int FILES = 120;
    private static final int VERIFY_ALL_EVERY = 20;
    /** Manifest pages, and frames whose chunks were known already. */
    private static final long METADATA_BYTES = 200_000;

    /** Who is killed, and while doing what. */
    private enum Victim {
        CLIENT_IN_BACKUP,
        APPLIANCE_IN_BACKUP,
        CLIENT_IN_RESTORE,
        APPLIANCE_IN_RESTORE,
        REBUILD
    }

    @TempDir
    Path dir;

    private final Random random = new Random(SEED);
    private Product product;
    private Product.Client client;
    private Path source;
    private int done;

    private void start(HashAlgorithm hash) throws Exception {
        product = new Product(dir.resolve("work"), hash, "dev");
        client = product.enrol("one");
        source = dir.resolve("source");
        for (int i = 0; i < FILES; i++) {
            rewrite(i);
        }
        client.backup(0, source.toString());
        done = 1;
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    /** Gives a file new random content; returns how much. */
    private long rewrite(int number) throws IOException {
        byte[] content = new byte[random.nextInt(number % 10 == 0 ? 1_500_000 : 60_000)];
        random.nextBytes(content);
        Path file = source.resolve("d" + number % 7 + "/f" + number);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        return content.length;
    }

    private long storedBytes() throws IOException {
        try (Stream<Path> files = Files.walk(product.data.resolve("volumes"))) {
            return files.mapToLong(
                            file -> file.toFile().isFile() ? file.toFile().length() : 0)
                    .sum();
        }
    }

    /** What is stored once the appliance has dealt with everything that was sent. */
    private long settledBytes() throws Exception {
        long before = -1;
        long now = storedBytes();
        for (int same = 0; same < 3; before = now, now = storedBytes()) {
            same = now == before ? same + 1 : 0;
            Thread.sleep(150);
        }
        return now;
    }

    @ParameterizedTest
    @EnumSource
    void killedAnywhereNothingThatWasSaidDoneIsLost(HashAlgorithm hash) throws Exception {
        start(hash);
        int trials = 0;
        for (int trial = hash.ordinal(); trial < TRIALS; trial += HashAlgorithm.values().length) {
            Victim victim = Victim.values()[trial % Victim.values().length];
            int delay = random.nextInt(2500);
            try {
                switch (victim) {
                    case CLIENT_IN_BACKUP, APPLIANCE_IN_BACKUP -> backup(victim, delay);
                    case CLIENT_IN_RESTORE, APPLIANCE_IN_RESTORE -> restore(victim, delay);
                    case REBUILD -> rebuild(delay);
                }
                trials++;
                if (trials % VERIFY_ALL_EVERY == 0 || trial + HashAlgorithm.values().length >= TRIALS) {
                    verifyAll();
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        hash + ", seed " + SEED + ", trial " + trial + ": " + victim + " after " + delay + " ms: " + e,
                        e);
            }
        }
        System.out.println(hash + ": " + trials + " kills, seed " + SEED + ", " + done + " snapshots");
    }

    private void backup(Victim victim, int delay) throws Exception {
        long fresh = 0;
        for (int i = 0; i < 40; i++) {
            fresh += rewrite(random.nextInt(FILES));
        }
        long before = settledBytes();
        Product.Running running = client.launch("backup", "--json", "--retries", "0", source.toString());
        Thread.sleep(delay);
        if (victim == Victim.CLIENT_IN_BACKUP) {
            running.process().destroyForcibly().waitFor();
        } else {
            product.kill();
            product.start();
        }
        Product.Result result = Product.finish(running);
        done += result.code() == 0 ? 1 : 0;
        long kept = settledBytes() - before;
        JsonNode next = client.backup(0, source.toString());
        done++;
        // Everything that reached the disk counts as there.
        assertThat(next.path("bytesSent").asLong()).isLessThanOrEqualTo(Math.max(0, fresh - kept) + METADATA_BYTES);
        restoreAndCompare();
    }

    private void restoreAndCompare() throws Exception {
        Path target = dir.resolve("restored");
        Trees.delete(target);
        client.mustRestore(source, target);
    }

    private void restore(Victim victim, int delay) throws Exception {
        Path target = dir.resolve("restored");
        Trees.delete(target);
        Product.Running running = client.launch("restore", "latest", "--target", target.toString(), "--quiet");
        Thread.sleep(delay);
        if (victim == Victim.CLIENT_IN_RESTORE) {
            running.process().destroyForcibly().waitFor();
        } else {
            product.kill();
            product.start();
        }
        Product.finish(running);
        // Goes on where it was cut off.
        client.mustRestore(source, target);
    }

    private void rebuild(int delay) throws Exception {
        product.stop();
        Product.Running running = product.launch("appliance", "rebuild-index", "--data", product.data.toString());
        Thread.sleep(delay / 2);
        running.process().destroyForcibly().waitFor();
        product.start();
        restoreAndCompare();
    }

    private void verifyAll() throws Exception {
        JsonNode snapshots = client.run("snapshots", "--json").mustBe(0).json();
        // One may have been committed whose client did not live to say so.
        assertThat(snapshots.size()).isGreaterThanOrEqualTo(done);
        for (JsonNode snapshot : snapshots) {
            client.run("verify", snapshot.path("id").asText()).mustBe(0);
        }
    }
}
