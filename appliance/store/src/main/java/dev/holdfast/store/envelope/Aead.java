package dev.holdfast.store.envelope;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-256-GCM and HKDF-SHA256 (RFC 5869) from the JDK. Safe for use by several threads. */
public final class Aead {
    public static final int KEY_BYTES = 32;
    public static final int NONCE_BYTES = 12;
    public static final int TAG_BYTES = 16;

    /** Native ones keep some memory outside the heap until the collector finds them, so few are made. */
    private static final Spares<Cipher> CIPHERS = new Spares<>(Aead::newCipher);

    private Aead() {}

    private static Cipher newCipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }

    public static byte[] seal(SecretKey key, byte[] nonce, byte[] aad, byte[] plaintext) {
        try {
            return CIPHERS.use(cipher -> {
                init(cipher, Cipher.ENCRYPT_MODE, key, nonce, aad);
                return cipher.doFinal(plaintext);
            });
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM refused to encrypt", e);
        }
    }

    /** As above, from a part of an array into one with room for the tag too. */
    public static void seal(
            SecretKey key, byte[] nonce, byte[] aad, byte[] from, int offset, int length, byte[] to, int toOffset) {
        try {
            CIPHERS.use(cipher -> {
                init(cipher, Cipher.ENCRYPT_MODE, key, nonce, aad);
                return cipher.doFinal(from, offset, length, to, toOffset);
            });
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM refused to encrypt", e);
        }
    }

    /** Throws where key, nonce, AAD or ciphertext is not what was sealed; {@code what} names it in the error. */
    public static byte[] open(SecretKey key, byte[] nonce, byte[] aad, byte[] ciphertext, String what)
            throws FormatException {
        return open(key, nonce, aad, ciphertext, 0, ciphertext.length, what);
    }

    /** As above, the ciphertext being a part of an array. */
    public static byte[] open(SecretKey key, byte[] nonce, byte[] aad, byte[] from, int offset, int length, String what)
            throws FormatException {
        byte[] plaintext = new byte[Math.max(0, length - TAG_BYTES)];
        open(key, nonce, aad, from, offset, length, plaintext, 0, what);
        return plaintext;
    }

    /** As above, into an array with room for the plaintext, which is {@link #TAG_BYTES} shorter. */
    public static void open(
            SecretKey key,
            byte[] nonce,
            byte[] aad,
            byte[] from,
            int offset,
            int length,
            byte[] to,
            int toOffset,
            String what)
            throws FormatException {
        if (length < TAG_BYTES) {
            throw FormatException.corrupt(what + " is too short to be authentic");
        }
        try {
            CIPHERS.use(cipher -> {
                init(cipher, Cipher.DECRYPT_MODE, key, nonce, aad);
                return cipher.doFinal(from, offset, length, to, toOffset);
            });
        } catch (AEADBadTagException e) {
            throw FormatException.corrupt(what + " fails authentication");
        } catch (GeneralSecurityException e) {
            throw FormatException.corrupt(what + " cannot be decrypted: " + e.getMessage());
        }
    }

    private static void init(Cipher cipher, int mode, SecretKey key, byte[] nonce, byte[] aad)
            throws GeneralSecurityException {
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(aad);
    }

    public static SecretKey derive(byte[] secret, byte[] salt, byte[] info) {
        try {
            KDF hkdf = KDF.getInstance("HKDF-SHA256");
            HKDFParameterSpec spec =
                    HKDFParameterSpec.ofExtract().addIKM(secret).addSalt(salt).thenExpand(info, KEY_BYTES);
            return new SecretKeySpec(hkdf.deriveData(spec), "AES");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("JDK 25 has HKDF-SHA256", e);
        }
    }
}
