package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
        var file = new Node.RegularFile(bytes("f"), attributes(0644, xattrs), new Content(List.of(), false, false, -1));
        Node.Named node = Objects.requireNonNull(PLAIN.confine(file, stripped::add));
        return node.attributes().xattrs().stream()
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
    void everyTypeLosesSetIdBitsAndKeepsTheRest() {
        Attributes all = attributes(07777);
        for (Node.Named node : List.of(
                new Node.Directory(bytes("d"), all),
                new Node.RegularFile(bytes("f"), all, new Content(List.of(), false, false, -1)),
                new Node.Symlink(bytes("s"), all, bytes("target")),
                new Node.HardLink(bytes("h"), all),
                new Node.Special(bytes("p"), all, Node.Special.Type.FIFO, 0, 0))) {
            Node.Named confined = Objects.requireNonNull(PLAIN.confine(node, stripped::add));
            assertThat(confined).hasSameClassAs(node);
            assertThat(confined.name()).isEqualTo(node.name());
            assertThat(confined.attributes()).isEqualTo(attributes(01777));
            assertThat(Confinement.NONE.confine(node, stripped::add)).isSameAs(node);
        }
        assertThat(stripped).containsOnly("set-user-id bit").hasSize(4);
    }

    @Test
    void devicesAreNotMade() {
        for (Node.Special.Type type : List.of(Node.Special.Type.BLOCK_DEVICE, Node.Special.Type.CHARACTER_DEVICE)) {
            assertThat(PLAIN.confine(new Node.Special(bytes("sda"), attributes(0660), type, 8, 0), stripped::add))
                    .isNull();
        }
        assertThat(stripped).containsExactly("device node 8:0", "device node 8:0");
    }
}
