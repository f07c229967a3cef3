package dev.holdfast.bench;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.store.envelope.Aead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The stages that every byte or every file passes, on one thread. Bytes: the score is ns for one chunk of 256 KiB, so
 * 262,144 / score is GB/s. Manifest: ns a record.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MicroBenchmarks {
    static {
        // Before the first digest, which the chunker's table already is.
        NativeCrypto.install();
    }

    private static final int CHUNK = 256 << 10;
    private static final int RECORDS = 1000;

    private final byte[] random = new byte[CHUNK];
    private final byte[] text = new byte[CHUNK];
    private final byte[] stream = new byte[16 << 20];
    private final SecretKey key = new SecretKeySpec(new byte[32], "AES");
    private final byte[] aad = new byte[80];
    private final GearChunker chunker = new GearChunker(new byte[32]);
    private byte[] nonce = new byte[12];
    private Packed packedText = Packed.raw(text);
    private byte[] sealed = new byte[0];
    private byte[] page = new byte[0];
    private int at;
    private long counter = 1;

    @Setup
    public void setup() throws IOException {
        Random source = new Random(1);
        source.nextBytes(random);
        source.nextBytes(stream);
        // Words of a small vocabulary, about as compressible as source code.
        byte[][] words = new byte[4000][];
        for (int i = 0; i < words.length; i++) {
            words[i] = Long.toString(Math.abs(source.nextLong()), 36)
                    .substring(0, 2 + source.nextInt(9))
                    .getBytes(StandardCharsets.US_ASCII);
        }
        for (int i = 0; i < text.length; ) {
            byte[] word = words[(int) (words.length * Math.pow(source.nextDouble(), 3))];
            for (int j = 0; j < word.length && i < text.length; j++) {
                text[i++] = word[j];
            }
            if (i < text.length) {
                text[i++] = (byte) (source.nextInt(9) == 0 ? '\n' : ' ');
            }
        }
        packedText = Packed.compress(text, 1);
        sealed = Aead.seal(key, nonce, aad, random);
        page = encodePage();
    }

    @Benchmark
    public int chunker() {
        if (at > stream.length - 2 * GearChunker.MAX_BYTES) {
            at = 0;
        }
        // A fixed stretch without a cut at its end costs what it is long.
        int length = chunker.next(stream, at, at + CHUNK, true);
        at += CHUNK;
        return length;
    }

    @Benchmark
    public Digest digest() {
        return HashAlgorithm.NEWEST.digest(random);
    }

    @Benchmark
    public Packed compress() {
        return Packed.compress(text, 1);
    }

    @Benchmark
    public byte[] decompress() throws IOException {
        return packedText.unpack();
    }

    @Benchmark
    public byte[] seal() {
        nonce = new byte[12];
        long number = counter++;
        for (int i = 0; i < 8; i++) {
            nonce[i] = (byte) (number >>> 8 * i);
        }
        return Aead.seal(key, nonce, aad, random);
    }

    @Benchmark
    public byte[] open() throws IOException {
        return Aead.open(key, new byte[12], aad, sealed, "benchmark");
    }

    private static byte[] encodePage() throws IOException {
        PageWriter writer = new PageWriter();
        Timestamp time = new Timestamp(1_700_000_000, 123_456_789);
        Digest chunk = HashAlgorithm.NEWEST.digest(new byte[1]);
        for (int i = 0; i < RECORDS; i++) {
            byte[] name = String.format("file-%06d.c", i).getBytes(StandardCharsets.US_ASCII);
            Attributes attributes = new Attributes(0644, 1000, 1000, time, time, i, 0, 1, 9000, List.of());
            Extent extent = new Extent(0, chunk, CHUNK, i * 9, 9000);
            writer.add(new Node.RegularFile(name, attributes, new Content(List.of(extent), false, false, 9000)));
        }
        byte[][] encoded = new byte[1][];
        writer.take((first, continuation, bytes, records) -> encoded[0] = bytes);
        return encoded[0];
    }

    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public byte[] manifestWrite() throws IOException {
        return encodePage();
    }

    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public Page manifestRead() throws IOException {
        return Page.parse(page);
    }
}
