package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * The form of everything encrypted that leaves the building. Content is padded, cut into segments of 64 KiB and each
 * sealed with AES-256-GCM, so that a stretch can be read alone; the last one is marked (the STREAM construction of
 * Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015). Frame headers inside a container, which tell sizes, are hidden
 * with the rest.
 *
 * <pre>
 *  0  8  magic "HFVOBJ\r\n"
 *  8  2  version: 1 with SHA-256, else 2
 * 10  1  kind, see ObjectKind
 * 11  1  log2 of the segment size, 16
 * 12  4  epoch of the key
 * 16 16  object UUID
 * 32 16  vault UUID
 * 48  8  length of the plaintext, padding included
 * 56  1  version 2: code of the hash at the end; version 1: zero
 * 57  3  zero
 * 60  4  CRC-32C of bytes 0 to 59
 * 64     segments, each ciphertext and 16 bytes of tag; key = HKDF(epoch key, object UUID, "holdfast vault object"),
 *        nonce = number of the segment u64 · 1 for the last, otherwise 0, u32; AAD = the header
 * end-32 hash of everything before
 * </pre>
 *
 * The plaintext is the content's length as u64, the content, and zeros.
 */
public record SealedObject(ObjectKind kind, HashAlgorithm hash, int epoch, UUID id, UUID vault, long padded) {
    public static final int HEADER_BYTES = 64;
    public static final int SEGMENT_BYTES = 1 << 16;
    public static final int HASH_BYTES = 32;
    /** In front of the content. */
    static final int LENGTH_BYTES = 8;

    static final int SEALED_BYTES = SEGMENT_BYTES + Aead.TAG_BYTES;
    private static final long MAGIC = 0x4846564F424A0D0AL;
    private static final int VERSION = 2;
    private static final int SEGMENT_SHIFT = 16;
    private static final int LEAST_PADDING = 12;

    /** For content of a given length. */
    static SealedObject forContent(ObjectKind kind, VaultKeys vault, UUID id, long content) {
        return new SealedObject(
                kind, vault.hash(), vault.currentEpoch(), id, vault.id(), padded(content + LENGTH_BYTES));
    }

    /**
     * Lengths are rounded up to a 32nd of their power of two, at least 4 KiB: an object's size tells five bits of its
     * content's, for at most 3 per cent (as Padmé does; Nikitin et al., PETS 2019).
     */
    static long padded(long length) {
        int bits = 63 - Long.numberOfLeadingZeros(Math.max(1, length));
        long unit = 1L << Math.max(LEAST_PADDING, bits - 5);
        return (length + unit - 1) / unit * unit;
    }

    long segments() {
        return (padded + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
    }

    /** The object's length. */
    public long bytes() {
        return HEADER_BYTES + padded + segments() * Aead.TAG_BYTES + HASH_BYTES;
    }

    int plainBytes(long segment) {
        return (int) Math.min(SEGMENT_BYTES, padded - segment * SEGMENT_BYTES);
    }

    byte[] header() {
        ByteWriter out = new ByteWriter(HEADER_BYTES);
        out.u64(MAGIC)
                .u16(hash.headerVersion())
                .u8(kind.code())
                .u8(SEGMENT_SHIFT)
                .u32(epoch);
        out.u64(id.getMostSignificantBits()).u64(id.getLeastSignificantBits());
        out.u64(vault.getMostSignificantBits()).u64(vault.getLeastSignificantBits());
        out.u64(padded).u8(hash.headerCode()).u8(0).u16(0);
        return out.u32(crc(out.toByteArray())).toByteArray();
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, HEADER_BYTES - 4);
        return (int) crc.getValue();
    }

