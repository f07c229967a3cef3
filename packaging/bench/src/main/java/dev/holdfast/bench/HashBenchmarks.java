package dev.holdfast.bench;

import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Hashes of one chunk of 256 KiB, on one thread: what is used, and what could be. The score is in ns, so that 262,144 / score
 * is GB/s.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HashBenchmarks {
    private static final int CHUNK = 256 << 10;

    private final byte[] random = new byte[CHUNK];
    private final byte[] digest = new byte[32];
    private MessageDigest jdkSha256;
    private MessageDigest jdkSha512;

    @Setup
    public void setup() throws GeneralSecurityException {
        new Random(1).nextBytes(random);
        jdkSha256 = MessageDigest.getInstance("SHA-256", "SUN");
        jdkSha512 = MessageDigest.getInstance("SHA-512", "SUN");
        NativeCrypto.install();
    }

    @Benchmark
    public byte[] blake3() {
        return HashAlgorithm.BLAKE3.hash(random);
    }

    @Benchmark
    @Fork(value = 1, jvmArgsAppend = "-Dholdfast.blake3=java")
    public byte[] blake3InJava() {
        return HashAlgorithm.BLAKE3.hash(random);
    }

    /** As for the stored name of a chunk. */
    @Benchmark
    public byte[] blake3Of32Bytes() {
        return HashAlgorithm.BLAKE3.hash(digest);
    }

    @Benchmark
    public byte[] sha256() {
        return HashAlgorithm.SHA_256.hash(random);
    }

    @Benchmark
    public byte[] sha256OfTheJdk() {
        return jdkSha256.digest(random);
    }

    @Benchmark
    public byte[] sha512OfTheJdk() {
        return jdkSha512.digest(random);
    }
}
