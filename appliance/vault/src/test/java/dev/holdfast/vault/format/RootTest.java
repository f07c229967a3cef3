package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The two versions of a root. */
class RootTest {
    private static final Root.Audit AUDIT = new Root.Audit(7, "ab".repeat(32), 1_700_000_000_000L);

    private final Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, new byte[32]);
    private final Keyring keyring = Keyring.create(credential);

    private Root root(VaultKeys keys, Root.@Nullable Audit audit) {
        return new Root(keys.id(), 5, "", 1, new UUID(1, 2), 1, 0, List.of(), List.of(), keyring, null, audit, null);
    }

    @Test
    void aRootWithoutAnAnchorStaysReadableForOlderReleases() throws IOException {
        try (VaultKeys keys = keyring.unlock(credential)) {
            byte[] plain = root(keys, null).encode(keys);
            assertThat(plain[9]).isEqualTo((byte) 1);
            assertThat(new String(plain, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .doesNotContain("\"audit\"");
            assertThat(Root.parse(plain, 5).root().audit()).isNull();
            byte[] anchored = root(keys, AUDIT).encode(keys);
            assertThat(anchored[9]).isEqualTo((byte) 2);
            assertThat(Root.parse(anchored, 5).root().audit()).isEqualTo(AUDIT);
            Root next = Root.parse(anchored, 5).root().next(6, "cd", new UUID(3, 4), 2, 9);
            assertThat(Root.parse(next.encode(keys), 6).root().audit()).isEqualTo(AUDIT);
        }
    }

    @Test
    void aMemberThatIsNotKnownIsIgnoredFromVersionTwoOn() throws IOException {
        try (VaultKeys keys = keyring.unlock(credential)) {
            byte[] later = withMember(keys, root(keys, AUDIT).encode(keys), 2);
            assertThat(Root.parse(later, 5).root().audit()).isEqualTo(AUDIT);
            byte[] first = withMember(keys, root(keys, null).encode(keys), 1);
            assertThatThrownBy(() -> Root.parse(first, 5))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("not understood");
            byte[] newer = withMember(keys, root(keys, AUDIT).encode(keys), 3);
            assertThatThrownBy(() -> Root.parse(newer, 5)).isInstanceOf(FormatException.class);
        }
    }

    private static byte[] withMember(VaultKeys keys, byte[] encoded, int version) throws IOException {
        ByteReader in = new ByteReader(encoded);
        long magic = in.u64();
        in.u32();
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(in.raw((int) in.u32()));
        byte[] changed = json.put("later", "anything").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ByteWriter out = new ByteWriter(changed.length + 128);
        out.u64(magic).u16(version).u16(0).u32(changed.length).raw(changed).raw(keys.signingPublicKey());
        return out.raw(keys.sign(out.toByteArray())).toByteArray();
    }
}
