package dev.holdfast.store.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VaultKeysTest {
    private static final UUID OBJECT = new UUID(3, 4);

    private static byte[] key() {
        return Keyring.random(Aead.KEY_BYTES);
    }

    @ParameterizedTest
    @EnumSource
    void closingWipesEveryKey(HashAlgorithm hash) {
        List<byte[]> keys = List.of(key(), key(), key(), key(), key(), key(), key());
        VaultKeys vault = new VaultKeys(
                new UUID(1, 2),
                hash,
                Map.of(1, keys.get(0), 2, keys.get(1)),
                new Derived(keys.get(2), keys.get(3), List.of(keys.get(4), keys.get(5)), keys.get(6)));
        vault.close();
        assertThat(keys).allSatisfy(key -> assertThat(key).containsOnly(0));
    }

    /** Names and keys made of zeros would be the same in every vault. */
    @ParameterizedTest
    @EnumSource
    void closedVaultNamesAndEncryptsNothing(HashAlgorithm hash) throws IOException {
        VaultKeys vault =
                new VaultKeys(new UUID(1, 2), hash, Map.of(1, key()), new Derived(key(), key(), List.of(key()), key()));
        Digest digest = hash.digest(new byte[1]);
        assertThat(vault.chunkId(digest)).isEqualTo(vault.chunkId(digest));
        vault.close();
        assertThatThrownBy(() -> vault.chunkId(digest)).hasMessage("the vault is closed");
        assertThatThrownBy(() -> vault.containerKey(1, OBJECT, 0)).hasMessage("the vault is closed");
        assertThatThrownBy(() -> vault.objectKey(1, OBJECT)).hasMessage("the vault is closed");
    }
}
