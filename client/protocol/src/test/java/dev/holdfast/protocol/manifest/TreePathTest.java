package dev.holdfast.protocol.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreePathTest {
    private static TreePath path(String text) throws FormatException {
        return TreePath.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void sortsAsADepthFirstWalk() throws FormatException {
        assertThat(path("a")).isLessThan(path("a/b"));
        assertThat(path("a/b")).isLessThan(path("a-b"));
        assertThat(path("a/z")).isLessThan(path("a b"));
        assertThat(path("a")).isLessThan(path("b"));
        assertThat(TreePath.ROOT).isLessThan(path("a"));
        assertThat(TreePath.of(new byte[] {(byte) 0xFF})).isGreaterThan(path("z"));
    }

    @Test
    void belowMeansWholeNames() throws FormatException {
        assertThat(path("a/b").startsWith(path("a"))).isTrue();
        assertThat(path("ab").startsWith(path("a"))).isFalse();
        assertThat(path("a").startsWith(path("a"))).isTrue();
        assertThat(path("a").startsWith(TreePath.ROOT)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a//b", "/a", "a/", ".", "..", "a/../b", "a/.", "a\0b"})
    void unsafeNamesAreRefused(String text) {
        assertThatThrownBy(() -> path(text)).isInstanceOf(FormatException.class);
    }

    @Test
    void whatIsPrintedCanBeTyped() throws FormatException {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] name = new byte[1 + random.nextInt(20)];
            random.nextBytes(name);
            for (int j = 0; j < name.length; j++) {
                if (name[j] == 0 || name[j] == '/') {
                    name[j] = '\\';
                }
            }
            boolean dots = name.length <= 2 && name[0] == '.' && name[name.length - 1] == '.';
            if (!dots) {
                TreePath path = path("dir").child(name);
                assertThat(TreePath.parse(path.toString())).isEqualTo(path);
                assertThat(path.toString()).doesNotContainPattern("[\\x00-\\x1f\\x7f]");
            }
        }
    }

    @Test
    void badEscapesAreExplained() {
        assertThatThrownBy(() -> TreePath.parse("/a\\q")).hasMessageContaining("\\xNN");
        assertThatThrownBy(() -> TreePath.parse("/a\\xZZ")).hasMessageContaining("hexadecimal");
    }

    @Test
    void deepPathsAreAsTheirBytes() throws Exception {
        Random random = new Random(11);
        TreePath deep = TreePath.ROOT;
        for (int level = 0; level < 3000; level++) {
            byte[] name = ("n" + random.nextInt(1 << random.nextInt(30))).getBytes(StandardCharsets.UTF_8);
            TreePath child = deep.child(name);
            assertThat(child.parent()).isEqualTo(deep);
            assertThat(child.name()).isEqualTo(name);
            assertThat(child).isGreaterThan(deep);
            assertThat(child.startsWith(deep)).isTrue();
            assertThat(deep.startsWith(child)).isFalse();
            deep = child;
        }
        TreePath flat = TreePath.of(deep.toBytes());
        assertThat(flat).isEqualTo(deep).hasSameHashCodeAs(deep).isEqualByComparingTo(deep);
        assertThat(flat.names()).hasSize(3000).containsExactlyElementsOf(deep.names());
        assertThat(TreePath.parse(deep.toString())).isEqualTo(deep);
        TreePath up = deep;
        for (int level = 3000; level > 0; level--) {
            flat = flat.parent();
            up = up.parent();
        }
        assertThat(up.isRoot()).isTrue();
        assertThat(flat).isEqualTo(TreePath.ROOT);
    }
}
