package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfinementTest {
    private static final Confinement PLAIN = new Confinement(true, Set.of());
    private final List<String> stripped = new ArrayList<>();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Attributes attributes(int mode, String... xattrs) {
        Timestamp time = new Timestamp(1, 2);
        List<Xattr> list = new ArrayList<>();
        for (String name : xattrs) {
            list.add(new Xattr(bytes(name), bytes("value of " + name)));
        }
        return new Attributes(mode, 3, 4, time, time, 5, 6, 2, 7, list);
    }

    private List<String> kept(String... xattrs) {
        return PLAIN.confine(attributes(0644, xattrs), stripped::add).xattrs().stream()
                .map(each -> new String(each.name(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void onlyAttributesThatGiveNoRightsStay() {
        assertThat(kept("user.note", "system.posix_acl_access", "system.posix_acl_default"))
                .containsExactly("user.note", "system.posix_acl_access", "system.posix_acl_default");
        assertThat(stripped).isEmpty();
        assertThat(kept(
                        "security.capability",
                        "security.selinux",
                        "security.SMACK64EXEC",
                        "security.ima",
                        "trusted.overlay.redirect",
                        "system.nfs4_acl",
                        "user",
                        "users.x",
                        "USER.x",
                        "of.no.namespace"))
                .isEmpty();
        assertThat(stripped).hasSize(10).contains("extended attribute trusted.overlay.redirect");
    }

    @Test
    void setIdBitsGoAndTheRestStays() {
        Attributes all = attributes(07777);
        assertThat(PLAIN.confine(all, stripped::add)).isEqualTo(attributes(01777));
        assertThat(Confinement.NONE.confine(all, stripped::add)).isSameAs(all);
        assertThat(stripped).containsExactly("set-user-id bit");
    }

    @Test
    void devicesAreNotMade() {
        for (Node.Special.Type type : List.of(Node.Special.Type.BLOCK_DEVICE, Node.Special.Type.CHARACTER_DEVICE)) {
            Node.Special device = new Node.Special(bytes("sda"), attributes(0660), type, 8, 0);
            assertThat(PLAIN.permits(device, stripped::add)).isFalse();
            assertThat(Confinement.NONE.permits(device, stripped::add)).isTrue();
        }
        assertThat(stripped).containsExactly("device node 8:0", "device node 8:0");
        Node.Special fifo = new Node.Special(bytes("p"), attributes(0660), Node.Special.Type.FIFO, 0, 0);
        assertThat(PLAIN.permits(fifo, stripped::add)).isTrue();
    }
}
