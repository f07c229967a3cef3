package dev.holdfast.protocol.hash;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.Digest;
import java.util.Arrays;

/**
 * A hash function of 256 bits, as an appliance uses it for all of its chunks, containers and objects in the vault. Safe for
 * use by several threads.
 */
public enum HashAlgorithm {
    /** Of appliances made before format 2; keyed as HMAC. */
    SHA_256(1, "sha-256") {
        @Override
        public Hasher hasher() {
            return new Sha256(null);
        }

        @Override
        public Hasher keyed(byte[] key) {
            return new Sha256(key);
        }
    },
    /** O'Connor, Aumasson, Neves and Wilcox-O'Hearn, 2020. It has a keyed mode of its own. */
    BLAKE3(2, "blake3") {
        @Override
        public Hasher hasher() {
            return Blake3.fastest().hasher(null);
        }

        @Override
        public Hasher keyed(byte[] key) {
            return Blake3.fastest().hasher(key.clone());
        }

        @Override
        public void tellIfSlow() {
            Blake3.Choice.tellIfSlow();
        }
    };

    /** Of new appliances. See docs/decisions/0016-blake3.md. */
    public static final HashAlgorithm NEWEST = BLAKE3;

    private final int code;
    private final String label;

    HashAlgorithm(int code, String label) {
        this.code = code;
        this.label = label;
    }

    /** As binary formats name it. */
    public int code() {
        return code;
    }

    /** As JSON and people name it. */
    public String label() {
        return label;
    }

    public static HashAlgorithm of(int code) throws FormatException {
        return Arrays.stream(values())
                .filter(each -> each.code == code)
                .findAny()
                .orElseThrow(() ->
                        FormatException.tooNew("hash algorithm " + code + " is unknown to this release; upgrade it"));
    }

    public static HashAlgorithm labelled(String label) throws FormatException {
        return Arrays.stream(values())
                .filter(each -> each.label.equals(label))
                .findAny()
                .orElseThrow(() -> FormatException.tooNew(
                        "hash algorithm '" + label + "' is unknown to this release; upgrade it"));
    }

    /** Of a header that names its hash: the first version has no place for it, and means SHA-256. */
    public int headerVersion() {
        return this == SHA_256 ? 1 : 2;
    }

    /** What such a header has in the place of the hash. */
    public int headerCode() {
        return this == SHA_256 ? 0 : code;
    }

    /** What a header with these two names. */
    public static HashAlgorithm ofHeader(int version, int headerCode) throws FormatException {
        return version == SHA_256.headerVersion() ? SHA_256 : of(headerCode);
    }

    /** A new hasher. */
    public abstract Hasher hasher();

    /** A new hasher of what only owners of the key can compute. The key has 32 bytes. */
    public abstract Hasher keyed(byte[] key);

    /**
     * Logs a warning, once, if this installation computes the hash much slower than it could. To be called before much is
     * hashed.
     */
    public void tellIfSlow() {}

    public Digest digest(byte[] data) {
        return digest(data, 0, data.length);
    }

    public Digest digest(byte[] data, int offset, int length) {
        return Digest.fromBytes(hash(data, offset, length));
    }

    public byte[] hash(byte[] data) {
        return hash(data, 0, data.length);
    }

    public byte[] hash(byte[] data, int offset, int length) {
        return Pools.of(this).use(hasher -> {
            hasher.update(data, offset, length);
            return hasher.digest();
        });
    }

    /** Idle hashers. */
    private static final class Pools {
        private static final Spares<Hasher> SHA_256_HASHERS = new Spares<>(SHA_256::hasher);
        private static final Spares<Hasher> BLAKE3_HASHERS = new Spares<>(BLAKE3::hasher);

        static Spares<Hasher> of(HashAlgorithm algorithm) {
            return switch (algorithm) {
                case SHA_256 -> SHA_256_HASHERS;
                case BLAKE3 -> BLAKE3_HASHERS;
            };
        }
    }
}
