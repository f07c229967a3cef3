package dev.holdfast.control.db;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * What nodes and channels may be called: a letter or digit of any script, then up to 62 letters, digits, dots, underscores and
 * hyphens. Names in older databases may be others; they are shown with escapes.
 */
final class Names {
    private static final Pattern FORM = Pattern.compile("[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,62}");

    private Names() {}

    private static boolean fits(String name) {
        return FORM.matcher(name).matches() && name.codePoints().noneMatch(ForeignText::hidden);
    }

    private static String refusal(String what, String name) {
        String start = name.length() > 80 ? name.substring(0, 80) + "…" : name;
        return "'" + ForeignText.render(start) + "' is not a name for a " + what
                + ": write a letter or digit, then up to 62 letters, digits, dots, underscores and hyphens";
    }

    /** @throws IllegalArgumentException where the name has another form */
    static void require(String what, String name) {
        if (!fits(name)) {
            throw new IllegalArgumentException(refusal(what, name));
        }
    }

    /** As {@link #require}, for who enrols. */
    static void requireForm(String what, String name) throws IOException {
        if (!fits(name)) {
            throw new EnrolmentRefusedException(
                    refusal(what, name) + "; give another: "
                            + TypedCommand.elsewhere("enroll", "https://APPLIANCE:8807", "--name", "NAME"),
                    false);
        }
    }
}
