package dev.holdfast.server.preflight;

import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Aead;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The work that a chunk makes, stage by stage, by the product's own code, on one core and on all of them. */
final class ProcessorProbe {
    private static final int CHUNK_BYTES = 256 << 10;
    /** As in docs/performance.md: chunks that compress about as 4 to 1. */
    private static final int NOISE_SHARE = 4;

    private static final int RECORD_BYTES = 256;

    private static final int LEVEL = 1;
    private static final double WARM_UP_SHARE = 0.5;

    private final Duration time;
    private final int cores = Runtime.getRuntime().availableProcessors();
    private final byte[] chunk = chunk();
    private final Packed packed = Packed.compress(chunk, LEVEL);
    private final SecretKey key = new SecretKeySpec(new byte[Aead.KEY_BYTES], "AES");

    private final AtomicLong nonces = new AtomicLong();

    ProcessorProbe(Duration time) {
        this.time = time;
    }

    /**
     * Bytes of a second.
     *
     * @param stage digest, cipher, unpack or pack; cipher in bytes as stored, the others in bytes of content
     */
    record Stage(String stage, double oneCore, double allCores) {}

    /**
     * What all stages cost.
     *
     * @param wireShare of content that is sent and stored
     * @param tlsBytes of a second, between clients and servers that share all cores
     */
    record Processors(int cores, double wireShare, double tlsBytes, List<Stage> stages) {
        double allCores(String stage) {
            return stages.stream()
                    .filter(each -> each.stage.equals(stage))
                    .mapToDouble(Stage::allCores)
                    .findFirst()
                    .orElseThrow();
        }
    }

    Processors measure() throws Exception {
        return new Processors(
                cores,
                (double) packed.length() / CHUNK_BYTES,
                new TlsProbe(time).measure(),
                List.of(
                        stage("digest", this::digest),
                        stage("cipher", this::cipher),
                        stage("unpack", this::unpack),
                        stage("pack", this::pack)));
    }

    private Stage stage(String name, Rounds.Worker worker) throws Exception {
        // Compiled first, since an appliance runs for months.
        Rounds.perSecond(worker, cores, Duration.ofNanos((long) (time.toNanos() * WARM_UP_SHARE)));
        return new Stage(name, Rounds.perSecond(worker, 1, time), Rounds.perSecond(worker, cores, time));
    }

    private Rounds.Work digest() {
        return () -> HashAlgorithm.NEWEST.hash(chunk).length > 0 ? CHUNK_BYTES : 0;
    }

    private Rounds.Work cipher() {
        byte[] nonce = new byte[Aead.NONCE_BYTES];
        byte[] to = new byte[CHUNK_BYTES + Aead.TAG_BYTES];
        return () -> {
            // Providers refuse a nonce that they saw before.
            ByteBuffer.wrap(nonce).putLong(nonces.incrementAndGet());
            Aead.seal(key, nonce, new byte[0], chunk, 0, CHUNK_BYTES, to, 0);
            return CHUNK_BYTES;
        };
    }

    private Rounds.Work unpack() {
        return () -> packed.unpack().length;
    }

    private Rounds.Work pack() {
        return () -> Packed.compress(chunk, LEVEL).rawLength();
    }

    /** One quarter of noise, the rest a pattern. */
    private static byte[] chunk() {
        byte[] bytes = new byte[CHUNK_BYTES];
        Random random = new Random(7);
        byte[] noise = new byte[RECORD_BYTES / NOISE_SHARE];
        for (int at = 0; at < CHUNK_BYTES; at += RECORD_BYTES) {
            random.nextBytes(noise);
            for (int i = 0; i < RECORD_BYTES; i++) {
                bytes[at + i] = i < noise.length ? noise[i] : (byte) (at >> 10 ^ i);
            }
        }
        return bytes;
    }
}
