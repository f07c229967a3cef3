package dev.holdfast.store.envelope;

import dev.holdfast.protocol.chunk.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** An opened vault: the keys in memory, and what is derived from them. Safe for use by several threads. */
public final class Vault implements AutoCloseable {
    private final UUID id;
    private final Map<Integer, byte[]> epochKeys;
    private final int currentEpoch;
    private final byte[] gearKey;
    private final SecretKey idKey;
    private final byte[] controlKey;
    private final byte[] signingSeed;

    private final ThreadLocal<Mac> idMac = ThreadLocal.withInitial(this::newIdMac);

    Vault(UUID id, byte[] vaultKey, Map<Integer, byte[]> epochKeys) {
        this.id = id;
        this.epochKeys = epochKeys;
        this.currentEpoch = Collections.max(epochKeys.keySet());
        byte[] salt = uuidBytes(id);
        this.gearKey = Aead.derive(vaultKey, salt, ascii("holdfast gear table")).getEncoded();
        this.controlKey =
                Aead.derive(vaultKey, salt, ascii("holdfast control secrets")).getEncoded();
        this.signingSeed =
                Aead.derive(vaultKey, salt, ascii("holdfast root signature")).getEncoded();
        byte[] idSecret =
                Aead.derive(vaultKey, salt, ascii("holdfast chunk id")).getEncoded();
        this.idKey = new SecretKeySpec(idSecret, "HmacSHA256");
    }

    private Mac newIdMac() {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(idKey);
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", e);
        }
    }

    public UUID id() {
        return id;
    }

    public int currentEpoch() {
        return currentEpoch;
    }

    /** The chunker's table key, shared by all nodes so that they cut alike. */
    public byte[] gearKey() {
        return gearKey.clone();
    }

    /** A chunk's stored name: HMAC-SHA-256 of its digest, so that names reveal nothing about content. */
    public ChunkId chunkId(Digest digest) {
        return ChunkId.fromBytes(idMac.get().doFinal(digest.toBytes()));
    }

    /** The key for the frames ({@code purpose} 0) or the trailer (1) of one container. */
    public SecretKey containerKey(int epoch, UUID container, int purpose) throws IOException {
        byte[] secret = epochKeys.get(epoch);
        if (secret == null) {
            throw new IOException("the keyring has no key of epoch " + epoch + "; restore a newer keyring");
        }
        return Aead.derive(secret, uuidBytes(container), ascii("holdfast container " + purpose));
    }

    /** The key for one object that leaves the building, whatever it holds. */
    public SecretKey objectKey(int epoch, UUID object) throws IOException {
        byte[] secret = epochKeys.get(epoch);
        if (secret == null) {
            throw new IOException("the keyring has no key of epoch " + epoch + "; restore a newer keyring");
        }
        return Aead.derive(secret, uuidBytes(object), ascii("holdfast vault object"));
    }

    /** An Ed25519 signature that tells this vault's keys from others'. */
    public byte[] sign(byte[] message) {
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, new Ed25519PrivateKeyParameters(signingSeed));
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }

    /** What others check {@link #sign signatures} with: 32 bytes. */
    public byte[] signingPublicKey() {
        return new Ed25519PrivateKeyParameters(signingSeed).generatePublicKey().getEncoded();
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
        byte[] sealed = Aead.seal(new SecretKeySpec(controlKey, "AES"), nonce, ascii(name), plaintext);
        byte[] all = Arrays.copyOf(nonce, nonce.length + sealed.length);
        System.arraycopy(sealed, 0, all, nonce.length, sealed.length);
        return all;
    }

    public byte[] openControl(String name, byte[] sealed) throws IOException {
        byte[] nonce = Arrays.copyOf(sealed, Aead.NONCE_BYTES);
        byte[] ciphertext = Arrays.copyOfRange(sealed, Math.min(sealed.length, Aead.NONCE_BYTES), sealed.length);
        return Aead.open(new SecretKeySpec(controlKey, "AES"), nonce, ascii(name), ciphertext, name);
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

    /** Wipes the keys; nothing can be read or written afterwards. */
    @Override
    public void close() {
        epochKeys.values().forEach(key -> Arrays.fill(key, (byte) 0));
        Arrays.fill(gearKey, (byte) 0);
        Arrays.fill(controlKey, (byte) 0);
        Arrays.fill(signingSeed, (byte) 0);
    }
}
