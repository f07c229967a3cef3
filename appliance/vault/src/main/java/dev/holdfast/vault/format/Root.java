package dev.holdfast.vault.format;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a vault holds at one moment: the object {@code r/<sequence, 16 hexadecimal digits>}. Roots are only ever
 * created, each under the number behind the last, so that of two writers one finds its number taken.
 *
 * <pre>
 *  0  8  magic "HFROOT\r\n"
 *  8  2  version: 3 with another hash than SHA-256; 1; 2 where the JSON has {@code audit}, {@code copies}, or members that this release does not know and ignores
 * 10  2  version 3: code of the vault's hash; otherwise zero
 * 12  4  length of the JSON
 * 16     JSON (UTF-8), the components of this record
 *        32 public key, Ed25519, derived from the vault key
 *        64 signature of everything before
 * </pre>
 *
 * @param previous hash of the root before, in hexadecimal; empty for the first
 * @param epoch raised by each takeover; an appliance with a lower one may no longer write
 * @param writer the appliance that wrote it
 * @param written ms since 1970
 * @param nextOrdinal above those of all containers
 * @param keyring the vault's keys, wrapped for the recovery key alone
 * @param control object with the appliance's control data, null before the first
 * @param audit where the appliance's audit log ended when the root was written, null where it did not say
 * @param copies how many there are of each small object, this root included; null for one, as older releases stored
 *     them
 */
