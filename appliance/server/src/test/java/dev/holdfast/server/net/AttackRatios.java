package dev.holdfast.server.net;

import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How much longer backups and restores of an honest node take while others attack. Each attack has an appliance of its own,
 * in this process. Three kinds of rounds alternate: quiet, under attack, and beside threads that burn as much processor time
 * as the attackers' own threads took without asking the appliance for anything. The last tells how much of the delay comes
 * from attackers running on the same machine. Attackers come from other addresses (127.0.x.1) than the honest node.
 * Prints one row of a table for each attack. Exits with 1 where a backup or restore failed. {@code packaging/bench/run
 * attacks} starts it.
 */
public final class AttackRatios {
    private static final int CHUNK_BYTES = 128 << 10;
    private static final long READY_NANOS = 20_000_000_000L;
    private static final long CALM_NANOS = 60_000_000_000L;

    private final Path dir;
    private final int rounds;
    private final int chunks;
    private final int nodes;
    private int nextSeed = 10_000_000;
    private int failures;

    private AttackRatios(Path dir, int rounds, int megabytes, int nodes) {
        this.dir = dir;
        this.rounds = rounds;
        this.chunks = megabytes * (1 << 20) / CHUNK_BYTES;
        this.nodes = nodes;
    }

    /** What a round took: a fresh backup with an unchanged one behind it, and a restore. */
    private record Times(long backupNanos, long restoreNanos) {}

    /** @param arguments directory, rounds of each kind, megabytes of a backup, hostile nodes; then names of attacks, all by default */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 4) {
            System.err.println(
                    "usage: attacks DIR ROUNDS MB NODES [ATTACK...]; attacks: " + Arrays.toString(Attack.values()));
            System.exit(2);
        }
        Path dir = Files.createDirectories(Path.of(arguments[0]));
        AttackRatios bench = new AttackRatios(
                dir, Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        List<Attack> attacks = arguments.length == 4
                ? List.of(Attack.values())
                : Arrays.stream(arguments).skip(4).map(Attack::valueOf).toList();
        System.out.printf(
                "%d hostile nodes; %d rounds of each kind, %s MB fresh and unchanged, then restored; median seconds; load before: %s%n%n",
                bench.nodes,
                bench.rounds,
                arguments[2],
                Files.readString(Path.of("/proc/loadavg")).strip());
        System.out.println(
                "| attack | attempts/s | attackers' CPUs | backup: quiet | attacked | ratio | beside burners | ratio"
                        + " to that | restore: quiet | attacked | ratio | beside burners | ratio to that | failures |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        for (Attack attack : attacks) {
            bench.run(attack);
        }
        System.out.printf(
                "%nload after: %s%n", Files.readString(Path.of("/proc/loadavg")).strip());
        System.exit(bench.failures == 0 ? 0 : 1);
    }

    private void run(Attack attack) throws Exception {
        Path data = dir.resolve(attack.name());
        List<Times> quiet = new ArrayList<>();
        List<Times> attacked = new ArrayList<>();
        List<Times> burnt = new ArrayList<>();
        int failed = failures;
        double rate = 0;
        double share = 0;
        try (TestAppliance office = new TestAppliance(data, Deadlines.STANDARD)) {
            TestAppliance.TestNode honest = office.enrol("honest");
            Attackers attackers = new Attackers(office, nodes);
            attack.prepare(attackers);
            round(honest);
            for (int i = 0; i < rounds; i++) {
                add(quiet, round(honest));
                Attackers.Running running = attackers.start(attack);
                running.awaitReady(READY_NANOS);
                add(attacked, round(honest));
                running.stop();
                rate += running.attemptsPerSecond() / rounds;
                share += running.processors() / rounds;
                calm(office);
                List<Thread> burners = burn(running.processors());
                add(burnt, round(honest));
                for (Thread burner : burners) {
                    burner.interrupt();
                    burner.join();
                }
            }
        }
        System.out.printf("| %s | %.0f | %.2f |", attack.description, rate, share);
        column(
                quiet.stream().mapToLong(Times::backupNanos),
                attacked.stream().mapToLong(Times::backupNanos),
                burnt.stream().mapToLong(Times::backupNanos));
        column(
                quiet.stream().mapToLong(Times::restoreNanos),
                attacked.stream().mapToLong(Times::restoreNanos),
                burnt.stream().mapToLong(Times::restoreNanos));
        System.out.printf(" %d |%n", failures - failed);
        try (Stream<Path> files = Files.walk(data)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private static void column(
            java.util.stream.LongStream quiet,
            java.util.stream.LongStream attacked,
            java.util.stream.LongStream burnt) {
        double before = median(quiet);
        double meanwhile = median(attacked);
        double beside = median(burnt);
        System.out.printf(
                " %.2f | %.2f | **%.2f** | %.2f | %.2f |",
                before, meanwhile, meanwhile / before, beside, meanwhile / beside);
    }

    private static double median(java.util.stream.LongStream nanos) {
        long[] sorted = nanos.sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2] / 1e9;
    }

    private static void add(List<Times> all, @Nullable Times times) {
        if (times != null) {
            all.add(times);
        }
    }

    /** @return null where it failed, which is printed and counted */
    private @Nullable Times round(TestAppliance.TestNode honest) {
        int[] seeds = IntStream.range(nextSeed, nextSeed + chunks).toArray();
        nextSeed += chunks;
        try {
            long began = System.nanoTime();
            TestAppliance.Backup backup;
            try (TestAppliance.Connection connection = honest.connect()) {
                honest.backup(connection, 0, true, CHUNK_BYTES, seeds);
                backup = honest.backup(connection, 0, true, CHUNK_BYTES, seeds);
            }
            long stored = System.nanoTime();
            honest.restore(backup);
            return new Times(stored - began, System.nanoTime() - stored);
        } catch (IOException e) {
            failures++;
            System.err.println("an honest node failed: " + e);
            return null;
        }
    }

    /** Connections are closed, and requests under way are over. */
    private static void calm(TestAppliance office) throws Exception {
        Limits limits = office.listener.limits();
        long deadline = System.nanoTime() + CALM_NANOS;
        while (office.listener.connections() > 0
                || limits.underWay() > 0
                || limits.ingest.heldBytes() + limits.answers.heldBytes() + limits.restore.heldBytes() > 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException(office.listener.connections() + " connections are left long after an attack");
            }
            Thread.sleep(20);
        }
    }

    /** Threads that take so much of processors until they are interrupted. */
    private static List<Thread> burn(double processors) {
        int threads = (int) Math.ceil(processors);
        List<Thread> burners = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            burners.add(Thread.ofPlatform().daemon().name("burner").start(() -> burnShare(processors / threads)));
        }
        return burners;
    }

    private static void burnShare(double share) {
        byte[] block = StoreFixture.random(1, 4096);
        var cpu = ManagementFactory.getThreadMXBean();
        long began = System.nanoTime();
        long burnt = cpu.getCurrentThreadCpuTime();
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            while (!Thread.currentThread().isInterrupted()) {
                digest.update(block);
                if (cpu.getCurrentThreadCpuTime() - burnt > share * (System.nanoTime() - began)) {
                    Thread.sleep(1);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
