package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One bit is flipped somewhere in an appliance's data directory, over all kinds of file in turn: it is noticed, or does
 * no harm; wrong data never comes back, and a damaged index is made anew. Half of the trials are those of an appliance with
 * SHA-256, half with BLAKE3. {@code -Dholdfast.flips.trials=N} flips more of
 * them, {@code -Dholdfast.flips.seed=N} others.
 */
class BitFlipTest {
    private static final int TRIALS = Integer.getInteger("holdfast.flips.trials", 120);
    private static final long SEED = Long.getLong("holdfast.flips.seed", 1);

    @TempDir
    Path dir;

    private Path scratch;

    @AfterEach
    void clean() throws IOException {
        if (scratch != null) {
            Trees.delete(scratch);
        }
    }

    private Path makeAppliance(HashAlgorithm hash) throws Exception {
        Path source = dir.resolve("source");
        Random random = new Random(SEED);
        for (int i = 0; i < 60; i++) {
            byte[] content = new byte[random.nextInt(40_000)];
            random.nextBytes(content);
            Path file = source.resolve("d" + i % 6 + "/file" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }
        try (Product product = new Product(dir.resolve("work"), hash, "dev")) {
            Product.Client one = product.enrol("one");
            one.backup(0, source.toString());
            product.enrol("two").backup(0, source.toString());
            // The index then has files of more than one age.
            product.stop();
            product.start();
            Files.writeString(source.resolve("d0/later"), "later");
            one.backup(0, source.toString());
        }
        return dir.resolve("work/appliance");
    }

    /** What an appliance holds: for each snapshot the digests of all its pages and chunks, each of them read. */
    private static Map<UUID, List<Digest>> contents(Store store) throws IOException {
        Map<UUID, List<Digest>> contents = new TreeMap<>();
        for (StoredSnapshot snapshot : store.manifests().list()) {
            List<Digest> digests = new ArrayList<>();
            try (ManifestFile manifest = store.manifests().open(snapshot)) {
                for (int at = 0; at < snapshot.pages(); ) {
                    List<PageRef> pages = manifest.pages(at, 64);
                    at += pages.size();
                    for (PageRef page : pages) {
                        digests.add(page.digest());
                        for (Digest chunk : Page.parse(store.reader().readVerified(page.digest()))
                                .chunks()) {
                            digests.add(
                                    store.vault().hash().digest(store.reader().readVerified(chunk)));
                        }
                    }
                }
            }
            contents.put(snapshot.id(), digests);
        }
        return contents;
    }

    /** What came of reading everything. */
    private record Outcome(Map<UUID, List<Digest>> contents, List<String> errors) {}

    private static Outcome read(Path data, boolean rebuild) throws Exception {
        List<String> errors = new ArrayList<>();
        Map<UUID, List<Digest>> contents = new HashMap<>();
        try {
            DataDirectory directory = DataDirectory.open(data);
            if (rebuild) {
                Store.discardIndex(directory.storeConfig());
            }
            var credential = directory.unattendedKey();
            if (credential == null) {
                throw new IOException("no key file");
            }
            IndexRecovery.Progress progress = new IndexRecovery.Progress() {
                @Override
                public void step(String what, long done, long total) {}

                @Override
                public void warning(String what) {
                    errors.add(what);
                }
            };
            try (AutoCloseable lock = directory.lock();
                    VaultKeys vault = directory.keyring().unlock(credential)) {
                assertThat(lock).isNotNull();
                Authority.load(directory.keys(), vault).serverContext(new InetSocketAddress("127.0.0.1", 0), List.of());
                try (ControlDb control = new ControlDb(directory.controlDb())) {
                    errors.addAll(control.integrityFaults());
                    control.nodes().list();
                    control.audit().newest(1000);
                }
                try (Store store = new Store(directory.storeConfig(), vault, new LocalDisk(), progress)) {
                    contents = contents(store);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            // Clear errors; anything else fails the test.
            assertThat(e.getMessage()).isNotBlank();
            errors.add(e.getMessage());
        }
        return new Outcome(contents, errors);
    }

    private static String kind(Path file) {
        String name = file.getFileName().toString();
        return name.matches("[0-9a-f]{8}\\.hfc.*")
                ? "container"
                : name.endsWith(".hfs")
                        ? "manifest"
                        : name.endsWith(".sst") || name.endsWith(".log")
                                ? name.substring(name.length() - 3)
                                : name.replaceAll("-[0-9]+$", "");
    }

    @ParameterizedTest
    @EnumSource
    void aFlippedBitIsNoticedOrHarmless(HashAlgorithm hash) throws Exception {
        Path original = makeAppliance(hash);
        Outcome before = read(original, false);
        assertThat(before.errors).isEmpty();
        assertThat(before.contents).hasSize(3);
        Map<String, List<Path>> kinds;
        try (Stream<Path> files = Files.walk(original)) {
            kinds = files.filter(
                            file -> Files.isRegularFile(file) && file.toFile().length() > 0)
                    .filter(file -> !file.getFileName().toString().startsWith("LOG"))
                    .sorted()
                    .collect(Collectors.groupingBy(BitFlipTest::kind, TreeMap::new, Collectors.toList()));
        }
        List<String> names = List.copyOf(kinds.keySet());
        Path memory = Path.of("/dev/shm");
        scratch = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "holdfast-flips-")
                : Files.createTempDirectory("holdfast-flips-");
        Map<String, int[]> counts = new TreeMap<>();
        Random random = new Random(SEED);
        int trials = TRIALS / HashAlgorithm.values().length;
        for (int trial = 0; trial < trials; trial++) {
            String kind = names.get(trial % names.size());
            List<Path> files = kinds.get(kind);
            Path file = files.get(random.nextInt(files.size()));
            long position = (long) (random.nextDouble() * Files.size(file));
            int bit = random.nextInt(8);
            String label = hash + ", seed " + SEED + ", trial " + trial + ": " + original.relativize(file) + ", byte "
                    + position + ", bit " + bit;
            Path copy = scratch.resolve("copy");
            Trees.copy(original, copy);
            flip(copy.resolve(original.relativize(file)), position, bit);
            boolean noticed;
            try {
                noticed = check(copy, before, label);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(label, e);
            }
            counts.computeIfAbsent(kind, k -> new int[2])[noticed ? 0 : 1]++;
            Trees.delete(copy);
        }
        System.out.println(hash + ": " + trials + " flips, seed " + SEED);
        counts.forEach(
                (kind, count) -> System.out.println(kind + ": " + count[0] + " noticed, " + count[1] + " harmless"));
    }

    /** Returns whether the flip was noticed. */
    private static boolean check(Path data, Outcome before, String label) throws Exception {
        Outcome after = read(data, false);
        // What is listed as read was verified; it must be what was there before.
        after.contents.forEach(
                (snapshot, digests) -> assertThat(digests).as(label).isEqualTo(before.contents.get(snapshot)));
        if (after.contents.equals(before.contents)) {
            return !after.errors.isEmpty();
        }
        assertThat(after.errors).as(label).isNotEmpty();
        if (label.contains(": index/")) {
            Outcome rebuilt = read(data, true);
            assertThat(rebuilt.contents).as(label + ", rebuilt").isEqualTo(before.contents);
        }
        return true;
    }

    private static void flip(Path file, long position, int bit) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.seek(position);
            int value = access.read();
            access.seek(position);
            access.write(value ^ 1 << bit);
        }
    }
}
