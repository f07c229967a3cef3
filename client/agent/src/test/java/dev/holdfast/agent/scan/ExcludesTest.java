package dev.holdfast.agent.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExcludesTest {
    @ParameterizedTest
    @CsvSource({
        "*.tmp, /a/b.tmp, false, true",
        "*.tmp, /a/b.tmpx, false, false",
        "*.tmp, /x.tmp/y, false, false",
        "/var/cache/**, /var/cache/apt/x, false, true",
        "/var/cache/**, /var/cache, true, false",
        "/var/cache, /var/cache, true, true",
        "/var/cache, /mnt/var/cache, true, false",
        "cache/old, /var/cache/old, true, true",
        "**/node_modules, /a/b/node_modules, true, true",
        "**/node_modules, /node_modules, true, true",
        "cache/, /var/cache, true, true",
        "cache/, /var/cache, false, false",
        "file[0-9].c, /file7.c, false, true",
        "file[!0-9].c, /file7.c, false, false",
        "a?c, /abc, false, true",
        "a?c, /a/c, false, false",
        "ümlaut*, /ümlaut-x, false, true",
        "(a+b), /(a+b), false, true",
        "/home/*/tmp, /home/x/tmp, true, true",
        "/home/*/tmp, /home/x/y/tmp, true, false",
    })
    void patterns(String pattern, String path, boolean directory, boolean matches) throws FormatException {
        assertThat(new Excludes(List.of(pattern)).matches(TreePath.parse(path), directory))
                .isEqualTo(matches);
    }

    @Test
    void namesThatAreNoTextCanBeNamed() throws FormatException {
        TreePath odd = TreePath.of(new byte[] {'m', (byte) 0xFF});
        assertThat(new Excludes(List.of("m\\xff")).matches(odd, false)).isTrue();
        assertThat(new Excludes(List.of("m?")).matches(odd, false)).isTrue();
        assertThat(new Excludes(List.of("m\\xfe")).matches(odd, false)).isFalse();
    }

    @Test
    void mistakesAreExplained() {
        assertThatThrownBy(() -> new Excludes(List.of("a[b"))).hasMessageContaining("'a[b'");
    }

    /** Found by fuzzing: backtracking would take longer than the universe has. */
    @Test
    void manyAsterisksTakeNoLonger() throws FormatException {
        Excludes excludes = new Excludes(List.of("/" + "*a".repeat(60) + "b"));
        assertThat(excludes.matches(TreePath.parse("/" + "a".repeat(500)), false))
                .isFalse();
        assertThat(excludes.matches(TreePath.parse("/" + "a".repeat(500) + "b"), false))
                .isTrue();
    }
}
