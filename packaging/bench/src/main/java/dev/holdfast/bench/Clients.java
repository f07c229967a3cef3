package dev.holdfast.bench;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Many clients of one small appliance at once, each with a connection and certificate of its own: how evenly they are
 * served, what memory that takes, and whether clients that are slow or dead hold up the others.
 */
public final class Clients {
    private static final int CHUNK = 128 << 10;
    private static final int PER_PUT = 4;
    private static final int UNDER_WAY = 4;
    private static final long SLOW_PAUSE_MILLIS = 500;

    private final List<Path> states;
    private final int seconds;
    private final long pid;

    private Clients(List<Path> states, int seconds, long pid) {
        this.states = states;
        this.seconds = seconds;
        this.pid = pid;
    }

    /** How a client behaves. */
    private enum Manner {
        BUSY,
        /** Sends a little now and then. */
        SLOW,
        /** Asks for more than it ever reads, and says nothing more. */
        DEAD
    }

    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        int seconds = Integer.parseInt(arguments[2]);
        Files.createDirectories(directory);
        Path profile = directory.resolve("many.json");
        Files.writeString(profile, profile(clients));
        try (Rig rig = new Rig(directory, List.of(), profile.toString())) {
            List<Path> states = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                states.add(rig.enrol("client-" + i));
            }
            Clients bench = new Clients(states, seconds, rig.pid());
            double few = bench.run("8 of them", 8, 0, 0);
            double all = bench.run("all", clients, 0, 0);
            double hampered = bench.run("all, a tenth slow and a tenth dead", clients, clients / 10, clients / 10);
            System.out.printf(
                    "throughput of all to that of 8: %.2f; with slow and dead ones to without: %.2f%n",
                    all / few, hampered / all);
        }
    }

    /** As dev, with room for more nodes. */
    private static String profile(int nodes) throws IOException {
        try (var in = dev.holdfast.profile.HardwareProfile.class.getResourceAsStream("dev.json")) {
            if (in == null) {
                throw new IOException("no dev profile");
            }
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    .replace("\"name\": \"dev\"", "\"name\": \"many\"")
                    .replace("\"nodes\": 8", "\"nodes\": " + nodes)
                    .replace("\"total\": 128", "\"total\": " + 16 * nodes);
        }
    }

    /** Returns bytes a second of the busy ones. */
    private double run(String what, int clients, int slow, int dead) throws Exception {
        AtomicLongArray bytes = new AtomicLongArray(clients);
        AtomicInteger failed = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        long until = System.nanoTime() + seconds * 1_000_000_000L;
        for (int i = 0; i < clients; i++) {
            int number = i;
            Manner manner = i < slow ? Manner.SLOW : i < slow + dead ? Manner.DEAD : Manner.BUSY;
            threads.add(Thread.ofPlatform().start(() -> {
                Path state = states.get(number);
                try (Appliance appliance = new Appliance(Identity.load(state), state)) {
                    work(appliance, manner, number, until, bytes);
                } catch (Exception | Error e) {
                    failed.incrementAndGet();
                    System.err.println("client " + number + ": " + e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long[] busy = new long[clients - slow - dead];
        for (int i = 0; i < busy.length; i++) {
            busy[i] = bytes.get(slow + dead + i);
        }
        Arrays.sort(busy);
        double rate = Arrays.stream(busy).sum() / (double) seconds;
        System.out.printf(
                "%-36s %4d busy: %5.0f MB/s; each %.2f to %.2f MB/s, slowest to fastest %.2f; errors %d; appliance's peak"
                        + " RSS %d MiB, %d threads%n",
                what,
                busy.length,
                rate / 1e6,
                busy[0] / 1e6 / seconds,
                busy[busy.length - 1] / 1e6 / seconds,
                (double) busy[0] / busy[busy.length - 1],
                failed.get(),
                Figures.mebibytes(pid, "VmHWM"),
                Figures.threads(pid));
        return rate;
    }

    private static void work(Appliance appliance, Manner manner, int number, long until, AtomicLongArray bytes)
            throws Exception {
        Message.BackupOpened opened =
                appliance.control().request(new Message.OpenBackup("clients"), Message.BackupOpened.class);
        Connection stream = appliance.connect();
        stream.request(new Message.JoinBackup(opened.session()), Message.Done.class);
        SplittableRandom random = new SplittableRandom(System.nanoTime() + number);
        List<CompletableFuture<Message>> underWay = new ArrayList<>();
        while (System.nanoTime() < until) {
            List<Message.Upload> chunks = new ArrayList<>();
            for (int i = 0; i < PER_PUT; i++) {
                byte[] chunk = new byte[CHUNK];
                random.nextBytes(chunk);
                chunks.add(new Message.Upload(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(chunk), Packed.raw(chunk)));
            }
            underWay.add(stream.send(new Message.Put(chunks)));
            if (manner == Manner.DEAD) {
                // What is under way holds its share of the appliance's memory until somebody ends it.
                Thread.sleep(Math.max(1, (until - System.nanoTime()) / 1_000_000));
                return;
            }
            if (manner == Manner.SLOW) {
                Thread.sleep(SLOW_PAUSE_MILLIS);
            }
            if (underWay.size() == UNDER_WAY) {
                Connection.await(underWay.removeFirst());
                bytes.addAndGet(number, (long) CHUNK * PER_PUT);
            }
        }
        for (CompletableFuture<Message> each : underWay) {
            Connection.await(each);
        }
    }
}
