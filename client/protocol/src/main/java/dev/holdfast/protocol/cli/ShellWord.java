package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.LooseText;
import java.util.Locale;
import java.util.regex.Pattern;

/** Paths and names as they are typed into a shell: printed commands can be typed back in. */
public final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private ShellWord() {}

    /**
     * In single quotes where the shell would read anything else than this text; as {@code $'...'}, which bash, zsh and ksh
     * know, where it has characters that cannot be shown, or bytes that are not UTF-8 (as {@link LooseText} has them).
     */
    public static String of(Object text) {
        String plain = text.toString();
        if (PLAIN.matcher(plain).matches()) {
            return plain;
        }
        return plain.codePoints().anyMatch(ForeignText::hidden)
                ? escaped(plain)
                : "'" + plain.replace("'", "'\\''") + "'";
    }

    private static String escaped(String plain) {
        StringBuilder out = new StringBuilder("$'");
        plain.codePoints().forEach(point -> {
            if (point == '\'' || point == '\\') {
                out.append('\\').appendCodePoint(point);
            } else if (!ForeignText.hidden(point)) {
                out.appendCodePoint(point);
            } else {
                for (byte each : LooseText.bytes(Character.toString(point))) {
                    out.append(String.format(Locale.ROOT, "\\x%02x", each & 0xFF));
                }
            }
        });
        return out.append('\'').toString();
    }
}
