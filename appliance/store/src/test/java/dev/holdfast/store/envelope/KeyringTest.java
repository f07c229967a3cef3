package dev.holdfast.store.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
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
        Vault a = read.unlock(passphrase("correct horse"));
        Vault b = read.unlock(
                new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(RecoveryKey.print(recovery))));
        assertThat(a.containerKey(1, CONTAINER, 0).getEncoded())
                .isEqualTo(b.containerKey(1, CONTAINER, 0).getEncoded());
        assertThat(a.chunkId(Digest.of(new byte[1]))).isEqualTo(b.chunkId(Digest.of(new byte[1])));
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
