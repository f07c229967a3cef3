package dev.holdfast.protocol.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** What hostile names try on a terminal and in a log. */
class ForeignTextTest {
    private static final Map<String, String> SHOWN = Map.ofEntries(
            Map.entry("plain naïve 火 😀", "plain naïve 火 😀"),
            Map.entry("\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"),
            Map.entry("\u001b]0;title\u0007", "\\x1b]0;title\\x07"),
            Map.entry("a\nroot signed in\r", "a\\x0aroot signed in\\x0d"),
            Map.entry("\t\u0000\u007f", "\\x09\\x00\\x7f"),
            Map.entry("\u009b31m\u0085", "\\u009b31m\\u0085"),
            Map.entry("gpj.\u202eexe", "gpj.\\u202eexe"),
            Map.entry("\u202a\u2066\u2069\u200e\u061c", "\\u202a\\u2066\\u2069\\u200e\\u061c"),
            Map.entry("a\u200bb\u200d\ufeff\u00ad\u2060", "a\\u200bb\\u200d\\ufeff\\u00ad\\u2060"),
            Map.entry("\u2028\u2029", "\\u2028\\u2029"),
            Map.entry("\ud800x\udc00", "\\ud800x\\udc00"),
            Map.entry(new String(Character.toChars(0xE0041)), "\\u{e0041}"),
            Map.entry("\u3164\u115f\u2800", "\\u3164\\u115f\\u2800"),
            Map.entry("C:\\dir", "C:\\dir"));

    @Test
    void whatCommandsATerminalOrHidesIsVisible() {
        SHOWN.forEach((text, shown) -> {
            assertThat(ForeignText.render(text)).isEqualTo(shown);
            assertThat(ForeignText.render(shown)).as("twice").isEqualTo(shown);
        });
    }

    @Test
    void everyCharacterIsRenderedToHarmlessOnes() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            String shown = ForeignText.render(new StringBuilder().appendCodePoint(point));
            assertThat(shown.codePoints().anyMatch(ForeignText::hidden))
                    .as("U+%04X", point)
                    .isFalse();
        }
    }

    @Test
    void aWriterRendersWhateverItPrints() throws IOException {
        String bad = "x\u001b[2J\ny\u202e";
        StringWriter text = new StringWriter();
        try (RenderedWriter out = new RenderedWriter(text)) {
            out.println(bad);
            out.println((Object) new StringBuilder(bad));
            out.println(bad.toCharArray());
            out.print(bad);
            out.print('\u001b');
            out.println();
            out.printf("%-12s|%5d|%c|%c|%b%n", bad, 7, 'd', '\u009b', true);
            out.append(bad).append(bad, 1, 3).append('\n').println();
            out.println(new IOException(bad));
            out.println(7);
        }
        String shown = "x\\x1b[2J\\x0ay\\u202e";
        assertThat(text.toString().lines())
                .containsExactly(
                        shown,
                        shown,
                        shown,
                        shown + "\\x1b",
                        shown + "|    7|d|\uFFFD|true",
                        shown + "\\x1b[\\x0a",
                        "java.io.IOException: " + shown,
                        "7");
    }

    @Test
    void jsonKeepsItsValueAndCommandsNothing() {
        String json = "{\n  \"a\" : \"\u009b\u202e\u007f火\ud83d\ude00\"\n}";
        assertThat(ForeignText.inJson(json)).isEqualTo("{\n  \"a\" : \"\\u009b\\u202e\\u007f火\ud83d\ude00\"\n}");
        assertThat(ForeignText.inJson("\"" + new String(Character.toChars(0xE0041)) + "\""))
                .isEqualTo("\"\\udb40\\udc41\"");
    }

    @Test
    void aLogHasOneLineForARecordWhateverItsMessageIs() {
        LogRecord record = new LogRecord(Level.WARNING, "node a\n2026-01-01 INFO all is well\u001b[1A {0}");
        record.setParameters(new Object[] {"b\rc"});
        record.setLoggerName("dev.holdfast.x");
        record.setThrown(new IOException("one\ntwo", new IllegalStateException("three\u202e")));
        String[] lines = new ConsoleLog().format(record).split("\n");
        assertThat(lines[0]).endsWith("dev.holdfast.x: node a\\x0a2026-01-01 INFO all is well\\x1b[1A b\\x0dc");
        assertThat(lines[1]).isEqualTo("    java.io.IOException: one\\x0atwo");
        assertThat(lines).allMatch(line -> line.startsWith("    ") || line.equals(lines[0]));
        assertThat(lines).contains("    caused by: java.lang.IllegalStateException: three\\u202e");
    }

    @Test
    void whatIsShownOfAPathCanBeGivenBack() throws IOException {
        for (String name : new String[] {"a\u202eb", "a\u200db", "a\nb", "back\\slash", "\u009b", "\ufeffx"}) {
            TreePath path = TreePath.ROOT.child(name.getBytes(StandardCharsets.UTF_8));
            String shown = ForeignText.render(path);
            assertThat(shown.codePoints().noneMatch(ForeignText::hidden)).isTrue();
            assertThat(TreePath.parse(shown)).as(shown).isEqualTo(path);
        }
        TreePath tag = TreePath.ROOT.child(Character.toString(0xE0041).getBytes(StandardCharsets.UTF_8));
        assertThat(TreePath.parse(ForeignText.render(tag))).isEqualTo(tag);
        // Wherever a path is shown, not on terminals only, nothing turns its order around.
        assertThat(TreePath.escape("a\u202eb".getBytes(StandardCharsets.UTF_8))).isEqualTo("a\\xe2\\x80\\xaeb");
    }
}
