package dev.holdfast.store.envelope;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * The keys of a vault, wrapped: {@code keys/keyring.json} and a copy on every volume.
 *
 * <pre>
 * passphrase ─ Argon2id ─┐
 * recovery key ─ HKDF ───┼─ wraps ─ vault key ─ wraps ─ epoch keys ─ HKDF ─ container keys
 * key file ─ HKDF ───────┘
 * </pre>
 *
 * Changing a passphrase rewraps the vault key and touches no data. docs/format.md, "Keyring", is normative. Immutable.
 */
public record Keyring(
        @JsonProperty(required = true) String format,
        @JsonProperty(required = true) int version,
        @JsonProperty(required = true) UUID vault,
        @JsonProperty(required = true) List<Slot> slots,
        @JsonProperty(required = true) List<Epoch> epochs) {

    private static final String FORMAT = "holdfast-keyring";
    private static final int VERSION = 1;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ObjectMapper JSON = new ObjectMapper();

    /** OWASP's second recommended Argon2id setting, memory doubled twice; recorded in each slot. */
    private static final int ARGON2_MEMORY_KIB = 76_000;

    private static final int ARGON2_PASSES = 3;
    private static final int MAX_ARGON2_MEMORY_KIB = 1 << 20;

    /** One way to unwrap the vault key. Binary fields are Base64. */
    public record Slot(
            @JsonProperty(required = true) String kind,
            @JsonProperty(required = true) String salt,
            @JsonProperty(required = true) int memoryKib,
            @JsonProperty(required = true) int passes,
            @JsonProperty(required = true) String nonce,
            @JsonProperty(required = true) String wrapped) {}

    /** A key that containers written in one period derive theirs from. */
    public record Epoch(
            @JsonProperty(required = true) int number,
            @JsonProperty(required = true) String nonce,
            @JsonProperty(required = true) String wrapped) {}

    /** A new vault with random keys and its first slot. */
    public static Keyring create(Credential first) {
        byte[] vaultKey = random(Aead.KEY_BYTES);
        byte[] epochKey = random(Aead.KEY_BYTES);
        UUID vault = UUID.randomUUID();
        try {
            byte[] nonce = random(Aead.NONCE_BYTES);
            byte[] wrapped = Aead.seal(aes(vaultKey), nonce, epochAad(vault, 1), epochKey);
            Epoch epoch = new Epoch(1, encode(nonce), encode(wrapped));
            return new Keyring(FORMAT, VERSION, vault, List.of(wrap(vault, vaultKey, first)), List.of(epoch));
        } finally {
            Arrays.fill(vaultKey, (byte) 0);
            Arrays.fill(epochKey, (byte) 0);
        }
    }

    public static Keyring read(Path file) throws IOException {
        try {
            Keyring keyring = JSON.readValue(Files.readAllBytes(file), Keyring.class);
            if (!keyring.format.equals(FORMAT)) {
                throw FormatException.corrupt(file + " is no keyring");
            }
            FormatException.requireVersion("keyring " + file, keyring.version, VERSION);
            return keyring;
        } catch (NoSuchFileException e) {
            throw new IOException("the keyring " + file + " is missing; copy it back from a volume", e);
        } catch (JacksonException | NullPointerException e) {
            throw FormatException.corrupt(
                    "keyring " + file + " is damaged; copy it back from a volume (" + e.getMessage() + ")");
        }
    }

    public void write(Path file) throws IOException {
        AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this), true);
    }

    public boolean has(Credential.Kind kind) {
        return slots.stream().anyMatch(slot -> slot.kind.equals(kind.label()));
    }

    /** Opens the vault; the result holds keys in memory until it is closed. */
    public Vault unlock(Credential credential) throws IOException {
        byte[] vaultKey = unwrap(credential);
        try {
            Map<Integer, byte[]> keys = new TreeMap<>();
            for (Epoch epoch : epochs) {
                keys.put(
                        epoch.number,
                        Aead.open(
                                aes(vaultKey),
                                decode(epoch.nonce),
                                epochAad(vault, epoch.number),
                                decode(epoch.wrapped),
                                "epoch key " + epoch.number));
            }
            return new Vault(vault, vaultKey, keys);
        } finally {
            Arrays.fill(vaultKey, (byte) 0);
        }
    }

    /** The same vault with one more way in, replacing any of the same kind. */
    public Keyring with(Credential known, Credential added) throws IOException {
        byte[] vaultKey = unwrap(known);
        try {
            List<Slot> kept = new ArrayList<>(slots);
            kept.removeIf(slot -> slot.kind.equals(added.kind().label()));
            kept.add(wrap(vault, vaultKey, added));
            return new Keyring(format, version, vault, List.copyOf(kept), epochs);
        } finally {
            Arrays.fill(vaultKey, (byte) 0);
        }
    }

    /** The same vault with one kind of way in, and no other. */
    public Keyring only(Credential.Kind kind) {
        List<Slot> kept =
                slots.stream().filter(slot -> slot.kind.equals(kind.label())).toList();
        return new Keyring(format, version, vault, kept, epochs);
    }

    private byte[] unwrap(Credential credential) throws IOException {
        for (Slot slot : slots) {
            if (slot.kind.equals(credential.kind().label())) {
                SecretKey key = slotKey(credential, decode(slot.salt), slot.memoryKib, slot.passes);
                byte[] nonce = decode(slot.nonce);
                byte[] wrapped = decode(slot.wrapped);
                try {
                    return Aead.open(key, nonce, slotAad(vault, slot), wrapped, "slot");
                } catch (FormatException e) {
                    // Another slot of the same kind may still fit.
                }
            }
        }
        throw new WrongCredentialException(
                has(credential.kind())
                        ? "this " + credential.kind().label() + " does not open the vault"
                        : "the vault has no " + credential.kind().label() + "; it opens with "
                                + slots.stream().map(Slot::kind).distinct().toList());
    }

    private static Slot wrap(UUID vault, byte[] vaultKey, Credential credential) {
        boolean passphrase = credential.kind() == Credential.Kind.PASSPHRASE;
        int memory = passphrase ? ARGON2_MEMORY_KIB : 0;
        int passes = passphrase ? ARGON2_PASSES : 0;
        byte[] salt = random(16);
        byte[] nonce = random(Aead.NONCE_BYTES);
        Slot slot = new Slot(credential.kind().label(), encode(salt), memory, passes, encode(nonce), "");
        byte[] wrapped = Aead.seal(slotKey(credential, salt, memory, passes), nonce, slotAad(vault, slot), vaultKey);
        return new Slot(slot.kind, slot.salt, memory, passes, slot.nonce, encode(wrapped));
    }

    private static SecretKey slotKey(Credential credential, byte[] salt, int memoryKib, int passes) {
        if (credential.kind() != Credential.Kind.PASSPHRASE) {
            return Aead.derive(
                    credential.secret(),
                    salt,
                    ascii("holdfast slot " + credential.kind().label()));
        }
        // The file is not yet authenticated here, so a forged cost must not exhaust memory.
        if (memoryKib < 8 || memoryKib > MAX_ARGON2_MEMORY_KIB || passes < 1 || passes > 64) {
            throw new IllegalArgumentException("keyring asks for an unreasonable Argon2 cost");
        }
        Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
        argon2.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(1)
                .withSalt(salt)
                .build());
        byte[] key = new byte[Aead.KEY_BYTES];
        argon2.generateBytes(credential.secret(), key);
        return aes(key);
    }

    private static byte[] slotAad(UUID vault, Slot slot) {
        return ascii("holdfast slot|" + vault + "|" + slot.kind + "|" + slot.salt + "|" + slot.memoryKib + "|"
                + slot.passes);
    }

    private static byte[] epochAad(UUID vault, int number) {
        return ascii("holdfast epoch|" + vault + "|" + number);
    }

    private static SecretKey aes(byte[] key) {
        return new SecretKeySpec(key, "AES");
    }

    public static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return random;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] decode(String text) throws FormatException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt("keyring field is no Base64");
        }
    }
}
