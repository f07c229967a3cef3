package dev.holdfast.control.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.vault.oss.OssCredentials;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New keys for an appliance with a secret of every sort, cut off at every step. */
class KeyRotationTest {
    private static final KeyRotation.Ways KEY_FILE = new KeyRotation.Ways(null, null);

    @TempDir
    private Path work;

    private DataDirectory directory;
    private String recoveryKey;

    private static final class Killed extends IOException {
        Killed(String step) {
            super("killed before " + step);
        }
    }

    @BeforeEach
    void init() throws Exception {
        DataDirectory.Initialised made = DataDirectory.init(
                work.resolve("data"), "dev", List.of(work.resolve("disk-a"), work.resolve("disk-b")), null);
        directory = made.directory();
        recoveryKey = made.recoveryKey();
        try (VaultKeys keys = opened();
                ControlDb control = new ControlDb(directory.controlDb())) {
            Access access = new Access(control, keys, InstantSource.system());
            access.users().add("ann", "a password of hers", Role.ADMINISTRATOR, Scope.allNodes());
            control.users()
                    .setSecondFactor(
                            "ann",
                            HexFormat.of()
                                    .parseHex(
                                            access.secondFactors().offer("ann").sealed()),
                            1);
            Oidc.Provider provider = new Oidc.Provider(
                    "https://id.example",
                    "client",
                    "",
                    "https://console.example",
                    "groups",
                    new LinkedHashMap<>(Map.of("ops", "viewer")));
            Oidc.set(control, keys, provider, "oidc secret");
            control.alertChannels().put("hook", "{}", Alerts.seal(keys, "hook secret"));
            control.vaults()
                    .put("vault", "{}", Credentials.seal(keys, new OssCredentials.Keys("id", "bucket secret", null)));
            control.vaults().put("environment", "{}", null);
        }
    }