public record Root(
        @JsonProperty(required = true) UUID vault,
        @JsonProperty(required = true) long sequence,
        @JsonProperty(required = true) String previous,
        @JsonProperty(required = true) int epoch,
        @JsonProperty(required = true) UUID writer,
        @JsonProperty(required = true) long written,
        @JsonProperty(required = true) int nextOrdinal,
        @JsonProperty(required = true) List<Part> segments,
        @JsonProperty(required = true) List<Part> catalogues,
        @JsonProperty(required = true) Keyring keyring,
        @JsonProperty(required = true) @Nullable UUID control,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Audit audit,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer copies) {
    public static final String PREFIX = "r/";
    private static final long MAGIC = 0x4846524F4F540D0AL;
    private static final int VERSION = 3;
    private static final int FIRST_VERSION = 2;
    private static final int STRICT_VERSION = 1;
    private static final int HEADER_BYTES = 16;
    private static final int KEY_BYTES = 32;
    private static final int COPIES = 2;
    private static final int SIGNATURE_BYTES = 64;
    /** A root lists some hundreds of parts of 300 bytes. */
    public static final int MAX_BYTES = 16 << 20;

    private static final ObjectMapper JSON = new ObjectMapper()
            .setPropertyNamingStrategy(PropertyNamingStrategies.LOWER_CAMEL_CASE)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private static final ObjectMapper LENIENT_JSON =
            JSON.copy().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /**
     * An anchor of the audit log.
     *
     * @param id of the last entry
     * @param hash of the last entry, in hexadecimal; empty where the entry is older than the chain of hashes
     * @param at ms since 1970
     */
    public record Audit(
            @JsonProperty(required = true) long id,
            @JsonProperty(required = true) String hash,
            @JsonProperty(required = true) long at) {}

    /**
     * A segment or a catalogue.
     *
     * @param tier how often its records were merged
     * @param entries how many objects its inventory lists
     * @param hash at the end of the object, in hexadecimal; the JSON has the name of the first hash there was
     * @param inventoryHash at the end of the inventory
     */
    public record Part(
            @JsonProperty(required = true) UUID id,
            @JsonProperty(required = true) int tier,
            @JsonProperty(required = true) int entries,
            @JsonProperty(required = true) long bytes,
            @JsonProperty(value = "sha256", required = true) String hash,
            @JsonProperty(required = true) long inventoryBytes,

            @JsonProperty(value = "inventorySha256", required = true)
            String inventoryHash) {}

    /** A root that was read, with its own hash; the reader must check whose signature it is. */
    public record Read(Root root, byte[] publicKey, String hash) {
        /** @throws FormatException where it was not signed with this vault's key */
        public void requireSignedBy(VaultKeys vault) throws FormatException {
            if (!signedBy(vault)) {
                throw FormatException.corrupt(
                        "root " + root.sequence + " was signed with another key than this vault's: somebody forged it,"
                                + " or the appliance that writes to the vault rotated its keys, and what is"
                                + " known here is from before (recover again, with the new recovery key)");
            }
        }

        /** Whether the key that signed it is the vault's present one. */
        public boolean signedBy(VaultKeys vault) {
            return Arrays.equals(publicKey, vault.signingPublicKey());
        }

        /**
         * As {@link #requireSignedBy}, but where the keys were rotated, the root before the rotation counts as well
         * until there is one behind it.
         *
         * @param last the root that the appliance knows as the newest
         */
        public void requireSignedBy(VaultKeys vault, @Nullable Read last) throws FormatException {
            if (last == null || !Arrays.equals(publicKey, last.publicKey)) {
                requireSignedBy(vault);
            }
        }
    }

    /** Where a root lies, twice; the first of its keys is the one that counts for who may write. */
    public static List<String> keys(long sequence) {
        return ObjectKind.both(key(sequence));
    }

    public static String key(long sequence) {
        return PREFIX + String.format("%016x", sequence);
    }

    /** The sequence that a key names, or -1. */
    public static long sequence(String key) {
        return key.matches("r/[0-9a-f]{16}") ? Long.parseUnsignedLong(key.substring(PREFIX.length()), 16) : -1;
    }

    public byte[] encode(VaultKeys keys) throws IOException {
        byte[] json = JSON.writeValueAsBytes(this);
        boolean first = keys.hash() == HashAlgorithm.SHA_256;
        ByteWriter out = new ByteWriter(json.length + 128);
        out.u64(MAGIC)
                .u16(first ? audit == null && copies == null ? STRICT_VERSION : FIRST_VERSION : VERSION)
                .u16(first ? 0 : keys.hash().code())
                .u32(json.length)
                .raw(json)
                .raw(keys.signingPublicKey());
        return out.raw(keys.sign(out.toByteArray())).toByteArray();
    }

    private static HashAlgorithm algorithm(int version, int code) throws FormatException {
        return version < VERSION ? HashAlgorithm.SHA_256 : HashAlgorithm.of(code);
    }

    /**
     * Reads the version of a root.
     *
     * @throws FormatException where this release does not read it
     */
    public static int version(String name, byte[] bytes) throws FormatException {
        if (bytes.length < HEADER_BYTES) {
            throw FormatException.corrupt(name + " is truncated to " + bytes.length + " bytes");
        }
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt(name + " is not a root of a vault");
        }
        int version = in.u16();
        FormatException.requireVersion("vault, " + name + ",", version, VERSION);
        return version;
    }

    /**
     * Parses a root and checks its signature against the key that it carries.
     *
     * @param sequence that its name claims
     * @throws FormatException with different messages for roots that are truncated, newer, forged or renamed
     */
    public static Read parse(byte[] bytes, long sequence) throws FormatException {
        String name = "root " + sequence;
        if (bytes.length < HEADER_BYTES) {
            throw FormatException.corrupt(name + " is truncated to " + bytes.length + " bytes");
        }
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt(name + " is not a root of a vault");
        }
        int version = in.u16();
        FormatException.requireVersion("vault, " + name + ",", version, VERSION);
        HashAlgorithm hash = algorithm(version, in.u16());
        long length = in.u32();
        if (length + KEY_BYTES + SIGNATURE_BYTES != in.remaining()) {
            throw FormatException.corrupt(name + " is truncated or damaged: " + bytes.length + " bytes instead of "
                    + (HEADER_BYTES + length + KEY_BYTES + SIGNATURE_BYTES));
        }
        byte[] json = in.raw((int) length);
        byte[] publicKey = in.raw(KEY_BYTES);
        byte[] signature = in.raw(SIGNATURE_BYTES);
        if (!VaultKeys.signed(publicKey, Arrays.copyOf(bytes, bytes.length - SIGNATURE_BYTES), signature)) {
            throw FormatException.corrupt(name + " is damaged: its signature does not fit");
        }
        Root root;
        try {
            root = (version == STRICT_VERSION ? JSON : LENIENT_JSON).readValue(json, Root.class);
        } catch (JacksonException e) {
            throw FormatException.corrupt(name + " is signed but not understood: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw FormatException.corrupt(name + ": " + e.getMessage());
        }
        if (root.sequence != sequence) {
            throw FormatException.corrupt("what lies under the name of " + name + " is root " + root.sequence
                    + ": somebody replayed an old one");
        }
        if (root.keyring.hashAlgorithm() != hash) {
            throw FormatException.corrupt(name + " and its keyring name different hashes");
        }
        return new Read(root, publicKey, HexFormat.of().formatHex(hash.hash(bytes)));
    }

    /**
     * The same vault after one more publication.
     *
     * @param newSequence above those of all roots there are
     */
    public Root next(long newSequence, String hash, UUID by, int newEpoch, long now) {
        return new Root(
                vault,
                newSequence,
                hash,
                newEpoch,
                by,
                now,
                nextOrdinal,
                segments,
                catalogues,
                keyring,
                control,
                audit,
                copies);
    }

    Root with(
            int ordinal,
            List<Part> newSegments,
            List<Part> newCatalogues,
            Keyring keys,
            @Nullable UUID newControl,
            @Nullable Audit newAudit) {
        return new Root(
                vault,
                sequence,
                previous,
                epoch,
                writer,
                written,
                ordinal,
                List.copyOf(newSegments),
                List.copyOf(newCatalogues),
                keys,
                newControl,
                newAudit,
                COPIES);
    }

    /** Whether each small object must be there twice. */
    public boolean twice() {
        return copies != null && copies >= COPIES;
    }

    /** Every object that it refers to by itself. */
    public List<Part> parts() {
        List<Part> all = new ArrayList<>(segments);
        all.addAll(catalogues);
        return all;
    }
}
