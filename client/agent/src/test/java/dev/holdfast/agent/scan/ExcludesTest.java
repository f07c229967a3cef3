package dev.holdfast.agent.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.text.LooseText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        "stra?e, /straße, false, true",
        "stra[sß]e, /straße, false, true",
        "stra[!s]e, /straße, false, true",
        "[a-ö]x, /äx, false, true",
        "[[:upper:]]*, /Abc, false, true",
        "[[:upper:]]*, /abc, false, false",
        "[]x]y, /]y, false, true",
        "[!]x]y, /zy, false, true",
        "a[^b]c, /a/c, false, false",
        "{id}, /{id}, false, true",
        "\\!keep, /!keep, false, true",
        "stra\\xc3\\x9fe, /straße, false, true",
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "./build",
                "../x",
                "a/./b",
                "a/..",
                "!keep",
                "{a,b}",
                "*.{jpg,png}",
                "a//b",
                "~/cache",
                "[",
                "a[b",
                "[a",
                "[z-a]",
                "[a/b]",
                "[[:none:]]",
                "ends\\",
                "\\xZZ",
                "nul\0"
            })
    void patternsThatCanMatchNothingAreRefused(String pattern) {
        assertThatThrownBy(() -> new Excludes(List.of(pattern)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pattern '");
        Excludes lenient = Excludes.lenient(Excludes.Settings.of(List.of(pattern, "*.tmp")));
        assertThat(lenient.refused()).hasSize(1);
        assertThat(lenient.remarks()).containsExactly("exclude pattern '*.tmp' matched nothing");
    }

    @Test
    void whatMatchedNothingIsTold() throws FormatException {
        Excludes excludes = new Excludes(
                new Excludes.Settings(List.of("*.tmp", "a.*", "*.bak"), List.of("*.JPG"), false, List.of(), 0));
        assertThat(excludes.matches(TreePath.parse("/x/a.tmp"), false)).isTrue();
        assertThat(excludes.matches(TreePath.parse("/x/b.Jpg"), false)).isTrue();
        assertThat(excludes.matches(TreePath.parse("/x/b.png"), false)).isFalse();
        assertThat(excludes.remarks()).containsExactly("exclude pattern '*.bak' matched nothing");
        assertThat(excludes.described()).containsExactly("*.tmp", "a.*", "*.bak", "--iexclude *.JPG");
    }

    @Test
    void patternsInAnotherEncodingMatchItsNames() throws FormatException {
        TreePath latin = TreePath.of("Stra\u00dfe".getBytes(StandardCharsets.ISO_8859_1));
        String pattern = LooseText.of("Stra\u00df*".getBytes(StandardCharsets.ISO_8859_1));
        Excludes excludes = new Excludes(List.of(pattern));
        assertThat(excludes.matches(latin, false)).isTrue();
        assertThat(excludes.matches(TreePath.parse("/Straße"), false)).isFalse();
        assertThat(excludes.described()).containsExactly("Stra\\xdf*");
        assertThat(new Excludes(excludes.described()).matches(latin, false)).isTrue();
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
