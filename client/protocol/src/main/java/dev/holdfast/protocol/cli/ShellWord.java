package dev.holdfast.protocol.cli;

import java.util.regex.Pattern;

/** Paths and names as they are typed into a shell: printed commands can be typed back in. */
public final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private ShellWord() {}

    /** In single quotes where the shell would read anything else than this text. */
    public static String of(Object text) {
        String plain = text.toString();
        return PLAIN.matcher(plain).matches() ? plain : "'" + plain.replace("'", "'\\''") + "'";
    }
}
