package dev.holdfast.control.access;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/** Passwords as Argon2id hashes, in the usual encoding. Safe for use by several threads, each of which takes 19 MiB. */
final class Passwords {
    /** The first choice of OWASP's list: 19 MiB, two passes, one lane. */
    private static final int MEMORY_KIB = 19 * 1024;

    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final int HASH_BYTES = 32;
    private static final int SALT_BYTES = 16;
    private static final int MIN_CHARACTERS = 12;
    static final int MAX_CHARACTERS = 256;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** For users without a password, and names that do not exist, so that they take as long as others. */
    static final Login.Password NOBODY = hash("nobody has this password");

    private Passwords() {}

    static void requireGood(String user, String password) {
        if (password.length() < MIN_CHARACTERS || password.length() > MAX_CHARACTERS) {
            throw new PhrasedArgumentException(
                    Phrase.of("password.length").with("least", MIN_CHARACTERS).with("most", MAX_CHARACTERS));
        }
        if (password.toLowerCase(java.util.Locale.ROOT).contains(user.toLowerCase(java.util.Locale.ROOT))
                || password.chars().distinct().count() < 5) {
            throw new PhrasedArgumentException(Phrase.of("password.weak"));
        }
    }

    static Login.Password hash(String password) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return new Login.Password(
                "$argon2id$v=19$m=" + MEMORY_KIB + ",t=" + PASSES + ",p=" + LANES + "$" + base64.encodeToString(salt)
                        + "$" + base64.encodeToString(derive(password, salt, MEMORY_KIB, PASSES, LANES)));
    }

    static boolean matches(String password, Login.Password login) {
        String[] parts = login.hash().split("\\$", -1);
        int[] costs = java.util.Arrays.stream(parts[3].split(","))
                .mapToInt(part -> Integer.parseInt(part.substring(2)))
                .toArray();
        byte[] found = derive(password, Base64.getDecoder().decode(parts[4]), costs[0], costs[1], costs[2]);
        return MessageDigest.isEqual(found, Base64.getDecoder().decode(parts[5]));
    }

    private static byte[] derive(String password, byte[] salt, int memory, int passes, int lanes) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memory)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] hash = new byte[HASH_BYTES];
        generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), hash);
        return hash;
    }
}
