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

    private Soak() {}

    private record Sample(long seconds, long threads, long handles, long resident, int rounds) {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        long nanos = (long) (Double.parseDouble(arguments[2]) * 60e9);
        AtomicInteger rounds = new AtomicInteger();
        List<Throwable> failures = new ArrayList<>();
        List<Sample> samples = new ArrayList<>();
        try (Rig rig = new Rig(directory, List.of())) {
            List<Path> states = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                states.add(rig.enrol("soak-" + i));
            }
            // One round each, so that all pools are made.
            for (int i = 0; i < clients; i++) {
                round(rig, directory, states.get(i), i, 0);
            }
            Thread.sleep(3000);
            Sample idle = sample(rig, 0, 0);
            System.out.println("idle before: " + idle);
            long began = System.nanoTime();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int number = i;
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int round = 1; System.nanoTime() - began < nanos; round++) {
                            round(rig, directory, states.get(number), number, round);
                            rounds.incrementAndGet();
                        }
                    } catch (Exception e) {
                        synchronized (failures) {
                            failures.add(e);
                        }
                    }
                }));
            }
            while (System.nanoTime() - began < nanos) {
                Thread.sleep(SAMPLE_SECONDS * 1000L);
                Sample now = sample(rig, (System.nanoTime() - began) / 1_000_000_000, rounds.get());
                samples.add(now);
                System.out.println(now);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            Thread.sleep(5000);
            Sample after = sample(rig, (System.nanoTime() - began) / 1_000_000_000, rounds.get());
            System.out.println("idle after: " + after);
            for (Throwable failure : failures) {
                System.out.println("FAILED: " + failure);
            }
            long firstHalf = samples.subList(0, samples.size() / 2).stream()
                    .mapToLong(Sample::resident)
                    .max()
                    .orElse(0);
            long secondHalf = samples.subList(samples.size() / 2, samples.size()).stream()
                    .mapToLong(Sample::resident)
                    .max()
                    .orElse(0);
            System.out.printf(
                    "%d rounds, %d failures; resident at most %d MiB in the first half, %d in the second%n",
                    rounds.get(), failures.size(), firstHalf, secondHalf);
            boolean leaks = after.threads > idle.threads + 4
                    || after.handles > idle.handles + 16
                    || secondHalf > firstHalf * 1.15 + 16;
            System.out.println(leaks ? "LEAKS" : "no leaks");
            System.exit(leaks || !failures.isEmpty() ? 1 : 0);
        }
    }

    private static Sample sample(Rig rig, long seconds, int rounds) throws IOException {
        return new Sample(
                seconds,
                Figures.threads(rig.pid()),
                Figures.handles(rig.pid()),
                Figures.mebibytes(rig.pid(), "VmRSS"),
                rounds);
    }

    private static void round(Rig rig, Path directory, Path state, int client, int round) throws Exception {
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
        String at = state.toString();
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
