package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that back up changing trees, restore, compare, verify and forget, for minutes, against one appliance. Prints
 * the appliance's threads, file handles and memory along the way; at the end, with nobody connected, threads and handles
 * must be back where they were after the first minute, and memory must not have kept growing: exit code 1 if so.
 */
public final class Soak {
    private static final int FILES = 150;
    private static final int SAMPLE_SECONDS = 20;

    private final Rig rig;
    private final Path directory;
    private final List<Path> states = new ArrayList<>();
    private final AtomicInteger rounds = new AtomicInteger();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<Sample> samples = new ArrayList<>();
    private long began;

    private Soak(Rig rig, Path directory) {
        this.rig = rig;
        this.directory = directory;
    }

    private record Sample(long seconds, long threads, long handles, long resident, int rounds) {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        long nanos = (long) (Double.parseDouble(arguments[2]) * 60e9);
        try (Rig rig = new Rig(directory, List.of())) {
            System.exit(new Soak(rig, directory).run(clients, nanos) ? 0 : 1);
        }
    }

    /** Returns whether nothing failed, and nothing was left behind. */
    private boolean run(int clients, long nanos) throws Exception {
        for (int i = 0; i < clients; i++) {
            states.add(rig.enrol("soak-" + i));
        }
        // One round each, so that all pools are made.
        for (int i = 0; i < clients; i++) {
            round(i, 0);
        }
        Thread.sleep(3000);
        began = System.nanoTime();
        Sample idle = sample();
        System.out.println("idle before: " + idle);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> rounds(number, nanos)));
        }
        while (System.nanoTime() - began < nanos) {
            Thread.sleep(SAMPLE_SECONDS * 1000L);
            Sample now = sample();
            samples.add(now);
            System.out.println(now);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        Thread.sleep(5000);
        Sample after = sample();
        System.out.println("idle after: " + after);
        return isSound(idle, after);
    }

    private void rounds(int client, long nanos) {
        try {
            for (int round = 1; System.nanoTime() - began < nanos; round++) {
                round(client, round);
                rounds.incrementAndGet();
            }
        } catch (Exception e) {
            synchronized (failures) {
                failures.add(e);
            }
        }
    }

    private boolean isSound(Sample idle, Sample after) {
        for (Throwable failure : failures) {
            System.out.println("FAILED: " + failure);
        }
        long firstHalf = mostResident(samples.subList(0, samples.size() / 2));
        long secondHalf = mostResident(samples.subList(samples.size() / 2, samples.size()));
        System.out.printf(
                "%d rounds, %d failures; resident at most %d MiB in the first half, %d in the second%n",
                rounds.get(), failures.size(), firstHalf, secondHalf);
        boolean leaks = after.threads > idle.threads + 4
                || after.handles > idle.handles + 16
                || secondHalf > firstHalf * 1.15 + 16;
        System.out.println(leaks ? "LEAKS" : "no leaks");
        return !leaks && failures.isEmpty();
    }

    private static long mostResident(List<Sample> samples) {
        return samples.stream().mapToLong(Sample::resident).max().orElse(0);
    }

    private Sample sample() throws IOException {
        return new Sample(
                (System.nanoTime() - began) / 1_000_000_000,
                Figures.threads(rig.pid()),
                Figures.handles(rig.pid()),
                Figures.mebibytes(rig.pid(), "VmRSS"),
                rounds.get());
    }

    private void round(int client, int round) throws Exception {
        Random random = new Random(client * 1_000_003L + round);
        Path source = directory.resolve("source-" + client);
        Files.createDirectories(source);
        for (int i = 0; i < FILES; i++) {
            if (round == 0 || random.nextInt(5) == 0) {
                byte[] content = new byte[random.nextInt(i == 0 ? 3_000_000 : 40_000)];
                random.nextBytes(content);
                Files.write(source.resolve("file-" + i), content);
            }
        }
        Path target = directory.resolve("restored-" + client);
        delete(target);
        String at = states.get(client).toString();
        rig.run("--state", at, "backup", "-q", source.toString());
        rig.run("--state", at, "restore", "latest", "-q", "--target", target.toString());
        rig.run(
                "compare",
                source.toString(),
                target.resolve(source.toString().substring(1)).toString());
        rig.run("--state", at, "verify", "latest");
    }

    static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (var files = Files.walk(tree)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
