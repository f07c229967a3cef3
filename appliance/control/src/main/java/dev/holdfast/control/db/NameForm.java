package dev.holdfast.control.db;

import dev.holdfast.protocol.text.ForeignText;
import java.util.Optional;
import java.util.regex.Pattern;

/** What new things may be called. */
public enum NameForm {
    /**
     * For nodes and alert channels: letters and digits of any script. Names in older databases may have another form; they are
     * shown with escapes.
     */
    ANY_SCRIPT(
            "[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,62}",
            "1 to 63 letters, digits, dots, hyphens and underscores, the first a letter or digit"),
    /** For plans and policies. */
    ASCII(
            "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
            "1 to 63 ASCII letters, digits, dots, hyphens and underscores, the first a letter or digit"),
    /** For users. */
    USER(
            "[A-Za-z0-9][A-Za-z0-9._@-]{0,62}",
            "1 to 63 ASCII letters, digits, dots, hyphens, underscores and @ signs, the first a letter or digit"),
    /** For tags of nodes, which are in lower case. */
    TAG(
            "[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,30}",
            "1 to 31 letters, digits, dots, hyphens and underscores, the first a letter or digit"),
    /** For vaults: a journal's file is named after them. */
    VAULT("[a-z][a-z0-9-]{0,30}", "1 to 31 lower-case ASCII letters, digits and hyphens, the first a letter");

    /** So much of a refused name is quoted. */
    private static final int MOST_QUOTED_CHARACTERS = 80;

    private final Pattern pattern;
    private final String allowed;

    NameForm(String pattern, String allowed) {
        this.pattern = Pattern.compile(pattern);
        this.allowed = allowed;
    }

    /**
     * Why a name may not be given; empty where it may.
     *
     * @param what is named, such as {@code plan}
     */
    Optional<String> objection(String what, String name) {
        if (pattern.matcher(name).matches() && name.codePoints().noneMatch(ForeignText::hidden)) {
            return Optional.empty();
        }
        String quoted =
                name.length() <= MOST_QUOTED_CHARACTERS ? name : name.substring(0, MOST_QUOTED_CHARACTERS) + "…";
        return Optional.of("invalid " + what + " name '" + ForeignText.render(quoted) + "': use " + allowed);
    }

    /** @throws IllegalArgumentException where the name has another form */
    public void require(String what, String name) {
        Optional<String> objection = objection(what, name);
        if (objection.isPresent()) {
            throw new IllegalArgumentException(objection.get());
        }
    }
}
