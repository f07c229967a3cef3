package dev.holdfast.store.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyringTest {
    private static final UUID CONTAINER = new UUID(3, 4);

    private static Credential passphrase(String text) {
        return new Credential(Credential.Kind.PASSPHRASE, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everySlotOpensTheSameKeys(@TempDir Path dir) throws IOException {
        byte[] recovery = Keyring.random(32);
        Keyring keyring = Keyring.create(passphrase("correct horse"))
                .with(passphrase("correct horse"), new Credential(Credential.Kind.RECOVERY_KEY, recovery));
        keyring.write(dir.resolve("keyring.json"));
        Keyring read = Keyring.read(dir.resolve("keyring.json"));
        assertThat(read).isEqualTo(keyring);
        VaultKeys a = read.unlock(passphrase("correct horse"));
        VaultKeys b = read.unlock(
                new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(RecoveryKey.print(recovery))));
        assertThat(a.containerKey(1, CONTAINER, 0).getEncoded())
                .isEqualTo(b.containerKey(1, CONTAINER, 0).getEncoded());
        assertThat(a.chunkId(HashAlgorithm.NEWEST.digest(new byte[1])))
                .isEqualTo(b.chunkId(HashAlgorithm.NEWEST.digest(new byte[1])));
        assertThat(a.containerKey(1, CONTAINER, 0).getEncoded())
                .isNotEqualTo(a.containerKey(1, CONTAINER, 1).getEncoded());
        assertThat(Files.readString(dir.resolve("keyring.json"))).doesNotContain("correct horse");
        assertThat(Files.getPosixFilePermissions(dir.resolve("keyring.json"))).hasSize(2);
    }

    @Test
    void passphrasesChangeWithoutNewKeys() throws IOException {
        Keyring before = Keyring.create(passphrase("old"));
        Keyring after = before.with(passphrase("old"), passphrase("new"));
        assertThat(after.unlock(passphrase("new")).gearKey())
                .isEqualTo(before.unlock(passphrase("old")).gearKey());
        assertThatThrownBy(() -> after.unlock(passphrase("old"))).isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> after.with(passphrase("guess"), passphrase("mine")))
                .isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> after.unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32])))
                .hasMessageContaining("has no key-file");
    }

    private static Credential recovery(int fill) {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) fill);
        return new Credential(Credential.Kind.RECOVERY_KEY, secret);
    }

    @Test
    void rotatedKeysOpenEverythingAndOldOnesNothingNew(@TempDir Path dir) throws IOException {
        Keyring first = Keyring.create(passphrase("old")).with(passphrase("old"), recovery(1));
        Keyring second = first.rotated(passphrase("old"), List.of(recovery(2), passphrase("new")));
        Keyring third = second.rotated(recovery(2), List.of(recovery(3)));
        third.write(dir.resolve("keyring.json"));
        assertThat(Keyring.read(dir.resolve("keyring.json"))).isEqualTo(third);
        try (VaultKeys one = first.unlock(recovery(1));
                VaultKeys two = second.unlock(passphrase("new"));
                VaultKeys three = third.unlock(recovery(3))) {
            assertThat(List.of(one.currentEpoch(), two.currentEpoch(), three.currentEpoch()))
                    .containsExactly(1, 2, 3);
            for (VaultKeys later : List.of(two, three)) {
                assertThat(later.containerKey(1, CONTAINER, 0)).isEqualTo(one.containerKey(1, CONTAINER, 0));
                assertThat(later.objectKey(1, CONTAINER)).isEqualTo(one.objectKey(1, CONTAINER));
                assertThat(later.gearKey()).isEqualTo(one.gearKey());
                Digest digest = HashAlgorithm.NEWEST.digest(new byte[1]);
                assertThat(later.chunkId(digest)).isEqualTo(one.chunkId(digest));
            }
            assertThat(three.objectKey(2, CONTAINER)).isEqualTo(two.objectKey(2, CONTAINER));
            assertThatThrownBy(() -> one.containerKey(2, CONTAINER, 0)).hasMessageContaining("newer keyring");
            assertThatThrownBy(() -> two.objectKey(3, CONTAINER)).hasMessageContaining("newer keyring");

            byte[] before = one.sealControl("name", new byte[] {1});
            byte[] between = two.sealControl("name", new byte[] {2});
            byte[] after = three.sealControl("name", new byte[] {3});
            assertThat(three.openControl("name", before)).containsExactly(1);
            assertThat(three.openControl("name", between)).containsExactly(2);
            assertThatThrownBy(() -> one.openControl("name", between)).hasMessageContaining("authentication");
            assertThatThrownBy(() -> two.openControl("name", after)).hasMessageContaining("authentication");
            assertThat(three.resealControl("name", after)).isNull();
            byte[] resealed = Objects.requireNonNull(three.resealControl("name", before));
            assertThat(three.openControl("name", resealed)).containsExactly(1);
            assertThatThrownBy(() -> one.openControl("name", resealed)).hasMessageContaining("authentication");
            assertThatThrownBy(() -> three.openControl("other", after)).hasMessageContaining("authentication");

            assertThat(one.signingPublicKey()).isNotEqualTo(two.signingPublicKey());
            assertThat(two.signingPublicKey()).isNotEqualTo(three.signingPublicKey());
        }
        assertThatThrownBy(() -> second.unlock(recovery(1)))
                .isInstanceOf(WrongCredentialException.class)
                .hasMessageContaining("rotated");
        assertThatThrownBy(() -> second.unlock(passphrase("old"))).isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> third.unlock(recovery(2))).isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> second.rotated(recovery(1), List.of(recovery(9))))
                .isInstanceOf(WrongCredentialException.class);
        // An old slot does not lead into a new keyring.
        Keyring mixed = withSlots(third, first.slots());
        assertThatThrownBy(() -> mixed.unlock(recovery(1))).isInstanceOf(WrongCredentialException.class);
    }

    private static Keyring withSlots(Keyring keyring, List<Keyring.Slot> slots) {
        return new Keyring(
                keyring.format(),
                keyring.version(),
                keyring.vault(),
                keyring.hash(),
                keyring.generation(),
                slots,
                keyring.epochs(),
                keyring.secrets());
    }

    @Test
    void nobodyTakesTheNewestKeysOutOfAKeyring() throws IOException {
        Keyring second = Keyring.create(recovery(1), HashAlgorithm.SHA_256)
                .rotated(recovery(1), List.of(recovery(2), passphrase("p")));
        List<Keyring.Secret> secrets = Objects.requireNonNull(second.secrets());
        List<Keyring.Secret> firstSecrets =
                secrets.stream().filter(each -> each.generation() == 1).toList();
        List<Keyring.Epoch> firstEpoch =
                second.epochs().stream().filter(each -> each.number() == 1).toList();
        for (Keyring forged : List.of(
                new Keyring(second.format(), 2, second.vault(), null, 1, second.slots(), firstEpoch, firstSecrets),
                new Keyring(second.format(), 1, second.vault(), null, null, second.slots(), firstEpoch, null),
                new Keyring(second.format(), 2, second.vault(), null, 2, second.slots(), firstEpoch, secrets),
                new Keyring(second.format(), 2, second.vault(), null, 2, second.slots(), second.epochs(), firstSecrets),
                new Keyring(second.format(), 2, second.vault(), null, 2, second.slots(), second.epochs(), List.of()))) {
            assertThatThrownBy(() -> forged.unlock(recovery(2))).isInstanceOf(IOException.class);
        }
        Keyring newer =
                new Keyring(second.format(), 5, second.vault(), null, 2, second.slots(), second.epochs(), secrets);
        assertThatThrownBy(() -> newer.unlock(recovery(2))).hasMessageContaining("version 5");
    }

    @Test
    void ofTwoKeyFilesOneIsKept() throws IOException {
        Credential old = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Credential made = new Credential(Credential.Kind.KEY_FILE, Keyring.random(32));
        Keyring both = Keyring.create(old).rotated(old, List.of(recovery(1), made, old));
        both.unlock(old).close();
        both.unlock(made).close();
        Keyring one = both.keeping(made);
        one.unlock(made).close();
        one.unlock(recovery(1)).close();
        assertThatThrownBy(() -> one.unlock(old)).isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> one.keeping(old)).isInstanceOf(WrongCredentialException.class);
        assertThat(one.without(Credential.Kind.KEY_FILE).kinds()).containsExactly("recovery");
    }

    private static Keyring golden(int version, Path dir) throws IOException {
        try (InputStream in = KeyringTest.class.getResourceAsStream("/golden/v" + version + "/keyring.json")) {
            assertThat(in).isNotNull();
            Files.write(dir.resolve("keyring.json"), in.readAllBytes());
        }
        return Keyring.read(dir.resolve("keyring.json"));
    }

    /** The second is the first after a rotation; the control secret was sealed with its newest key. */
    @Test
    void goldenKeyringsOfBothVersionsAreStillRead(@TempDir Path dir) throws IOException {
        Credential keyFile = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Keyring first = golden(1, dir);
        Keyring second = golden(2, dir);
        byte[] sealed = HexFormat.of()
                .parseHex("f04c1653f1c8e0444d7b9ae7091aac167eda6b691292d7ba32f8efbd5504af8a51c0e05d03b57bf86c78484218");
        assertThat(first.version()).isEqualTo(1);
        assertThat(second.version()).isEqualTo(2);
        try (VaultKeys one = first.unlock(keyFile);
                VaultKeys two = second.unlock(recovery(2));
                VaultKeys rotated = first.rotated(keyFile, List.of(recovery(3))).unlock(recovery(3))) {
            assertThat(two.gearKey()).isEqualTo(one.gearKey()).isEqualTo(rotated.gearKey());
            assertThat(two.containerKey(1, CONTAINER, 0)).isEqualTo(one.containerKey(1, CONTAINER, 0));
            assertThat(two.currentEpoch()).isEqualTo(2);
            assertThat(new String(two.openControl("golden", sealed), StandardCharsets.US_ASCII))
                    .isEqualTo("sealed in epoch 2");
            assertThat(HexFormat.of().formatHex(two.signingPublicKey()))
                    .isEqualTo("6d2690af97f7dc40aca77ca9b208699dc6bd2199132dd038acd5b8d0c10dcf6a");
            assertThat(HexFormat.of().formatHex(two.objectKey(2, CONTAINER).getEncoded()))
                    .isEqualTo("324e3309baba829798625d8eee3aca3dc51d39ec68ddd392631564cc82889c51");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void goldenKeyringsFromVersionThreeOnNameTheirHash(int version, @TempDir Path dir) throws IOException {
        Credential keyFile = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Keyring third = golden(version, dir);
        assertThat(third.version()).isEqualTo(version);
        assertThat(third.hash()).isEqualTo("blake3");
        Keyring extended = third.with(keyFile, recovery(4));
        assertThat(extended.version()).isEqualTo(version);
        extended.unlock(recovery(4)).close();
        Keyring rotated = third.rotated(keyFile, List.of(recovery(3)));
        rotated.write(dir.resolve("rotated.json"));
        assertThat(Keyring.read(dir.resolve("rotated.json"))).isEqualTo(rotated);
        assertThat(rotated.version()).isEqualTo(4);
        assertThat(rotated.currentGeneration()).isEqualTo(2);
        for (VaultKeys keys : List.of(third.unlock(keyFile), rotated.unlock(recovery(3)))) {
            assertThat(keys.hash()).isEqualTo(HashAlgorithm.BLAKE3);
            assertThat(HexFormat.of().formatHex(keys.gearKey()))
                    .isEqualTo("85665708d6588008e014a876ae062ffcfaeb281980a5154a0c5eb068558975d5");
            assertThat(keys.chunkId(new byte[1]).toString())
                    .isEqualTo("8a821d9a17077929ce2248d56c86699acc2e6650df2a2c690b4197cd6a790708");
            keys.close();
        }
    }

    /** A keyring with the hash taken out or put in would name all chunks otherwise: it is refused. */
    @Test
    void versionAndHashOfAKeyringMustAgree() throws IOException {
        Keyring blake3 = Keyring.create(recovery(1), HashAlgorithm.BLAKE3);
        Keyring sha256 = Keyring.create(recovery(1), HashAlgorithm.SHA_256);
        assertThat(List.of(sha256.version(), blake3.version())).containsExactly(1, 4);
        for (Keyring forged : List.of(
                withHash(blake3, 4, null),
                withHash(blake3, 3, null),
                withHash(blake3, 2, "blake3"),
                withHash(blake3, 1, "blake3"),
                withHash(sha256, 1, "blake3"),
                withHash(sha256, 3, null))) {
            assertThatThrownBy(() -> forged.unlock(recovery(1))).hasMessageContaining("incomplete");
        }
        assertThatThrownBy(() -> withHash(blake3, 4, "md5").unlock(recovery(1)))
                .hasMessageContaining("hash algorithm 'md5' is unknown");
    }

    /** From version 4 on, the slots vouch for the hash, before and after a rotation. */
    @Test
    void nobodyChangesTheHashOfAKeyring() throws IOException {
        Keyring blake3 = Keyring.create(recovery(1), HashAlgorithm.BLAKE3);
        Keyring sha256 = Keyring.create(recovery(1), HashAlgorithm.SHA_256);
        Keyring rotatedBlake3 = blake3.rotated(recovery(1), List.of(recovery(1)));
        Keyring rotatedSha256 = sha256.rotated(recovery(1), List.of(recovery(1)));
        for (Keyring whole : List.of(blake3, sha256, rotatedBlake3, rotatedSha256)) {
            whole.unlock(recovery(1)).close();
        }
        for (Keyring forged : List.of(
                withHash(blake3, 3, "blake3"),
                withHash(blake3, 3, "sha-256"),
                withHash(blake3, 4, "sha-256"),
                withHash(blake3, 1, null),
                withHash(sha256, 4, "blake3"),
                withHash(sha256, 4, "sha-256"),
                withHash(rotatedBlake3, 3, "blake3"),
                withHash(rotatedBlake3, 4, "sha-256"),
                withHash(rotatedBlake3, 2, null),
                withHash(rotatedSha256, 4, "blake3"),
                withHash(rotatedSha256, 4, "sha-256"))) {
            assertThatThrownBy(() -> forged.unlock(recovery(1)))
                    .isInstanceOf(WrongCredentialException.class)
                    .hasMessageContaining("does not open the keyring");
            assertThatThrownBy(() -> forged.rotated(recovery(1), List.of(recovery(2))))
                    .isInstanceOf(WrongCredentialException.class);
            assertThatThrownBy(() -> forged.with(recovery(1), passphrase("p")))
                    .isInstanceOf(WrongCredentialException.class);
        }
    }

    private static Keyring withHash(Keyring keyring, int version, @Nullable String hash) {
        return new Keyring(
                keyring.format(),
                version,
                keyring.vault(),
                hash,
                keyring.generation(),
                keyring.slots(),
                keyring.epochs(),
                keyring.secrets());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedKeyringsAreNeverHalfUsed(long seed, @TempDir Path dir) throws IOException {
        Credential key = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Path file = dir.resolve("keyring.json");
        Keyring original = Keyring.create(key);
        original.write(file);
        byte[] good = Files.readAllBytes(file);
        byte[] gear = original.unlock(key).gearKey();
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            try {
                assertThat(Keyring.read(file).unlock(key).gearKey()).isEqualTo(gear);
            } catch (IOException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(200);
    }

    @Test
    void recoveryKeysForgiveHandwritingButNoSlips() {
        byte[] secret = Keyring.random(32);
        String printed = RecoveryKey.print(secret);
        assertThat(printed).matches("HFRK(-[0-9A-HJKMNP-TV-Z]{4}){14}");
        assertThat(RecoveryKey.parse(printed.toLowerCase(java.util.Locale.ROOT).replace("-", " ")))
                .isEqualTo(secret);
        char last = printed.charAt(10);
        String slip = printed.substring(0, 10) + (last == '7' ? '8' : '7') + printed.substring(11);
        assertThatThrownBy(() -> RecoveryKey.parse(slip)).hasMessageContaining("checksum");
        assertThatThrownBy(() -> RecoveryKey.parse(printed.substring(0, 20))).hasMessageContaining("56 characters");
    }

    @Test
    void secretsAreNotPrinted() {
        assertThat(passphrase("hunter2").toString()).doesNotContain("hunter2");
    }
}
