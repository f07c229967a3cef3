package dev.holdfast.store.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerTest {
    private static final int FRAMES = 20;
    private final LocalDisk disk = new LocalDisk();

    @TempDir
    Path dir;

    private VaultKeys vault;

    @BeforeEach
    void unlock() throws IOException {
        Credential key = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        vault = Keyring.create(key).unlock(key);
    }

    private static byte[] chunk(int i) {
        byte[] bytes = new byte[1 + i * 1237];
        new Random(i).nextBytes(bytes);
        Arrays.fill(bytes, 0, bytes.length / 2, (byte) i);
        return bytes;
    }

    private ContainerWriter writer(Path path) throws IOException {
        var header =
                ContainerHeader.of(ContainerHeader.Kind.DATA, vault, UUID.randomUUID(), 5, System.currentTimeMillis());
        return new ContainerWriter(disk, path, vault, header, ContainerWriter.TARGET_BYTES);
    }

    private List<FrameEntry> fill(ContainerWriter writer) throws IOException {
        List<FrameEntry> entries = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            byte[] data = chunk(i);
            entries.add(writer.append(vault.chunkId(data), ChunkKind.DATA, 9, Packed.compress(data, 1)));
        }
        return entries;
    }

    private Path sealed() throws IOException {
        Path path = dir.resolve("c.hfc");
        try (ContainerWriter writer = writer(path)) {
            fill(writer);
            writer.seal();
        }
        return path;
    }

    @Test
    void framesComeBack() throws IOException {
        Path path = sealed();
        assertThat(ContainerWriter.openPath(path)).doesNotExist();
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            List<FrameEntry> entries = reader.readTrailer();
            assertThat(entries).hasSize(FRAMES).isEqualTo(reader.scanFrames().frames());
            reader.verifyHash();
            for (int i = 0; i < FRAMES; i++) {
                assertThat(entries.get(i).offset() % 16).isZero();
                assertThat(entries.get(i).owner()).isEqualTo(9);
                assertThat(reader.readFrame(entries.get(i)).unpack()).isEqualTo(chunk(i));
            }
        }
        assertThat(Files.size(path) % 1).isZero();
    }

    @Test
    void aFullContainerSaysSo() throws IOException {
        var header = ContainerHeader.of(ContainerHeader.Kind.DATA, vault, UUID.randomUUID(), 5, 0);
        try (ContainerWriter writer = new ContainerWriter(disk, dir.resolve("s.hfc"), vault, header, 4096)) {
            byte[] data = chunk(2);
            Packed packed = new Packed(Codec.INCOMPRESSIBLE, data.length, data);
            assertThat(writer.append(vault.chunkId(data), ChunkKind.DATA, 1, packed))
                    .isNotNull();
            assertThat(writer.append(vault.chunkId(data), ChunkKind.DATA, 1, packed))
                    .isNull();
            assertThat(writer.seal()).hasSize(1);
        }
    }

    /** Cut anywhere: the frames that are whole are kept, and nothing else. */
    @Test
    void tornContainersKeepWhatIsWhole() throws IOException {
        Path path = dir.resolve("t.hfc");
        List<FrameEntry> entries;
        byte[] whole;
        try (ContainerWriter writer = writer(path)) {
            entries = fill(writer);
            writer.sync();
            whole = Files.readAllBytes(ContainerWriter.openPath(path));
        }
        Random random = new Random(1);
        for (int trial = 0; trial < 150; trial++) {
            int cut = random.nextInt(whole.length + 1);
            Files.write(ContainerWriter.openPath(path), Arrays.copyOf(whole, cut));
            Files.deleteIfExists(path);
            List<FrameEntry> saved = TornContainer.recover(disk, path, vault).frames();
            long expected = entries.stream()
                    .filter(e -> FrameEntry.end(e.offset(), e.storedLength()) <= cut)
                    .count();
            assertThat(saved).hasSize((int) expected);
            assertThat(ContainerWriter.openPath(path)).doesNotExist();
            if (!saved.isEmpty()) {
                try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
                    reader.verifyHash();
                    assertThat(reader.readTrailer()).isEqualTo(saved);
                    assertThat(reader.readFrame(saved.getLast()).unpack()).isEqualTo(chunk(saved.size() - 1));
                }
            }
        }
    }

    /** A frame that went bad in the middle costs itself, not what was acknowledged behind it. */
    @Test
    void aBadFrameDoesNotCutOffTheGoodOnesBehindIt() throws IOException {
        Path path = dir.resolve("m.hfc");
        List<FrameEntry> entries;
        try (ContainerWriter writer = writer(path)) {
            entries = fill(writer);
            writer.sync();
        }
        Path open = ContainerWriter.openPath(path);
        byte[] whole = Files.readAllBytes(open);
        for (long at : new long[] {entries.get(7).offset() + 10, entries.get(12).offset() + 100}) {
            whole[(int) at] ^= 2;
        }
        Files.write(open, whole);
        ContainerReader.Scan saved = TornContainer.recover(disk, path, vault);
        assertThat(saved.damaged()).isTrue();
        assertThat(saved.frames()).hasSize(FRAMES - 2).doesNotContain(entries.get(7), entries.get(12));
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            reader.verifyHash();
            assertThat(reader.badFrames(each -> true)).isEmpty();
            for (FrameEntry entry : reader.readTrailer()) {
                assertThat(reader.readFrame(entry).unpack()).isEqualTo(chunk(entry.ordinal()));
            }
        }
    }

    @Test
    void theQuickCheckFindsEveryBitThatAReaderNeeds() throws IOException {
        Path path = sealed();
        byte[] good = Files.readAllBytes(path);
        Random random = new Random(5);
        for (int trial = 0; trial < 200; trial++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(path, bad);
            try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
                List<FrameEntry> broken = reader.badFrames(each -> false).stream()
                        .map(ContainerReader.BadFrame::entry)
                        .toList();
                assertThat(broken).hasSizeLessThanOrEqualTo(1);
                for (FrameEntry entry : reader.readTrailer()) {
                    if (broken.contains(entry)) {
                        assertThatThrownBy(() -> reader.readFrame(entry).unpack())
                                .isInstanceOf(FormatException.class);
                    } else {
                        assertThat(reader.readFrame(entry).unpack()).isEqualTo(chunk(entry.ordinal()));
                    }
                }
            } catch (FormatException e) {
                assertThat(e).hasMessageContaining(path.toString());
            }
        }
        Files.write(path, Arrays.copyOf(good, good.length - 1));
        assertThatThrownBy(() -> {
                    try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
                        reader.badFrames(each -> false);
                    }
                })
                .isInstanceOf(FormatException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyFlippedBitIsDetected(long seed) throws IOException {
        Path path = sealed();
        byte[] good = Files.readAllBytes(path);
        Random random = new Random(seed);
        for (int trial = 0; trial < 200; trial++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(path, bad);
            assertThatThrownBy(() -> {
                        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
                            for (FrameEntry entry : reader.readTrailer()) {
                                byte[] data = reader.readFrame(entry).unpack();
                                assertThat(vault.chunkId(data)).isEqualTo(entry.id());
                            }
                            reader.verifyHash();
                        }
                    })
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(path.toString());
        }
    }

    @Test
    void framesCannotBeSwapped() throws IOException {
        Path path = sealed();
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            List<FrameEntry> entries = reader.readTrailer();
            FrameEntry a = entries.get(3);
            FrameEntry b = entries.get(4);
            FrameEntry swapped = new FrameEntry(a.id(), b.offset(), b.storedLength(), b.ordinal(), b.owner(), b.kind());
            assertThatThrownBy(() -> reader.readFrame(swapped)).hasMessageContaining("another chunk");
        }
    }

    @Test
    void otherVaultsAndVersionsAreToldApart() throws IOException {
        Path path = sealed();
        Credential key = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        VaultKeys other = Keyring.create(key).unlock(key);
        assertThatThrownBy(() -> ContainerReader.open(disk, path, other, false))
                .hasMessageContaining("belongs to vault");
        byte[] bytes = Files.readAllBytes(path);
        header(bytes, 3, 2);
        Files.write(path, bytes);
        assertThatThrownBy(() -> ContainerReader.open(disk, path, vault, false))
                .hasMessageContaining("version 3, this release reads up to 2");
    }

    /** Threads append while another syncs: what a sync covers is in the file from its beginning on, without a gap. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everySyncCoversWhatWasAppendedBeforeIt(long seed) throws Exception {
        Path path = dir.resolve("busy.hfc");
        List<FrameEntry> appended = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean stop = new AtomicBoolean();
        try (ContainerWriter writer = writer(path);
                ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<Boolean>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                Random random = new Random(seed * 10 + thread);
                running.add(pool.submit(() -> {
                    while (!stop.get()) {
                        byte[] data = new byte[random.nextInt(5000)];
                        random.nextBytes(data);
                        FrameEntry entry =
                                writer.append(vault.chunkId(data), ChunkKind.DATA, 9, Packed.compress(data, 1));
                        if (entry == null) {
                            return true;
                        }
                        appended.add(entry);
                    }
                    return true;
                }));
            }
            for (int sync = 0; sync < 8; sync++) {
                List<FrameEntry> before;
                synchronized (appended) {
                    before = List.copyOf(appended);
                }
                writer.sync();
                Path copy = dir.resolve("copy-" + sync);
                Files.copy(ContainerWriter.openPath(path), copy);
                try (ContainerReader reader = ContainerReader.open(disk, copy, vault, false)) {
                    assertThat(Set.copyOf(reader.scanFrames().frames()).containsAll(before))
                            .isTrue();
                }
            }
            stop.set(true);
            for (Future<Boolean> each : running) {
                assertThat(each.get()).isTrue();
            }
            assertThat(Set.copyOf(writer.seal())).isEqualTo(Set.copyOf(appended));
        }
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            reader.verifyHash();
            assertThat(Set.copyOf(reader.readTrailer())).isEqualTo(Set.copyOf(appended));
        }
    }

    /**
     * The format is a promise: each of these containers and its keyring were written by a release, the first with SHA-256,
     * the other with BLAKE3. Made once by this test where {@code -Dholdfast.golden.store=DIR} names an empty place.
     */
    @ParameterizedTest
    @CsvSource({"v1, SHA_256, 1, 0", "v3, BLAKE3, 2, 2"})
    void goldenContainersAreStillRead(String golden, HashAlgorithm hash, int version, int code) throws IOException {
        String make = System.getProperty("holdfast.golden.store");
        if (make != null && !Files.exists(Path.of(make))) {
            make(Files.createDirectories(Path.of(make)));
        }
        for (String name : List.of("keyring.json", "00000005.hfc")) {
            try (InputStream in = ContainerTest.class.getResourceAsStream("/golden/" + golden + "/" + name)) {
                assertThat(in).isNotNull();
                Files.write(dir.resolve(name), in.readAllBytes());
            }
        }
        byte[] bytes = Files.readAllBytes(dir.resolve("00000005.hfc"));
        assertThat(Arrays.copyOfRange(bytes, 8, 12)).containsExactly(0, version, 1, code);
        VaultKeys keys = Keyring.read(dir.resolve("keyring.json"))
                .unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]));
        assertThat(keys.hash()).isEqualTo(hash);
        try (ContainerReader reader = ContainerReader.open(disk, dir.resolve("00000005.hfc"), keys, false)) {
            assertThat(reader.header().hash()).isEqualTo(hash);
            reader.verifyHash();
            List<FrameEntry> entries = reader.readTrailer();
            assertThat(entries).hasSize(FRAMES);
            for (int i = 0; i < FRAMES; i++) {
                assertThat(entries.get(i).id()).isEqualTo(keys.chunkId(chunk(i)));
                assertThat(reader.readFrame(entries.get(i)).unpack()).isEqualTo(chunk(i));
            }
        }
        byte[] guarded = Arrays.copyOf(bytes, bytes.length - Footer.BYTES);
        assertThat(Footer.parse(Arrays.copyOfRange(bytes, guarded.length, bytes.length))
                        .hash())
                .isEqualTo(hash.hash(guarded));
    }

    private void make(Path golden) throws IOException {
        Credential key = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Keyring keyring = Keyring.create(key);
        keyring.write(golden.resolve("keyring.json"));
        VaultKeys keys = keyring.unlock(key);
        Path path = golden.resolve("00000005.hfc");
        ContainerHeader header =
                ContainerHeader.of(ContainerHeader.Kind.DATA, keys, UUID.randomUUID(), 5, System.currentTimeMillis());
        try (ContainerWriter writer = new ContainerWriter(disk, path, keys, header, ContainerWriter.TARGET_BYTES)) {
            for (int i = 0; i < FRAMES; i++) {
                byte[] data = chunk(i);
                writer.append(keys.chunkId(data), ChunkKind.DATA, 9, Packed.compress(data, 1));
            }
            writer.seal();
        }
    }

    /** A container of one hash never counts as one of a vault with the other. */
    @Test
    void containerMustUseTheHashOfItsVault() throws IOException {
        Path path = sealed();
        byte[] bytes = Files.readAllBytes(path);
        header(bytes, 1, 0);
        Files.write(path, bytes);
        assertThatThrownBy(() -> ContainerReader.open(disk, path, vault, false))
                .hasMessageContaining("it uses sha-256, its vault blake3");
        header(bytes, 2, 9);
        Files.write(path, bytes);
        assertThatThrownBy(() -> ContainerReader.open(disk, path, vault, false))
                .hasMessageContaining("hash algorithm 9 is unknown");
    }

    /** Another version and hash, as if they had been written. */
    private static void header(byte[] container, int version, int hash) {
        container[9] = (byte) version;
        container[11] = (byte) hash;
        java.nio.ByteBuffer.wrap(container).putInt(60, FrameHeader.crc(container, 0, 60));
    }
}
