package dev.holdfast.protocol.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Text from other machines, and from people who are not trusted, as it is shown. A character that could command a terminal,
 * begin a line of a log, reorder what stands beside it or hide becomes visible:
 *
 * <pre>
 * \xHH       below U+0080: control characters, line feeds and tabs among them, and DEL
 * &#92;uHHHH     below U+10000: C1 controls, direction marks, overrides and isolates, zero-width characters, line and paragraph
 *            separators, unpaired surrogates, characters that Unicode has not assigned
 * &#92;u{H…}     the same beyond
 * </pre>
 *
 * A backslash stays as it is, so that rendering twice changes nothing: a name may pretend to have an escape, but not to have
 * none. What must be exact is printed as JSON.
 */
public final class ForeignText {
    /** Frames of a stack that are shown. */
    private static final int MAX_FRAMES = 60;

    private static final int MAX_CAUSES = 10;

    private ForeignText() {}

    /** Whether a character is shown as an escape. */
    public static boolean hidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            // Letters and marks that take no room on a screen, or look like a space.
            default ->
                point == 0x034F
                        || point == 0x115F
                        || point == 0x1160
                        || point == 0x17B4
                        || point == 0x17B5
                        || point >= 0x180B && point <= 0x180F
                        || point == 0x2800
                        || point == 0x3164
                        || point == 0xFFA0
                        || point >= 0xFE00 && point <= 0xFE0F
                        || point >= 0xE0000 && point <= 0xE0FFF;
        };
    }

    /** Whether a character changes the order or the lines of the text around it, wherever it is shown. */
    public static boolean disruptive(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            default ->
                point == 0x061C
                        || point == 0x200E
                        || point == 0x200F
                        || point >= 0x202A && point <= 0x202E
                        || point >= 0x2066 && point <= 0x2069;
        };
    }

    /** The text as it is shown. */
    public static String render(@Nullable Object text) {
        String given = String.valueOf(text);
        return given.codePoints().noneMatch(ForeignText::hidden) ? given : escaped(given);
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> {
            if (!hidden(point)) {
                out.appendCodePoint(point);
            } else if (point < 0x80) {
                out.append(String.format(Locale.ROOT, "\\x%02x", point));
            } else if (point < 0x10000) {
                out.append(String.format(Locale.ROOT, "\\u%04x", point));
            } else {
                out.append(String.format(Locale.ROOT, "\\u{%x}", point));
            }
        });
        return out.toString();
    }

    /**
     * JSON with the same value in which nothing commands a terminal or hides: what would is written as an escape of JSON. Line
     * feeds between values stay.
     */
    public static String inJson(String json) {
        if (json.codePoints().noneMatch(point -> point >= 0x7F && hidden(point))) {
            return json;
        }
        StringBuilder out = new StringBuilder(json.length() + 16);
        json.codePoints().forEach(point -> {
            if (point >= 0x7F && hidden(point)) {
                for (char unit : Character.toChars(point)) {
                    out.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                }
            } else {
                out.appendCodePoint(point);
            }
        });
        return out.toString();
    }

    /** A stack as lines, each as it is shown: messages have foreign text too. */
    public static List<String> trace(Throwable thrown) {
        List<String> lines = new ArrayList<>();
        String prefix = "";
        Throwable each = thrown;
        for (int depth = 0; each != null && depth < MAX_CAUSES; depth++) {
            lines.add(prefix + render(each));
            StackTraceElement[] frames = each.getStackTrace();
            for (int i = 0; i < Math.min(MAX_FRAMES, frames.length); i++) {
                lines.add("    at " + render(frames[i]));
            }
            for (Throwable suppressed : each.getSuppressed()) {
                lines.add("    suppressed: " + render(suppressed));
            }
            prefix = "caused by: ";
            each = each.getCause();
        }
        return lines;
    }
}
