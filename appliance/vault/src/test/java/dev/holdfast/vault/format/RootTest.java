package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The three versions of a root. */
class RootTest {
    private static final Root.Audit AUDIT = new Root.Audit(7, "ab".repeat(32), 1_700_000_000_000L);

    private final Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, new byte[32]);
    private final Keyring old = Keyring.create(credential, HashAlgorithm.SHA_256);
    private final Keyring blake3 = Keyring.create(credential, HashAlgorithm.BLAKE3);

    private static Root root(Keyring keyring, VaultKeys keys, Root.@Nullable Audit audit) {
        return new Root(keys.id(), 5, "", 1, new UUID(1, 2), 1, 0, List.of(), List.of(), keyring, null, audit, null);
    }

    @Test
    void aRootWithoutAnAnchorStaysReadableForOlderReleases() throws IOException {
        try (VaultKeys keys = old.unlock(credential)) {
            byte[] plain = root(old, keys, null).encode(keys);
            assertThat(plain[9]).isEqualTo((byte) 1);
            assertThat(new String(plain, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .doesNotContain("\"audit\"");
            assertThat(Root.parse(plain, 5).root().audit()).isNull();
            byte[] anchored = root(old, keys, AUDIT).encode(keys);
            assertThat(anchored[9]).isEqualTo((byte) 2);
            assertThat(Root.parse(anchored, 5).root().audit()).isEqualTo(AUDIT);
            Root next = Root.parse(anchored, 5).root().next(6, "cd", new UUID(3, 4), 2, 9);
            assertThat(Root.parse(next.encode(keys), 6).root().audit()).isEqualTo(AUDIT);
        }
    }

    @Test
    void aMemberThatIsNotKnownIsIgnoredFromVersionTwoOn() throws IOException {
        try (VaultKeys keys = old.unlock(credential)) {
            byte[] later = withMember(keys, root(old, keys, AUDIT).encode(keys), 2);
            assertThat(Root.parse(later, 5).root().audit()).isEqualTo(AUDIT);
            byte[] first = withMember(keys, root(old, keys, null).encode(keys), 1);
            assertThatThrownBy(() -> Root.parse(first, 5))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("not understood");
            byte[] newer = withMember(keys, root(old, keys, AUDIT).encode(keys), 4);
            assertThatThrownBy(() -> Root.parse(newer, 5))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("this release reads up to 3");
        }
    }

    @Test
    void rootOfAVaultWithBlake3NamesIt() throws IOException {
        try (VaultKeys keys = blake3.unlock(credential)) {
            byte[] plain = root(blake3, keys, null).encode(keys);
            assertThat(Arrays.copyOfRange(plain, 8, 12)).containsExactly(0, 3, 0, 2);
            Root.Read read = Root.parse(plain, 5);
            assertThat(read.root().keyring()).isEqualTo(blake3);
            assertThat(read.hash()).isEqualTo(HexFormat.of().formatHex(HashAlgorithm.BLAKE3.hash(plain)));
            byte[] later = withMember(keys, root(blake3, keys, AUDIT).encode(keys), 3, 2);
            assertThat(Root.parse(later, 5).root().audit()).isEqualTo(AUDIT);
            byte[] unknown = withMember(keys, plain, 3, 9);
            assertThatThrownBy(() -> Root.parse(unknown, 5))
                    .isInstanceOfSatisfying(
                            FormatException.class,
                            e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW));
        }
    }

    @Test
    void rootAndItsKeyringMustNameTheSameHash() throws IOException {
        try (VaultKeys keys = blake3.unlock(credential);
                VaultKeys oldKeys = old.unlock(credential)) {
            for (byte[] mixed : List.of(
                    withMember(keys, root(blake3, keys, null).encode(keys), 2),
                    withMember(keys, root(blake3, keys, null).encode(keys), 3, 1),
                    withMember(oldKeys, root(old, oldKeys, AUDIT).encode(oldKeys), 3, 2))) {
                assertThatThrownBy(() -> Root.parse(mixed, 5))
                        .isInstanceOf(FormatException.class)
                        .hasMessageContaining("name different hashes");
            }
        }
    }

    private static byte[] withMember(VaultKeys keys, byte[] encoded, int version) throws IOException {
        return withMember(keys, encoded, version, 0);
    }

    private static byte[] withMember(VaultKeys keys, byte[] encoded, int version, int hash) throws IOException {
        ByteReader in = new ByteReader(encoded);
        long magic = in.u64();
        in.u32();
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(in.raw((int) in.u32()));
        byte[] changed = json.put("later", "anything").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ByteWriter out = new ByteWriter(changed.length + 128);
        out.u64(magic).u16(version).u16(hash).u32(changed.length).raw(changed).raw(keys.signingPublicKey());
        return out.raw(keys.sign(out.toByteArray())).toByteArray();
    }
}
