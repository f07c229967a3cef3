package dev.holdfast.protocol.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every implementation that this machine has computes what the others and the official test vectors say. */
class Blake3Test {
    private static final byte[] VECTOR_KEY = "whats the Elvish word for friend".getBytes(StandardCharsets.US_ASCII);

    /** @param length of the input */
    private record Vector(int length, String hash, String keyed) {}

    static List<Blake3> implementations() {
        List<Blake3> all = new ArrayList<>();
        all.add(new JavaBlake3());
        NativeBlake3.find().ifPresent(all::add);
        return all;
    }

    private static List<Vector> vectors() throws IOException {
        List<Vector> vectors = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(Blake3Test.class.getResourceAsStream("/blake3.vectors"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    String[] fields = line.split(" ");
                    vectors.add(new Vector(Integer.parseInt(fields[0]), fields[1], fields[2]));
                }
            }
        }
        return vectors;
    }

    private static byte[] input(int length) {
        byte[] input = new byte[length];
        for (int i = 0; i < length; i++) {
            input[i] = (byte) (i % 251);
        }
        return input;
    }

    private static String hash(Blake3 blake3, byte @Nullable [] key, byte[] input) {
        Hasher hasher = blake3.hasher(key);
        hasher.update(input);
        return HexFormat.of().formatHex(hasher.digest());
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void officialVectorsHold(Blake3 blake3) throws IOException {
        assertThat(vectors()).hasSize(35);
        for (Vector vector : vectors()) {
            byte[] input = input(vector.length);
            assertThat(hash(blake3, null, input))
                    .as("%s, %d bytes", blake3.name(), vector.length)
                    .isEqualTo(vector.hash);
            assertThat(hash(blake3, VECTOR_KEY, input))
                    .as("%s with a key, %d bytes", blake3.name(), vector.length)
                    .isEqualTo(vector.keyed);
        }
    }

    /** Lengths around those at which the tree of chunks grows, given in parts of any size, from arrays and buffers. */
    @ParameterizedTest
    @MethodSource("implementations")
    void partsOfAnySizeMakeTheSameHashAsTheWhole(Blake3 blake3) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Hasher reused = blake3.hasher(null);
        for (int trial = 0; trial < 300; trial++) {
            int chunks = 1 << random.nextInt(9);
            int length = Math.max(0, chunks * 1024 + random.nextInt(5) - 2 + (random.nextBoolean() ? 0 : 64));
            byte[] input = new byte[length];
            random.nextBytes(input);
            for (int at = 0; at < length; ) {
                int part = Math.min(length - at, 1 + random.nextInt(1 << random.nextInt(17)));
                switch (random.nextInt(3)) {
                    case 0 -> reused.update(input, at, part);
                    case 1 -> reused.update(ByteBuffer.wrap(input, at, part));
                    default -> {
                        ByteBuffer direct = ByteBuffer.allocateDirect(part);
                        direct.put(input, at, part).flip();
                        reused.update(direct);
                        assertThat(direct.hasRemaining()).isFalse();
                    }
                }
                at += part;
            }
            assertThat(HexFormat.of().formatHex(reused.digest()))
                    .as("seed %d, trial %d, %s, %d bytes", seed, trial, blake3.name(), length)
                    .isEqualTo(hash(new JavaBlake3(), null, input));
        }
    }

    @Test
    void nativeLibraryIsUsedWhereThereIsOne() {
        Optional<Blake3> found = NativeBlake3.find();
        assertThat(Blake3.fastest().name()).isEqualTo(found.map(Blake3::name).orElse(new JavaBlake3().name()));
        Path built = Path.of("target/native/libblake3.so.0");
        assertThat(found.isPresent() || !Files.exists(built))
                .as("%s can be loaded", built)
                .isTrue();
    }

    @Test
    void fileThatIsNoLibraryIsNotUsed(@TempDir Path dir) throws IOException {
        Path file = Files.write(dir.resolve("libblake3.so.0"), new byte[] {1, 2, 3});
        assertThat(NativeBlake3.load(file.toString())).isEmpty();
        assertThat(NativeBlake3.load("libholdfast-has-no-such-library.so.0")).isEmpty();
        // It has none of the functions.
        assertThat(NativeBlake3.load("libc.so.6")).isEmpty();
    }
}
