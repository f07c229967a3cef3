package dev.holdfast.store.envelope;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Locale;

/**
 * 256 random bits as text that survives paper: Crockford's base 32 in groups of four, the last group a checksum. Reading
 * ignores case, spaces and dashes, and takes O for 0, I and L for 1.
 */
public final class RecoveryKey {
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final String PREFIX = "HFRK";
    private static final int SECRET_BYTES = 32;
    private static final int CHECK_BYTES = 3;

    private RecoveryKey() {}

    public static String print(byte[] secret) {
        byte[] all = Arrays.copyOf(secret, SECRET_BYTES + CHECK_BYTES);
        System.arraycopy(HashAlgorithm.SHA_256.hash(secret), 0, all, SECRET_BYTES, CHECK_BYTES);
        StringBuilder text = new StringBuilder(PREFIX);
        int buffer = 0;
        int bits = 0;
        int digits = 0;
        for (byte b : all) {
            buffer = buffer << 8 | (b & 0xFF);
            bits += 8;
            while (bits >= 5) {
                text.append(digits++ % 4 == 0 ? "-" : "").append(ALPHABET.charAt(buffer >>> (bits - 5) & 31));
                bits -= 5;
            }
            buffer &= (1 << bits) - 1;
        }
        return text.toString();
    }

    /** @throws IllegalArgumentException naming the slip, never the key */
    public static byte[] parse(String text) {
        String digits = text.strip()
                .toUpperCase(Locale.ROOT)
                .replaceFirst("^" + PREFIX, "")
                .replaceAll("[-\\s]", "")
                .replace('O', '0')
                .replace('I', '1')
                .replace('L', '1');
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int buffer = 0;
        int bits = 0;
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            int value = ALPHABET.indexOf(digit);
            if (value < 0) {
                throw new PhrasedArgumentException(
                        Phrase.of("recovery-key.character").with("character", String.valueOf(digit)));
            }
            buffer = buffer << 5 | value;
            bits += 5;
            if (bits >= 8) {
                out.write(buffer >>> (bits - 8));
                bits -= 8;
                buffer &= (1 << bits) - 1;
            }
        }
        byte[] all = out.toByteArray();
        if (digits.length() != (SECRET_BYTES + CHECK_BYTES) * 8 / 5) {
            throw new PhrasedArgumentException(
                    Phrase.of("recovery-key.length").with("prefix", PREFIX).with("length", digits.length()));
        }
        byte[] secret = Arrays.copyOf(all, SECRET_BYTES);
        byte[] check = Arrays.copyOf(HashAlgorithm.SHA_256.hash(secret), CHECK_BYTES);
        if (!Arrays.equals(check, 0, CHECK_BYTES, all, SECRET_BYTES, SECRET_BYTES + CHECK_BYTES)) {
            throw new PhrasedArgumentException(Phrase.of("recovery-key.checksum"));
        }
        return secret;
    }
}
