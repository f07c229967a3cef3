package dev.holdfast.bench;

import dev.holdfast.protocol.nbd.FileExport;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdServer;
import dev.holdfast.protocol.nbd.NbdServerSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The NBD server against qemu-nbd, both with the same raw file, which the system has in memory: reads in sequence by nbdcopy
 * with four connections, and random reads and writes of 4 KiB by fio with one connection and with eight, each with 16 requests
 * in flight. What serving out of a snapshot costs is measured by {@code packaging/bench/nbd}. Needs packages qemu-utils,
 * libnbd-bin and fio. Arguments: a directory, the size of the file in MiB, seconds of each run of fio.
 */
public final class NbdBench {
    private static final int ROUNDS = 5;
    private static final Pattern IOPS = Pattern.compile("IOPS=([0-9.]+)(k?)");

    private final Path directory;
    private final Path file;
    private final long mebibytes;
    private final int seconds;

    private NbdBench(Path directory, long mebibytes, int seconds) {
        this.directory = directory;
        this.file = directory.resolve("disk.raw");
        this.mebibytes = mebibytes;
        this.seconds = seconds;
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        new NbdBench(directory, Long.parseLong(arguments[1]), Integer.parseInt(arguments[2])).run();
    }

    private String uri(String socket) {
        return "nbd+unix:///disk?socket=" + directory.resolve(socket);
    }

    private void run() throws Exception {
        makeFile();
        Process qemu = new ProcessBuilder(
                        "qemu-nbd",
                        "-t",
                        "-e",
                        "16",
                        "-f",
                        "raw",
                        "--cache=writeback",
                        "-x",
                        "disk",
                        "-k",
                        directory.resolve("qemu").toString(),
                        file.toString())
                .inheritIO()
                .start();
        try (NbdServer server = NbdServer.listen(
                NbdAddress.unix(directory.resolve("holdfast")),
                NbdExports.single("disk", () -> FileExport.open(file, false, false)),
                NbdServerSettings.DEFAULT)) {
            System.out.println("servers at " + server.address() + " and " + uri("qemu"));
            Shell.must("until nbdinfo '" + uri("qemu") + "' >/dev/null 2>&1; do sleep 0.1; done", "qemu-nbd");
            compare("sequential reads, nbdcopy", "MiB/s", this::sequential);
            for (int connections : new int[] {1, 8}) {
                String name = ", fio, connections: " + connections;
                compare("random reads of 4 KiB" + name, "IOPS", socket -> random(socket, "randread", connections));
                compare("random writes of 4 KiB" + name, "IOPS", socket -> random(socket, "randwrite", connections));
            }
        } finally {
            qemu.destroy();
            qemu.waitFor();
        }
    }

    private void makeFile() throws IOException {
        byte[] block = new byte[1 << 20];
        Random random = new Random(1);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long i = 0; i < mebibytes; i++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
    }

    /** One run against a server. */
    private interface Measure {
        double of(String socket) throws Exception;
    }

    /** Takes turns, so that what else the machine does disturbs both, and compares medians. The first turn warms up. */
    private void compare(String what, String unit, Measure measure) throws Exception {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        measure.of("holdfast");
        for (int i = 0; i < ROUNDS; i++) {
            ours.add(measure.of("holdfast"));
            theirs.add(measure.of("qemu"));
        }
        System.out.printf(
                Locale.ROOT,
                "%-46s holdfast %.0f %s, qemu-nbd %.0f %s: %.2f of it%n",
                what,
                median(ours),
                unit,
                median(theirs),
                unit,
                median(ours) / median(theirs));
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }

    private double sequential(String socket) throws Exception {
        long begun = System.nanoTime();
        Shell.must("nbdcopy '" + uri(socket) + "' null:", "nbdcopy");
        return mebibytes / ((System.nanoTime() - begun) / 1e9);
    }

    private double random(String socket, String kind, int connections) throws Exception {
        Shell.Result result = Shell.run(
                "fio --name=x --ioengine=nbd --uri='" + uri(socket) + "' --rw=" + kind
                        + " --bs=4k --iodepth=16 --group_reporting --numjobs=" + connections
                        + " --time_based --runtime=" + seconds,
                "fio");
        Matcher found = IOPS.matcher(result.out());
        if (result.code() != 0 || !found.find()) {
            throw new IOException("fio failed: " + result.out() + result.err());
        }
        return Double.parseDouble(found.group(1)) * (found.group(2).isEmpty() ? 1 : 1000);
    }
}
