package dev.holdfast.bench;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The appliance alone: clients send it chunks, already packed, as fast as it takes them, then read them back. What counts
 * is bytes (before compression) per second of the appliance's processor time; the clients' own is not counted. Chunks are
 * 256 KiB that compress about as 4 to 1, all different. All clients are connected before the clock starts; what that costs is
 * printed by itself. So is the share of the busiest thread: it bounds what more cores can give. With BENCH_PREFIX="taskset -c 0"
 * the appliance has one core.
 */
public final class ApplianceLoad {
    private static final int CHUNK = 256 << 10;
    private static final int UNDER_WAY = 8;
    private static final int PER_PUT = 8;
    private static final int PER_GET = 32;
    private static final int MAX_NODES = 8;

    private ApplianceLoad() {}

    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        int seconds = Integer.parseInt(arguments[2]);
        measure(directory, clients, seconds);
    }

    /**
     * Bytes of content of a second of one core's time.
     *
     * @param in of a backup
     * @param out of a restore
     */
    record PerCore(double in, double out) {}

    static PerCore measure(Path directory, int clients, int seconds) throws Exception {
        String prefix = System.getenv("BENCH_PREFIX");
        try (Rig rig = new Rig(directory, prefix == null ? List.of() : List.of(prefix.split(" ")))) {
            List<Path> states = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                // The dev profile has eight nodes; further clients are second ones of theirs.
                states.add(rig.enrol("load-" + i % MAX_NODES));
            }
            ConcurrentLinkedQueue<Digest>[] sent = queues(clients);
            double in = run(rig, "in ", states, seconds, (appliance, number) -> {
                Connection stream = backup(appliance);
                return until -> put(stream, number, until, sent[number]);
            });
            double out = run(rig, "out", states, seconds, (appliance, number) -> {
                Connection stream = appliance.connect();
                return until -> get(stream, until, List.copyOf(sent[number]));
            });
            return new PerCore(in, out);
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static ConcurrentLinkedQueue<Digest>[] queues(int count) {
        ConcurrentLinkedQueue<Digest>[] queues = new ConcurrentLinkedQueue[count];
        for (int i = 0; i < count; i++) {
            queues[i] = new ConcurrentLinkedQueue<>();
        }
        return queues;
    }

    private interface Client {
        /** Prepares everything that is not to be measured. */
        Work open(Appliance appliance, int number) throws Exception;
    }

    private interface Work {
        /** Works until the clock says so; returns bytes before compression. */
        long until(long end) throws Exception;
    }

    private static double run(Rig rig, String what, List<Path> states, int seconds, Client client) throws Exception {
        Start start = new Start(rig.pid(), seconds);
        CyclicBarrier ready = new CyclicBarrier(states.size(), start);
        double idle = Figures.cpuSeconds(rig.pid());
        AtomicLong bytes = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try (Appliance appliance = new Appliance(Identity.load(states.get(number)), states.get(number))) {
                    Work work = client.open(appliance, number);
                    ready.await();
                    bytes.addAndGet(work.until(start.end));
                } catch (Exception | Error e) {
                    ready.reset();
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new IOException(failures.size() + " clients failed", failures.getFirst());
        }
        double wall = (System.nanoTime() - start.began) / 1e9;
        double used = Figures.cpuSeconds(rig.pid()) - start.cpu;
        double perCore = bytes.get() / used;
        System.out.printf(
                "%s %2d clients: %5.0f MB/s, %.2f cores, %5.0f MB per core second; 0.5 TB/h needs %.2f cores, 1.5 TB/h"
                        + " %.2f; to connect, %.0f ms of processor time a client; peak RSS %d MiB%n",
                what,
                states.size(),
                bytes.get() / wall / 1e6,
                used / wall,
                perCore / 1e6,
                0.5e12 / 3600 / perCore,
                1.5e12 / 3600 / perCore,
                (start.cpu - idle) * 1000 / states.size(),
                Figures.mebibytes(rig.pid(), "VmHWM"));
        start.printBusiest(used, bytes.get());
        return perCore;
    }

    /** The moment when all clients are connected. */
    private static final class Start implements Runnable {
        private static final int SHOWN = 7;

        private final long pid;
        private final int seconds;
        private Map<Long, Figures.ThreadTime> threads = Map.of();
        private double cpu;
        private long began;
        private long end;

        Start(long pid, int seconds) {
            this.pid = pid;
            this.seconds = seconds;
        }

        @Override
        public void run() {
            try {
                cpu = Figures.cpuSeconds(pid);
                threads = Figures.threadTimes(pid);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            began = System.nanoTime();
            end = began + seconds * 1_000_000_000L;
        }

        /** Threads of one name together; first those that would be the first to have no core left. */
        void printBusiest(double used, long bytes) throws IOException {
            Map<String, List<Double>> byName = new HashMap<>();
            Figures.threadTimes(pid).forEach((id, now) -> {
                Figures.ThreadTime before = threads.get(id);
                double seconds = now.seconds() - (before == null ? 0 : before.seconds());
                if (seconds > 0) {
                    byName.computeIfAbsent(now.name().replaceAll("[-#]?[0-9]+$", ""), name -> new ArrayList<>())
                            .add(seconds);
                }
            });
            byName.entrySet().stream()
                    .sorted(Comparator.comparingDouble(each -> -Collections.max(each.getValue())))
                    .limit(SHOWN)
                    .forEach(each -> {
                        double all = each.getValue().stream()
                                .mapToDouble(Double::doubleValue)
                                .sum();
                        System.out.printf(
                                "    %-16s %2d threads, %4.1f %% of the processor time; one of them has a core to itself at %,.0f"
                                        + " MB/s%n",
                                each.getKey(),
                                each.getValue().size(),
                                100 * all / used,
                                bytes / Collections.max(each.getValue()) / 1e6);
                    });
        }
    }

    /** One quarter of noise, the rest a pattern: about 4 to 1. Different in every chunk. */
    private static byte[] chunk(SplittableRandom random) {
        byte[] chunk = new byte[CHUNK];
        byte[] noise = new byte[64];
        for (int at = 0; at < CHUNK; at += 256) {
            random.nextBytes(noise);
            for (int i = 0; i < 256; i++) {
                chunk[at + i] = i < 64 ? noise[i] : (byte) (at >> 10 ^ i);
            }
        }
        return chunk;
    }

    private static Connection backup(Appliance appliance) throws IOException {
        Message.BackupOpened opened =
                appliance.control().request(new Message.OpenBackup("load"), Message.BackupOpened.class);
        Connection stream = appliance.connect();
        stream.request(new Message.JoinBackup(opened.session()), Message.Done.class);
        return stream;
    }

    private static long put(Connection stream, int number, long until, ConcurrentLinkedQueue<Digest> sent)
            throws Exception {
        SplittableRandom random = new SplittableRandom(System.nanoTime() + number);
        List<CompletableFuture<Message>> underWay = new ArrayList<>();
        long bytes = 0;
        while (System.nanoTime() < until) {
            List<Message.Upload> chunks = new ArrayList<>();
            for (int i = 0; i < PER_PUT; i++) {
                byte[] chunk = chunk(random);
                Digest digest = HashAlgorithm.NEWEST.digest(chunk);
                chunks.add(new Message.Upload(ChunkKind.DATA, digest, Packed.compress(chunk, 1)));
                sent.add(digest);
                bytes += chunk.length;
            }
            underWay.add(stream.send(new Message.Put(chunks)));
            if (underWay.size() == UNDER_WAY) {
                Connection.await(underWay.removeFirst());
            }
        }
        for (CompletableFuture<Message> each : underWay) {
            Connection.await(each);
        }
        return bytes;
    }

    private static long get(Connection stream, long until, List<Digest> digests) throws Exception {
        AtomicLong bytes = new AtomicLong();
        List<CompletableFuture<Void>> underWay = new ArrayList<>();
        int at = 0;
        while (System.nanoTime() < until) {
            List<Digest> group = digests.subList(at, Math.min(digests.size(), at + PER_GET));
            at = at + 2 * PER_GET > digests.size() ? 0 : at + PER_GET;
            underWay.add(Appliance.get(stream, group, Message.Reading.SEND, new Appliance.ChunkSink() {
                @Override
                public void chunk(int index, Packed packed, Runnable done) {
                    bytes.addAndGet(packed.rawLength());
                    done.run();
                }

                @Override
                public void damaged(int index, String damage) {
                    throw new IllegalStateException(damage);
                }

                @Override
                public void frozen(int index, String where) {
                    throw new IllegalStateException(where);
                }
            }));
            if (underWay.size() == UNDER_WAY) {
                Connection.await(underWay.removeFirst());
            }
        }
        for (CompletableFuture<Void> each : underWay) {
            Connection.await(each);
        }
        return bytes.get();
    }
}
