package dev.holdfast.store.envelope;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.hash.Hasher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.jspecify.annotations.Nullable;

/** An opened vault: the keys in memory, and what is derived from them. Safe for use by several threads. */
public final class VaultKeys implements AutoCloseable {
    private final UUID id;
    private final Map<Integer, byte[]> epochKeys;
    private final int currentEpoch;
    private final Derived derived;
    private final HashAlgorithm hash;
    private final Spares<Hasher> idHashers;
    /** Set before the keys are wiped: what was computed before it was set was computed with whole keys. */
    private volatile boolean closed;

    VaultKeys(UUID id, HashAlgorithm hash, Map<Integer, byte[]> epochKeys, Derived derived) {
        this.id = id;
        this.hash = hash;
        this.epochKeys = epochKeys;
        this.currentEpoch = Collections.max(epochKeys.keySet());
        this.derived = derived;
        this.idHashers = new Spares<>(() -> hash.keyed(derived.chunkId()));
    }

    public UUID id() {
        return id;
    }

    public int currentEpoch() {
        return currentEpoch;
    }

    /** The chunker's table key, shared by all nodes so that they cut alike. */
    public byte[] gearKey() {
        return derived.gear().clone();
    }

    /** What names chunks, and guards containers and the vault's objects. */
    public HashAlgorithm hash() {
        return hash;
    }

    /** A chunk's stored name: a keyed hash of its digest, so that names reveal nothing about content. */
    public ChunkId chunkId(Digest digest) {
        return ChunkId.fromBytes(idHashers.use(hasher -> {
            hasher.update(digest.toBytes());
            byte[] chunkId = hasher.digest();
            requireOpen();
            return chunkId;
        }));
    }

    /** The stored name of a chunk with this plaintext. */
    public ChunkId chunkId(byte[] plaintext) {
        return chunkId(hash.digest(plaintext));
    }

    /** The key for the frames ({@code purpose} 0) or the trailer (1) of one container. */
    public SecretKey containerKey(int epoch, UUID container, int purpose) throws IOException {
        return key(epoch, container, "holdfast container " + purpose);
    }

    /** The key for one object that leaves the building, whatever it holds. */
    public SecretKey objectKey(int epoch, UUID object) throws IOException {
        return key(epoch, object, "holdfast vault object");
    }

    private SecretKey key(int epoch, UUID of, String use) throws IOException {
        byte[] secret = epochKeys.get(epoch);
        if (secret == null) {
            throw new IOException("the keyring has no key of epoch " + epoch + "; restore a newer keyring");
        }
        SecretKey key = Aead.derive(secret, uuidBytes(of), ascii(use));
        requireOpen();
        return key;
    }

    /** Otherwise chunks would be named, and containers encrypted, with keys of zeros. */
    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the vault is closed");
        }
    }

    /** An Ed25519 signature that tells this vault's keys from others'. */
    public byte[] sign(byte[] message) {
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, new Ed25519PrivateKeyParameters(derived.signing()));
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }

    /** What others check {@link #sign signatures} with: 32 bytes. */
    public byte[] signingPublicKey() {
        return new Ed25519PrivateKeyParameters(derived.signing())
                .generatePublicKey()
                .getEncoded();
    }

    /** Whether the owner of a public key signed a message; needs no vault. */
    public static boolean signed(byte[] publicKey, byte[] message, byte[] signature) {
        try {
            Ed25519Signer signer = new Ed25519Signer();
            signer.init(false, new Ed25519PublicKeyParameters(publicKey));
            signer.update(message, 0, message.length);
            return signer.verifySignature(signature);
        } catch (IllegalArgumentException e) {
            // Not every 32 bytes are a point of the curve.
            return false;
        }
    }

    /** Encrypts a small secret of the control plane, such as the authority's private key. */
    public byte[] sealControl(String name, byte[] plaintext) {
        byte[] nonce = Keyring.random(Aead.NONCE_BYTES);
        byte[] sealed = Aead.seal(controlKey(0), nonce, ascii(name), plaintext);
        byte[] all = Arrays.copyOf(nonce, nonce.length + sealed.length);
        System.arraycopy(sealed, 0, all, nonce.length, sealed.length);
        return all;
    }

    /** Opens what {@link #sealControl} sealed, before or after a rotation. */
    public byte[] openControl(String name, byte[] sealed) throws IOException {
        for (int i = 1; i < derived.control().size(); i++) {
            try {
                return openControl(i, name, sealed);
            } catch (FormatException e) {
                // Sealed with another one.
            }
        }
        return openControl(0, name, sealed);
    }

    /** What {@link #sealControl} sealed, sealed with the newest key; null where it is so already. */
    public byte @Nullable [] resealControl(String name, byte[] sealed) throws IOException {
        try {
            Arrays.fill(openControl(0, name, sealed), (byte) 0);
            return null;
        } catch (FormatException e) {
            byte[] opened = openControl(name, sealed);
            try {
                return sealControl(name, opened);
            } finally {
                Arrays.fill(opened, (byte) 0);
            }
        }
    }

    private SecretKey controlKey(int age) {
        return new SecretKeySpec(derived.control().get(age), "AES");
    }

    private byte[] openControl(int age, String name, byte[] sealed) throws FormatException {
        byte[] nonce = Arrays.copyOf(sealed, Aead.NONCE_BYTES);
        byte[] ciphertext = Arrays.copyOfRange(sealed, Math.min(sealed.length, Aead.NONCE_BYTES), sealed.length);
        return Aead.open(controlKey(age), nonce, ascii(name), ciphertext, name);
    }

    private static byte[] uuidBytes(UUID uuid) {
        return ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Wipes the keys; nothing can be named, read or written afterwards. Copies in hashers and ciphers are left to the
     * collector.
     */
    @Override
    public void close() {
        closed = true;
        Arrays.fill(derived.chunkId(), (byte) 0);
        epochKeys.values().forEach(key -> Arrays.fill(key, (byte) 0));
        Arrays.fill(derived.gear(), (byte) 0);
        derived.control().forEach(key -> Arrays.fill(key, (byte) 0));
        Arrays.fill(derived.signing(), (byte) 0);
    }
}