    private static Credential recovery(String printed) {
        return new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(printed));
    }

    private Credential keyFile() throws IOException {
        return Objects.requireNonNull(directory.unattendedKey());
    }

    private VaultKeys opened() throws IOException {
        return directory.keyring().unlock(keyFile());
    }

    /** All that the control plane keeps sealed: name and bytes. */
    private Map<String, byte[]> sealed(VaultKeys keys) throws IOException {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            return Map.of(
                    "authority key",
                    Files.readAllBytes(directory.keys().resolve("ca.key.sealed")),
                    "second factor of ann",
                    Objects.requireNonNull(
                            control.users().find("ann").orElseThrow().totp()),
                    "oidc client secret",
                    HexFormat.of()
                            .parseHex(new Oidc(control, keys)
                                    .provider()
                                    .orElseThrow()
                                    .sealedSecret()),
                    "alert secret",
                    Objects.requireNonNull(
                            control.alertChannels().all().getFirst().secret()),
                    "vault credentials",
                    Objects.requireNonNull(
                            control.vaults().find("vault").orElseThrow().credentials()));
        }
    }

    private void assertOpensEverything(VaultKeys keys) throws IOException {
        Authority authority = Authority.load(directory.keys(), keys);
        assertThat(authority.sign(new byte[1])).isNotEmpty();
        Map<String, byte[]> sealed = sealed(keys);
        for (Map.Entry<String, byte[]> each : sealed.entrySet()) {
            assertThat(keys.openControl(each.getKey(), each.getValue())).isNotEmpty();
        }
        assertThat(new String(
                        keys.openControl("alert secret", Objects.requireNonNull(sealed.get("alert secret"))),
                        StandardCharsets.UTF_8))
                .isEqualTo("hook secret");
    }

    private List<Path> keyrings() {
        return List.of(
                work.resolve("data/keys/keyring.json"),
                work.resolve("disk-a/keyring.json"),
                work.resolve("disk-b/keyring.json"));
    }

    private void assertNothingOldOpens(Keyring savedKeyring, Credential savedKeyFile) throws IOException {
        Keyring now = directory.keyring();
        for (Credential old : List.of(savedKeyFile, recovery(recoveryKey))) {
            assertThatThrownBy(() -> now.unlock(old))
                    .isInstanceOf(WrongCredentialException.class)
                    .hasMessageContaining("rotated");
            try (VaultKeys keys = savedKeyring.unlock(old)) {
                for (Map.Entry<String, byte[]> each : sealed(keys).entrySet()) {
                    assertThatThrownBy(() -> keys.openControl(each.getKey(), each.getValue()))
                            .as(each.getKey())
                            .hasMessageContaining("authentication");
                }
            }
        }
    }

    @Test
    void oldKeysOpenNothingThatIsSealedAfterwards() throws Exception {
        Keyring savedKeyring = directory.keyring();
        Credential savedKeyFile = keyFile();
        KeyRotation.Rotated done = new KeyRotation(directory, step -> {}).run(keyFile(), KEY_FILE);
        assertThat(done.generation()).isEqualTo(2);
        assertThat(done.unsealed()).isNull();
        assertThat(done.kinds()).containsExactly("recovery", "key-file");
        for (Path each : keyrings()) {
            assertThat(Keyring.read(each)).isEqualTo(directory.keyring());
        }
        assertThat(directory.keyring().slots()).hasSize(2);
        assertNothingOldOpens(savedKeyring, savedKeyFile);
        try (VaultKeys byFile = opened();
                VaultKeys byRecovery = directory.keyring().unlock(recovery(done.recoveryKey()))) {
            assertOpensEverything(byFile);
            assertOpensEverything(byRecovery);
        }
        // Twice is no harm, and the appliance runs.
        KeyRotation.Rotated again = new KeyRotation(directory, step -> {}).run(recovery(done.recoveryKey()), KEY_FILE);
        assertThat(again.generation()).isEqualTo(3);
        start();
        try (VaultKeys keys = opened()) {
            assertOpensEverything(keys);
        }
    }

    private void start() throws IOException {
        byte[] credentials;
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            // They could not be reached.
            credentials = Objects.requireNonNull(
                    control.vaults().find("vault").orElseThrow().credentials());
            assertThat(control.vaults().remove("environment")).isTrue();
            assertThat(control.vaults().remove("vault")).isTrue();
        }
        try (Credential credential = keyFile();
                Appliance appliance = new Appliance(
                        directory, credential, new InetSocketAddress("127.0.0.1", 0), new IndexRecovery.Progress() {
                            @Override
                            public void step(String what, long done, long total) {}

                            @Override
                            public void warning(String what) {}
                        })) {
            assertThat(appliance.port()).isPositive();
            assertThatThrownBy(() -> new KeyRotation(directory, step -> {}).run(keyFile(), KEY_FILE))
                    .isInstanceOf(DataDirectory.InUseException.class);
        }
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.vaults().put("vault", "{}", credentials);
        }
    }

    @Test
    void cutOffAtAnyStepItOpensAndIsRunAgain() throws Exception {
        Keyring savedKeyring = directory.keyring();
        Credential savedKeyFile = keyFile();
        int kills = 0;
        while (true) {
            int[] left = {kills};
            try {
                new KeyRotation(directory, step -> {
                            if (left[0]-- == 0) {
                                throw new Killed(step);
                            }
                        })
                        .run(keyFile(), KEY_FILE);
                break;
            } catch (Killed e) {
                kills++;
            }
            // As it is, and once the start has tidied up.
            try (VaultKeys keys = opened()) {
                assertOpensEverything(keys);
            }
            directory.settleKeyring();
            Keyring settled = directory.keyring();
            for (Path each : keyrings()) {
                assertThat(Keyring.read(each)).isEqualTo(settled);
            }
            assertThat(settled.slots()).hasSize(2);
            try (VaultKeys keys = opened();
                    ControlDb control = new ControlDb(directory.controlDb())) {
                ControlSecrets.reseal(directory.keys(), control, keys);
                assertOpensEverything(keys);
            }
        }
        // Begin, two keyrings in three places each, a key file, secrets.
        assertThat(kills).isEqualTo(9);
        assertNothingOldOpens(savedKeyring, savedKeyFile);
        start();
    }

    @Test
    void anOldKeyringInPlaceOfTheNewOneIsNoticed() throws Exception {
        Path keyring = directory.keys().resolve("keyring.json");
        byte[] old = Files.readAllBytes(keyring);
        byte[] oldFile = Files.readAllBytes(directory.unattendedKeyFile());
        new KeyRotation(directory, step -> {}).run(keyFile(), KEY_FILE);
        byte[] now = Files.readAllBytes(keyring);
        byte[] file = Files.readAllBytes(directory.unattendedKeyFile());
        Files.write(keyring, old);
        Files.write(directory.unattendedKeyFile(), oldFile);
        assertThatThrownBy(() -> directory.settleKeyring()).hasMessageContaining("is older than its copy");
        assertThat(Files.readAllBytes(work.resolve("disk-a/keyring.json"))).isEqualTo(now);
        Files.write(keyring, now);
        Files.write(directory.unattendedKeyFile(), file);
        Files.write(work.resolve("disk-b/keyring.json"), old);
        Files.delete(work.resolve("disk-a/keyring.json"));
        directory.settleKeyring();
        for (Path each : keyrings()) {
            assertThat(Files.readAllBytes(each)).isEqualTo(now);
        }
    }

    /** A passphrase that is set meanwhile would otherwise be set in the old keyring, and that put over the new one. */
    @Test
    void otherChangesOfTheKeyringWait() throws Exception {
        Credential passphrase = new Credential(Credential.Kind.PASSPHRASE, "one".getBytes(StandardCharsets.UTF_8));
        new KeyRotation(directory, step -> {
                    assertThatThrownBy(() -> directory.changeKeyring(keyring -> keyring.with(keyFile(), passphrase)))
                            .hasMessageContaining("being changed already");
                })
                .run(keyFile(), KEY_FILE);
        assertThat(directory.keyring().currentGeneration()).isEqualTo(2);
        directory.changeKeyring(keyring -> keyring.with(keyFile(), passphrase));
        assertThat(directory.keyring().kinds()).containsExactly("recovery", "key-file", "passphrase");
    }

    @Test
    void passphrasesAndKeyFilesElsewhere() throws Exception {
        Credential passphrase = new Credential(Credential.Kind.PASSPHRASE, "one".getBytes(StandardCharsets.UTF_8));
        Credential other = new Credential(Credential.Kind.PASSPHRASE, "two".getBytes(StandardCharsets.UTF_8));
        directory.changeKeyring(keyring -> keyring.with(keyFile(), passphrase));
        KeyRotation rotation = new KeyRotation(directory, step -> {});
        assertThatThrownBy(() -> rotation.run(keyFile(), KEY_FILE)).hasMessageContaining("--new-passphrase-file");
        assertThat(directory.keyring().currentGeneration()).isEqualTo(1);
        assertThatThrownBy(() -> rotation.run(other, new KeyRotation.Ways(other, null)))
                .isInstanceOf(WrongCredentialException.class);

        Path stick = work.resolve("stick.key");
        KeyRotation.Rotated done = rotation.run(passphrase, new KeyRotation.Ways(other, stick));
        assertThat(done.kinds()).containsExactly("recovery", "passphrase", "key-file");
        assertThat(directory.unattendedKey()).isNull();
        Credential onStick = new Credential(Credential.Kind.KEY_FILE, Files.readAllBytes(stick));
        for (Credential each : List.of(onStick, other, recovery(done.recoveryKey()))) {
            try (VaultKeys keys = directory.keyring().unlock(each)) {
                assertOpensEverything(keys);
            }
        }
        assertThatThrownBy(() -> directory.keyring().unlock(passphrase)).isInstanceOf(WrongCredentialException.class);
        assertThatThrownBy(() -> rotation.run(other, new KeyRotation.Ways(other, null)))
                .hasMessageContaining("--new-key-file");
        assertThatThrownBy(() -> rotation.run(other, new KeyRotation.Ways(other, stick)))
                .hasMessageContaining("exists");

        directory.removeKeyFile();
        assertThatThrownBy(() -> directory.keyring().unlock(onStick)).hasMessageContaining("has no key-file");
        assertThat(rotation.run(other, new KeyRotation.Ways(other, null)).kinds())
                .containsExactly("recovery", "passphrase");
    }
}
