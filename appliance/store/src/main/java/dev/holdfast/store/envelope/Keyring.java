package dev.holdfast.store.envelope;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a vault, wrapped: {@code keys/keyring.json} and a copy on every volume.
 *
 * <pre>
 * passphrase ─ Argon2id ─┐
 * recovery key ─ HKDF ───┼─ wraps ─ vault key ─ wraps ─ epoch keys ─ HKDF ─ container keys
 * key file ─ HKDF ───────┘
 * </pre>
 *
 * Changing a passphrase rewraps the vault key and touches no data. {@link #rotated Rotation} makes a new vault key and epoch;
 * what does not change with it is wrapped on its own from then on. docs/format.md, "Keyring", is normative. Immutable.
 *
 * @param hash label of the hash that names chunks and guards containers; null before version 3: SHA-256
 * @param generation 2 after the first rotation, and one more for each further one; null before
 * @param secrets what is derived from the vault key before the first rotation; null before
 */
public record Keyring(
        @JsonProperty(required = true) String format,
        @JsonProperty(required = true) int version,
        @JsonProperty(required = true) UUID vault,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String hash,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer generation,
        @JsonProperty(required = true) List<Slot> slots,
        @JsonProperty(required = true) List<Epoch> epochs,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Secret> secrets) {

    private static final String FORMAT = "holdfast-keyring";
    private static final int FIRST_VERSION = 1;
    private static final int ROTATED_VERSION = 2;
    /** From this one on with a hash, rotated or not. */
    private static final int HASH_VERSION = 3;
    /** With a hash that the slots vouch for. */
    private static final int VERSION = 4;

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

    /** What the vault needs in addition to its epoch keys, wrapped since the keys were rotated. */
    public record Secret(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) int generation,
            @JsonProperty(required = true) String nonce,
            @JsonProperty(required = true) String wrapped) {}

    /** A new vault of the newest format, with random keys and its first slot. */
    public static Keyring create(Credential first) {
        return create(first, HashAlgorithm.NEWEST);
    }

    /** A new vault with random keys and its first slot. */
    public static Keyring create(Credential first, HashAlgorithm hash) {
        byte[] vaultKey = random(Aead.KEY_BYTES);
        byte[] epochKey = random(Aead.KEY_BYTES);
        UUID vault = UUID.randomUUID();
        try {
            Epoch epoch = wrapEpoch(vault, vaultKey, 1, epochKey);
            boolean old = hash == HashAlgorithm.SHA_256;
            String label = old ? null : hash.label();
            List<Slot> slots = List.of(wrap(vault, null, label, vaultKey, first));
            return new Keyring(FORMAT, old ? FIRST_VERSION : VERSION, vault, label, null, slots, List.of(epoch), null);
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
            keyring.requireWhole();
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

    /** Tells the slot of a kind from every other one, before and after it; no secret. Empty where there is none. */
    public String slotOf(Credential.Kind kind) {
        return slots.stream()
                .filter(slot -> slot.kind.equals(kind.label()))
                .map(Slot::salt)
                .findFirst()
                .orElse("");
    }

    /** How often the keys were rotated, and one: also the number of the epoch that is written in. */
    public int currentGeneration() {
        return generation == null ? 1 : generation;
    }

    /** What opens the vault. */
    public List<String> kinds() {
        return slots.stream().map(Slot::kind).distinct().toList();
    }

    /** Opens the vault; the result holds keys in memory until it is closed. */
    public VaultKeys unlock(Credential credential) throws IOException {
        byte[] vaultKey = unwrap(credential);
        try {
            return new VaultKeys(vault, hashAlgorithm(), epochKeys(vaultKey), derived(vaultKey));
        } finally {
            Arrays.fill(vaultKey, (byte) 0);
        }
    }

    /** What names chunks and guards containers. */
    public HashAlgorithm hashAlgorithm() throws FormatException {
        return hash == null ? HashAlgorithm.SHA_256 : HashAlgorithm.labelled(hash);
    }

    private Map<Integer, byte[]> epochKeys(byte[] vaultKey) throws IOException {
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
        return keys;
    }

    private Derived derived(byte[] vaultKey) throws IOException {
        if (secrets == null) {
            return Derived.from(vault, vaultKey);
        }
        byte[] chunkId = null;
        byte[] gear = null;
        byte[] signing = null;
        TreeMap<Integer, byte[]> control = new TreeMap<>(Comparator.reverseOrder());
        for (Secret secret : secrets) {
            byte[] opened = Aead.open(
                    aes(vaultKey),
                    decode(secret.nonce),
                    secretAad(vault, secret.name, secret.generation),
                    decode(secret.wrapped),
                    "secret " + secret.name);
            switch (secret.name) {
                case Derived.CHUNK_ID -> chunkId = opened;
                case Derived.GEAR -> gear = opened;
                case Derived.CONTROL -> control.put(secret.generation, opened);
                case Derived.SIGNATURE -> signing = secret.generation == currentGeneration() ? opened : signing;
                default -> throw FormatException.corrupt("the keyring has an unknown secret, " + secret.name);
            }
        }
        // The slots vouch for the generation, so that the newest keys cannot be removed unnoticed.
        if (chunkId == null || gear == null || signing == null || !control.containsKey(currentGeneration())) {
            throw FormatException.corrupt("the keyring lacks secrets; copy it back from a volume");
        }
        return new Derived(chunkId, gear, List.copyOf(control.values()), signing);
    }

    private void requireWhole() throws FormatException {
        boolean rotated = generation != null;
        if (rotated != (secrets != null)
                || (version < HASH_VERSION && rotated != (version == ROTATED_VERSION))
                || (version >= HASH_VERSION) != (hash != null)
                || epochs.stream().mapToInt(Epoch::number).max().orElse(0) != currentGeneration()) {
            throw FormatException.corrupt("the keyring is incomplete; copy it back from a volume");
        }
    }

    /**
     * The same vault with a new vault key and a new epoch. What is written from now on, and what is sealed for the control
     * plane, cannot be opened with this keyring, whoever kept it; what was written before opens with both. Names of chunks
     * stay.
     *
     * @param known opens this keyring
     * @param ways all that shall open the new one
     */
    public Keyring rotated(Credential known, List<Credential> ways) throws IOException {
        byte[] oldKey = unwrap(known);
        byte[] newKey = random(Aead.KEY_BYTES);
        int next = currentGeneration() + 1;
        Map<Integer, byte[]> keys = new TreeMap<>();
        try {
            keys.putAll(epochKeys(oldKey));
            keys.put(next, random(Aead.KEY_BYTES));
            List<Epoch> wrappedEpochs = new ArrayList<>();
            keys.forEach((number, key) -> wrappedEpochs.add(wrapEpoch(vault, newKey, number, key)));
            Derived before = derived(oldKey);
            List<Secret> wrappedSecrets = new ArrayList<>();
            wrappedSecrets.add(wrapSecret(newKey, Derived.CHUNK_ID, 1, before.chunkId()));
            wrappedSecrets.add(wrapSecret(newKey, Derived.GEAR, 1, before.gear()));
            // The newest first; each rotation adds one.
            int made = currentGeneration();
            for (byte[] control : before.control()) {
                wrappedSecrets.add(wrapSecret(newKey, Derived.CONTROL, made--, control));
            }
            wrappedSecrets.add(wrapSecret(newKey, Derived.CONTROL, next, random(Aead.KEY_BYTES)));
            wrappedSecrets.add(wrapSecret(newKey, Derived.SIGNATURE, next, random(Aead.KEY_BYTES)));
            List<Slot> wrappedSlots = new ArrayList<>();
            ways.forEach(way -> wrappedSlots.add(wrap(vault, next, hash, newKey, way)));
            return new Keyring(
                    format,
                    hash == null ? ROTATED_VERSION : VERSION,
                    vault,
                    hash,
                    next,
                    List.copyOf(wrappedSlots),
                    List.copyOf(wrappedEpochs),
                    List.copyOf(wrappedSecrets));
        } finally {
            Arrays.fill(oldKey, (byte) 0);
            Arrays.fill(newKey, (byte) 0);
            keys.values().forEach(key -> Arrays.fill(key, (byte) 0));
        }
    }

    /** The same vault with one more way in, replacing any of the same kind. */
    public Keyring with(Credential known, Credential added) throws IOException {
        byte[] vaultKey = unwrap(known);
        try {
            List<Slot> kept = new ArrayList<>(slots);
            kept.removeIf(slot -> slot.kind.equals(added.kind().label()));
            kept.add(wrap(vault, generation, boundHash(), vaultKey, added));
            return with(kept);
        } finally {
            Arrays.fill(vaultKey, (byte) 0);
        }
    }

    /** The same vault with one kind of way in, and no other. */
    public Keyring only(Credential.Kind kind) {
        return with(
                slots.stream().filter(slot -> slot.kind.equals(kind.label())).toList());
    }

    /** The same vault without one kind of way in. */
    public Keyring without(Credential.Kind kind) {
        return with(
                slots.stream().filter(slot -> !slot.kind.equals(kind.label())).toList());
    }

    /** The same vault, where of several slots of one kind only that stays which this opens. */
    public Keyring keeping(Credential known) throws IOException {
        List<Slot> kept = new ArrayList<>();
        for (Slot slot : slots) {
            Keyring alone = with(List.of(slot));
            if (!slot.kind.equals(known.kind().label()) || alone.opens(known)) {
                kept.add(slot);
            }
        }
        if (kept.stream().noneMatch(slot -> slot.kind.equals(known.kind().label()))) {
            Arrays.fill(unwrap(known), (byte) 0);
        }
        return with(kept);
    }

    private boolean opens(Credential credential) throws IOException {
        try {
            Arrays.fill(unwrap(credential), (byte) 0);
            return true;
        } catch (WrongCredentialException e) {
            return false;
        }
    }

    private Keyring with(List<Slot> others) {
        return new Keyring(format, version, vault, hash, generation, List.copyOf(others), epochs, secrets);
    }

    private byte[] unwrap(Credential credential) throws IOException {
        // Those that a root carries come here unchecked.
        FormatException.requireVersion("the keyring", version, VERSION);
        requireWhole();
        // The slots vouch for the hash too; an unknown one is reported as such and not as a wrong credential.
        hashAlgorithm();
        for (Slot slot : slots) {
            if (slot.kind.equals(credential.kind().label())) {
                SecretKey key = slotKey(credential, decode(slot.salt), slot.memoryKib, slot.passes);
                byte[] nonce = decode(slot.nonce);
                byte[] wrapped = decode(slot.wrapped);
                try {
                    return Aead.open(key, nonce, slotAad(vault, generation, boundHash(), slot), wrapped, "slot");
                } catch (FormatException e) {
                    // Another slot of the same kind may still fit.
                }
            }
        }
        throw new WrongCredentialException(
                has(credential.kind())
                        ? "this " + credential.kind().label() + " does not open the keyring"
                                + (currentGeneration() == 1
                                        ? ""
                                        : "; its keys were rotated, and the credentials from before no longer open it")
                        : "the keyring has no " + credential.kind().label() + "; it opens with " + kinds());
    }

    /** What the slots know of the hash: all of them are of the same version. */
    private @Nullable String boundHash() {
        return version < VERSION ? null : hash;
    }

    private static Slot wrap(
            UUID vault, @Nullable Integer generation, @Nullable String hash, byte[] vaultKey, Credential credential) {
        boolean passphrase = credential.kind() == Credential.Kind.PASSPHRASE;
        int memory = passphrase ? ARGON2_MEMORY_KIB : 0;
        int passes = passphrase ? ARGON2_PASSES : 0;
        byte[] salt = random(16);
        byte[] nonce = random(Aead.NONCE_BYTES);
        Slot slot = new Slot(credential.kind().label(), encode(salt), memory, passes, encode(nonce), "");
        byte[] wrapped = Aead.seal(
                slotKey(credential, salt, memory, passes), nonce, slotAad(vault, generation, hash, slot), vaultKey);
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

    private static Epoch wrapEpoch(UUID vault, byte[] vaultKey, int number, byte[] key) {
        byte[] nonce = random(Aead.NONCE_BYTES);
        return new Epoch(number, encode(nonce), encode(Aead.seal(aes(vaultKey), nonce, epochAad(vault, number), key)));
    }

    private Secret wrapSecret(byte[] vaultKey, String name, int made, byte[] secret) {
        byte[] nonce = random(Aead.NONCE_BYTES);
        byte[] wrapped = Aead.seal(aes(vaultKey), nonce, secretAad(vault, name, made), secret);
        return new Secret(name, made, encode(nonce), encode(wrapped));
    }

    private static byte[] slotAad(UUID vault, @Nullable Integer generation, @Nullable String hash, Slot slot) {
        return ascii("holdfast slot|" + vault + "|" + slot.kind + "|" + slot.salt + "|" + slot.memoryKib + "|"
                + slot.passes + (generation == null ? "" : "|" + generation) + (hash == null ? "" : "|" + hash));
    }

    private static byte[] secretAad(UUID vault, String name, int made) {
        return ascii("holdfast secret|" + vault + "|" + name + "|" + made);
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
            throw FormatException.corrupt("a keyring field is not valid Base64");
        }
    }
}