    /** @throws FormatException where these are not the first bytes of an object that this release reads */
    public static SealedObject parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes, 0, Math.min(bytes.length, HEADER_BYTES));
        if (bytes.length < HEADER_BYTES || in.u64() != MAGIC) {
            throw FormatException.corrupt("no object of a vault");
        }
        int version = in.u16();
        int kind = in.u8();
        int shift = in.u8();
        int epoch = in.i32();
        UUID id = new UUID(in.u64(), in.u64());
        UUID vault = new UUID(in.u64(), in.u64());
        long padded = in.u64();
        int hash = in.u8();
        in.raw(3);
        if (in.i32() != crc(bytes)) {
            throw FormatException.corrupt("header fails its checksum");
        }
        FormatException.requireVersion("object", version, VERSION);
        if (shift != SEGMENT_SHIFT || padded < LENGTH_BYTES || padded > 1L << 48) {
            throw FormatException.corrupt("header claims the impossible");
        }
        HashAlgorithm algorithm = HashAlgorithm.ofHeader(version, hash);
        return new SealedObject(ObjectKind.of(kind), algorithm, epoch, id, vault, padded);
    }

    /**
     * Checks a whole object without keys: that its header is that of the object which should be there, and that nothing
     * of it was changed.
     *
     * @param expected the hash at its end, empty where it is not known
     */
    static void requireWhole(byte[] bytes, ObjectKind kind, UUID id, UUID vault, byte[] expected)
            throws FormatException {
        SealedObject object = parse(bytes);
        if (object.kind != kind || !object.id.equals(id) || !object.vault.equals(vault)) {
            throw FormatException.corrupt("it is another object, " + object.kind + " " + object.id);
        }
        if (bytes.length != object.bytes()) {
            throw FormatException.corrupt("it has " + bytes.length + " bytes instead of " + object.bytes());
        }
        requireHash(bytes, expected);
    }

    /** Checks an object that is in memory against the hash at its end. */
    static void requireHash(byte[] bytes, byte[] expected) throws FormatException {
        int end = bytes.length - HASH_BYTES;
        if (end < 0) {
            throw FormatException.corrupt("truncated");
        }
        byte[] found = parse(bytes).hash.hash(bytes, 0, end);
        requireHash(found, Arrays.copyOfRange(bytes, end, bytes.length), expected);
    }

    /**
     * @param found of everything before the hash
     * @param end the hash as it was stored
     * @param expected what it should be, empty where that is not known
     */
    static void requireHash(byte[] found, byte[] end, byte[] expected) throws FormatException {
        if (!Arrays.equals(found, end)) {
            throw FormatException.corrupt("content does not match the hash at its end");
        }
        if (expected.length > 0 && !Arrays.equals(found, expected)) {
            throw FormatException.corrupt("whole, but not the object that was stored here");
        }
    }

    private GCMParameterSpec nonce(long segment) {
        byte[] nonce = ByteBuffer.allocate(12)
                .putLong(segment)
                .putInt(segment == segments() - 1 ? 1 : 0)
                .array();
        return new GCMParameterSpec(8 * Aead.TAG_BYTES, nonce);
    }

    SecretKey key(VaultKeys keys) throws IOException {
        return keys.objectKey(epoch, id);
    }

    /** Seals one segment; a cipher of the caller's own, since repeating an attempt repeats its nonces. */
    byte[] seal(Cipher cipher, SecretKey key, long segment, byte[] plaintext, int length) {
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key, nonce(segment));
            cipher.updateAAD(header());
            return cipher.doFinal(plaintext, 0, length);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM refused to encrypt", e);
        }
    }

    byte[] open(SecretKey key, long segment, byte[] sealed, int offset, int length) throws FormatException {
        try {
            Cipher cipher = cipher();
            cipher.init(Cipher.DECRYPT_MODE, key, nonce(segment));
            cipher.updateAAD(header());
            return cipher.doFinal(sealed, offset, length);
        } catch (AEADBadTagException e) {
            throw FormatException.corrupt("segment " + segment + " fails authentication");
        } catch (GeneralSecurityException e) {
            throw FormatException.corrupt("segment " + segment + " cannot be decrypted: " + e.getMessage());
        }
    }

    static Cipher cipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }
}
