package dev.holdfast.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Small backups and restores, one after the other, by one appliance and one client service. Prints the memory of both processes,
 * each time after a garbage collection, and how much it grew a round in the second half: exit code 1 where that is more than
 * {@value #MOST_KIB_A_ROUND} KiB. A process whose Java heap was collected grows outside the heap, where nothing limits it.
 */
public final class Growth {
    private static final int FILES = 150;
    private static final int SAMPLES = 12;
    private static final int MOST_KIB_A_ROUND = 400;
    private static final byte[] TEXT = "some text that compresses well. ".getBytes(StandardCharsets.US_ASCII);

    private final Rig rig;
    private final Process service;
    private final Path source;
    private final Path restored;

    private Growth(Rig rig, Process service, Path source, Path restored) {
        this.rig = rig;
        this.service = service;
        this.source = source;
        this.restored = restored;
    }

    /** Anonymous resident memory, in KiB, after so many rounds. */
    private record Sample(int round, long appliance, long service) {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        if (rounds < SAMPLES) {
            System.err.println("growth needs at least " + SAMPLES + " rounds");
            System.exit(2);
        }
        Path source = Files.createDirectories(directory.resolve("source"));
        boolean grows;
        try (Rig rig = new Rig(directory, List.of())) {
            Path state = rig.enrol("growth");
            String data = rig.data.toString();
            rig.run("appliance", "plan", "set", "growth", "--path", source.toString(), "--data", data);
            rig.run("appliance", "plan", "bind", "growth", "growth", "--data", data);
            Process service = new ProcessBuilder(Rig.launcher(), "--state", state.toString(), "service")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("service.log").toFile())
                    .start();
            try {
                grows = new Growth(rig, service, source, state.resolve("restored")).grows(rounds);
            } finally {
                service.destroy();
                service.waitFor();
            }
        }
        System.out.println(grows ? "GROWS" : "does not grow");
        System.exit(grows ? 1 : 0);
    }

    private boolean grows(int rounds) throws Exception {
        Sample half = null;
        Sample last = null;
        for (int round = 1; round <= rounds; round++) {
            round(round);
            if (round % (rounds / SAMPLES) == 0 || round == rounds) {
                last = new Sample(round, afterCollection(rig.pid()), afterCollection(service.pid()));
                System.out.println(last);
                if (half == null && round >= rounds / 2) {
                    half = last;
                }
            }
        }
        double appliance = (double) (last.appliance - half.appliance) / (last.round - half.round);
        double client = (double) (last.service - half.service) / (last.round - half.round);
        System.out.printf(
                Locale.ROOT,
                "KiB a round from round %d on: appliance %.0f, client service %.0f%n",
                half.round,
                appliance,
                client);
        return Math.max(appliance, client) > MOST_KIB_A_ROUND;
    }

    private void round(int round) throws IOException, InterruptedException {
        Random random = new Random(round);
        for (int i = 0; i < FILES; i++) {
            if (round == 1 || random.nextInt(5) == 0) {
                byte[] content = new byte[random.nextInt(i == 0 ? 3_000_000 : 40_000)];
                random.nextBytes(content);
                for (int at = content.length / 2; at < content.length; at++) {
                    content[at] = TEXT[at % TEXT.length];
                }
                Files.write(source.resolve("file-" + i), content);
            }
        }
        String data = rig.data.toString();
        String done = rig.run("appliance", "plan", "run", "growth", "--json", "--data", data);
        String snapshot =
                new ObjectMapper().readTree(done).path(0).path("snapshot").asText();
        Soak.delete(restored);
        rig.run(
                "appliance",
                "snapshot",
                "restore",
                snapshot,
                "--target",
                restored.resolve("all").toString(),
                "--data",
                data);
    }

    private static long afterCollection(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        int code = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("jcmd " + pid + " GC.run ended with " + code);
        }
        return Figures.kibibytes(pid, "RssAnon");
    }
}
