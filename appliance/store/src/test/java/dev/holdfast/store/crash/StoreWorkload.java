package dev.holdfast.store.crash;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A process that uses a store and says, on a marker file, what it was told is safe: {@code committed ID NODE FILES},
 * {@code durable NODE FILES}, {@code forgetting ID}. Files are given as seed:length, from which anybody can make them.
 */
public final class StoreWorkload {
    /** A file's content, in short. */
    record Source(long seed, int length) {
        byte[] bytes() {
            return StoreFixture.random(seed, length);
        }

        static Source parse(String text) {
            int colon = text.indexOf(':');
            return new Source(Long.parseLong(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
        }

        @Override
        public String toString() {
            return seed + ":" + length;
        }
    }

    /** With one error in each thread, one of these gets through. */
    private static final int ATTEMPTS = 4;

    private final FileOutputStream markers;
    private final Random random;
    private final List<Source> pool = new ArrayList<>();
    /** The files of node 1's last snapshot. */
    private List<Source> committed = List.of();

    private StoreWorkload(FileOutputStream markers, long seed) {
        this.markers = markers;
        this.random = new Random(seed);
    }

    /** Arguments: the store's directory, the marker file, a seed, how often to open the store; a fifth: wait for a byte. */
    public static void main(String[] arguments) throws IOException {
        StoreFixture fixture = StoreFixture.existing(Path.of(arguments[0]));
        try (FileOutputStream markers = new FileOutputStream(arguments[1])) {
            StoreWorkload workload = new StoreWorkload(markers, Long.parseLong(arguments[2]));
            int rounds = Integer.parseInt(arguments[3]);
            if (arguments.length > 4) {
                // Everything loaded, and a moment for whoever wants to attach.
                fixture.open().close();
                var _ = Packed.compress(new byte[1], 1);
                System.out.println("ready");
                if (System.in.read() < 0) {
                    throw new IOException("nobody there");
                }
            }
            for (int round = 0; round < rounds; round++) {
                workload.round(fixture);
            }
        }
        // RocksDB's threads must not keep the process alive.
        System.exit(0);
    }

    /** Errors of the disk are expected, and told; anything else ends the process. */
    private void round(StoreFixture fixture) {
        try (Store store = fixture.open()) {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                try {
                    use(store);
                    return;
                } catch (IOException e) {
                    System.out.println("failed: " + e.getMessage());
                    requireReadable(store);
                }
            }
        } catch (IOException e) {
            System.out.println("failed: " + e.getMessage());
        }
    }

    /** A disk that takes no writes still serves restores. */
    private void requireReadable(Store store) {
        try {
            if (!committed.isEmpty()) {
                StoreReads.assertReadable(
                        store, 1, committed.stream().map(Source::bytes).toList());
                if (store.manifests().list(1).isEmpty()) {
                    throw new IllegalStateException("no snapshot is listed");
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("reading fails as well", e);
        }
    }

    /** The command that runs this class in a process of its own. */
    static List<String> command(Path data, Path markers, long seed, int rounds) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                StoreWorkload.class.getName(),
                data.toString(),
                markers.toString(),
                Long.toString(seed),
                Integer.toString(rounds));
    }

    private void mark(String text) throws IOException {
        markers.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String text(List<Source> sources) {
        return sources.stream().map(Source::toString).collect(Collectors.joining(","));
    }

    private List<Source> sources(int count) {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (!pool.isEmpty() && random.nextInt(3) == 0) {
                sources.add(pool.get(random.nextInt(pool.size())));
            } else {
                Source fresh = new Source(random.nextLong(), 1 + random.nextInt(12_000));
                pool.add(fresh);
                sources.add(fresh);
            }
        }
        return sources.stream().distinct().toList();
    }

    private void use(Store store) throws IOException {
        backup(store, 1);
        backup(store, 2);
        try (BackupSession session = store.openBackup(1, "one")) {
            List<Source> sources = sources(6);
            long sequence = 0;
            for (Source source : sources) {
                byte[] data = source.bytes();
                sequence = Math.max(
                        sequence,
                        session.put(ChunkKind.DATA, store.vault().hash().digest(data), Packed.raw(data)));
            }
            while (session.durable() < sequence) {
                Thread.onSpinWait();
            }
            mark("durable 1 " + text(sources));
        }
        backup(store, 1);
        List<StoredSnapshot> snapshots = store.manifests().list(1);
        if (snapshots.size() > 2) {
            mark("forgetting " + snapshots.getFirst().id());
            store.manifests().forget(snapshots.getFirst());
        }
        if (random.nextBoolean()) {
            // What nobody committed may go.
            mark("collecting");
            store.archiving().sealOpen();
            store.collector().collect(new GarbageCollector.Rules(100, 0), (what, done, total) -> {}, () -> false);
        }
    }

    private void backup(Store store, int node) throws IOException {
        List<Source> sources = sources(8);
        StoredSnapshot snapshot = StoreFixture.backup(
                store, node, sources.stream().map(Source::bytes).toList());
        mark("committed " + snapshot.id() + " " + node + " " + text(sources));
        committed = node == 1 ? sources : committed;
    }
}
