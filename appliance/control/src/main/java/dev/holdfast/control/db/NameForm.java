package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.text.ForeignText;
import java.util.Optional;
import java.util.regex.Pattern;

/** What new things may be called. */
public enum NameForm {
    /** Names in older databases may have another form; they are shown with escapes. */
    NODE(Script.ANY, Phrase.of("name.node")),
    /** An alert channel. */
    CHANNEL(Script.ANY, Phrase.of("name.channel")),
    PLAN(Script.ASCII, Phrase.of("name.plan")),
    POLICY(Script.ASCII, Phrase.of("name.policy")),
    USER("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}", Phrase.of("name.user")),
    /** A tag of nodes, in lower case. */
    TAG("[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,30}", Phrase.of("name.tag")),
    /** A journal's file is named after the vault. */
    VAULT("[a-z][a-z0-9-]{0,30}", Phrase.of("name.vault"));

    private static final class Script {
        static final String ANY = "[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,62}";
        static final String ASCII = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";
    }

    /** So much of a refused name is quoted. */
    private static final int MOST_QUOTED_CHARACTERS = 80;

    private final Pattern pattern;

    @SuppressWarnings("ImmutableEnumChecker") // Phrases are immutable.
    private final Phrase objection;

    NameForm(String pattern, Phrase objection) {
        this.pattern = Pattern.compile(pattern);
        this.objection = objection;
    }

    /** Why a name may not be given; empty where it may. */
    Optional<Phrase> objection(String name) {
        if (pattern.matcher(name).matches() && name.codePoints().noneMatch(ForeignText::hidden)) {
            return Optional.empty();
        }
        String quoted =
                name.length() <= MOST_QUOTED_CHARACTERS ? name : name.substring(0, MOST_QUOTED_CHARACTERS) + "…";
        return Optional.of(objection.with("name", ForeignText.render(quoted)));
    }

    /** @throws PhrasedArgumentException where the name has another form */
    public void require(String name) {
        Optional<Phrase> refusal = objection(name);
        if (refusal.isPresent()) {
            throw new PhrasedArgumentException(refusal.get());
        }
    }
}
