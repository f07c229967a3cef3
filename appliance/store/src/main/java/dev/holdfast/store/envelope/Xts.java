package dev.holdfast.store.envelope;

import dev.holdfast.protocol.bytes.Spares;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * XTS-AES-256 (IEEE 1619), for disks that are written in place: a block stays as long as it is, and the same content at the same place is
 * the same ciphertext, so that a write which the end of the system tears harms no bytes but its own. It hides content, and does not tell
 * whether somebody changed it. Safe for use by several threads.
 */
public final class Xts {
    public static final int KEY_BYTES = 64;
    /** Blocks are multiples of it. */
    public static final int UNIT_BYTES = 16;

    private static final String PROVIDED = "AES/XTS/NoPadding";

    private final Spares<Mode> modes;

    /** @param key its two halves differ */
    public Xts(byte[] key) {
        this(key, isProvided());
    }

    Xts(byte[] key, boolean provided) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key of XTS has " + KEY_BYTES + " bytes, not " + key.length);
        }
        byte[] copy = key.clone();
        this.modes = new Spares<>(() -> {
            try {
                return provided ? new Provided(copy) : new Composed(copy);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES cannot be used", e);
            }
        });
    }

    /** The JDK has no XTS; Amazon's provider does. */
    static boolean isProvided() {
        try {
            Cipher.getInstance(PROVIDED);
            return true;
        } catch (NoSuchAlgorithmException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Encrypts a block.
     *
     * @param disk with the number of the block, is the tweak
     */
    public void encrypt(long disk, long block, byte[] from, int offset, int length, byte[] to, int toOffset) {
        apply(true, disk, block, from, offset, length, to, toOffset);
    }

    /** Decrypts a block. */
    public void decrypt(long disk, long block, byte[] from, int offset, int length, byte[] to, int toOffset) {
        apply(false, disk, block, from, offset, length, to, toOffset);
    }

    private void apply(
            boolean encrypt, long disk, long block, byte[] from, int offset, int length, byte[] to, int toOffset) {
        if (length == 0 || length % UNIT_BYTES != 0) {
            throw new IllegalArgumentException("a block of XTS cannot have " + length + " bytes");
        }
        byte[] tweak = ByteBuffer.allocate(UNIT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(block)
                .putLong(disk)
                .array();
        try {
            modes.<Boolean, GeneralSecurityException>use(mode -> {
                mode.apply(encrypt, tweak, from, offset, length, to, toOffset);
                return true;
            });
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES refused a block", e);
        }
    }

    private sealed interface Mode {
        void apply(boolean encrypt, byte[] tweak, byte[] from, int offset, int length, byte[] to, int toOffset)
                throws GeneralSecurityException;
    }

    private static final class Provided implements Mode {
        private final SecretKey key;
        private Cipher cipher = Cipher.getInstance(PROVIDED);
        private byte[] sealed = {};

        Provided(byte[] key) throws GeneralSecurityException {
            this.key = new SecretKeySpec(key, "AES");
        }

        @Override
        public void apply(boolean encrypt, byte[] tweak, byte[] from, int offset, int length, byte[] to, int toOffset)
                throws GeneralSecurityException {
            // A block of a disk is written again and again, and the provider's object refuses the tweak that it sealed
            // with last.
            if (encrypt && Arrays.equals(tweak, sealed)) {
                cipher = Cipher.getInstance(PROVIDED);
            }
            if (encrypt) {
                sealed = tweak;
            }
            cipher.init(encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, key, new IvParameterSpec(tweak));
            cipher.doFinal(from, offset, length, to, toOffset);
        }
    }

    /** Of AES, as the standard defines it. */
    private static final class Composed implements Mode {
        private static final int FEEDBACK = 0x87;

        private final Cipher tweaks;
        private final Cipher encryption;
        private final Cipher decryption;

        Composed(byte[] key) throws GeneralSecurityException {
            byte[] data = Arrays.copyOf(key, KEY_BYTES / 2);
            this.tweaks = aes(Cipher.ENCRYPT_MODE, Arrays.copyOfRange(key, KEY_BYTES / 2, KEY_BYTES));
            this.encryption = aes(Cipher.ENCRYPT_MODE, data);
            this.decryption = aes(Cipher.DECRYPT_MODE, data);
        }

        private static Cipher aes(int mode, byte[] key) throws GeneralSecurityException {
            Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"));
            return cipher;
        }

        @Override
        public void apply(boolean encrypt, byte[] tweak, byte[] from, int offset, int length, byte[] to, int toOffset)
                throws GeneralSecurityException {
            byte[] masks = masks(tweaks.doFinal(tweak), length);
            byte[] masked = new byte[length];
            for (int i = 0; i < length; i++) {
                masked[i] = (byte) (from[offset + i] ^ masks[i]);
            }
            byte[] turned = (encrypt ? encryption : decryption).doFinal(masked);
            for (int i = 0; i < length; i++) {
                to[toOffset + i] = (byte) (turned[i] ^ masks[i]);
            }
        }

        /** Powers of x in the field of 2^128 elements, times the encrypted tweak. */
        private static byte[] masks(byte[] first, int length) {
            ByteBuffer masks = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer start = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
            long low = start.getLong();
            long high = start.getLong();
            while (masks.hasRemaining()) {
                masks.putLong(low).putLong(high);
                long carry = high >>> (Long.SIZE - 1);
                high = high << 1 | low >>> (Long.SIZE - 1);
                low = low << 1 ^ carry * FEEDBACK;
            }
            return masks.array();
        }
    }
}
