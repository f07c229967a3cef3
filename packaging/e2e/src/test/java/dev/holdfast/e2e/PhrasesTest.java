package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every phrase that the sources say has an English text, with the parameters that it is given, and no text is left over. */
class PhrasesTest {
    private static final Pattern SAID = Pattern.compile("Phrase\\s*\\.of\\(\\s*\"([^\"]+)\"\\s*\\)");
    private static final Pattern WITH = Pattern.compile("\\s*\\.with\\(\\s*\"(\\w+)\"");
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)(?:, (\\w+))?}}");
    private static final Set<String> FORMATS = Set.of("bytes", "time", "day", "phrase", "phrases");

    /** What is added to a phrase that a variable has: it has several texts, with these parameters in all. */
    private static final Pattern LATER = Pattern.compile("(\\w+)\\.with\\(");

    private record Use(Path file, String code, Set<String> given) {}

    @Test
    void sourcesAndTextsAgree() throws Exception {
        Properties texts = new Properties();
        try (Reader in = Files.newBufferedReader(MainSources.ROOT.resolve(
                "client/protocol/src/main/resources/dev/holdfast/protocol/phrase/phrases.properties"))) {
            texts.load(in);
        }
        Set<String> unused = new TreeSet<>(texts.stringPropertyNames());
        unused.removeIf(code -> code.endsWith("_one"));
        List<String> wrong = new ArrayList<>();
        for (Use each : uses()) {
            String text = texts.getProperty(each.code);
            unused.remove(each.code);
            if (text == null) {
                wrong.add(each.file + ": " + each.code + " has no text");
                continue;
            }
            Set<String> missing = places(text);
            missing.removeAll(each.given);
            if (!missing.isEmpty()) {
                wrong.add(each.file + ": " + each.code + " is said without " + missing);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(unused).as("texts that nothing says").isEmpty();
        for (String code : texts.stringPropertyNames()) {
            Matcher place = PLACE.matcher(texts.getProperty(code));
            while (place.find()) {
                assertThat(place.group(2) == null || FORMATS.contains(place.group(2)))
                        .as(code)
                        .isTrue();
            }
        }
    }

    private static Set<String> places(String text) {
        Set<String> names = new HashSet<>();
        PLACE.matcher(text).results().forEach(place -> names.add(place.group(1)));
        return names;
    }

    private static List<Use> uses() throws IOException {
        List<Use> uses = new ArrayList<>();
        for (Path file : MainSources.files()) {
            String source = Files.readString(file);
            Matcher said = SAID.matcher(source);
            while (said.find()) {
                Set<String> given = given(source, said.end());
                given.addAll(givenLater(source));
                uses.add(new Use(MainSources.ROOT.relativize(file), said.group(1), given));
            }
        }
        assertThat(uses).isNotEmpty();
        return uses;
    }

    /** The names in the calls that follow directly. */
    private static Set<String> given(String source, int from) {
        Set<String> names = new HashSet<>();
        Matcher with = WITH.matcher(source);
        int at = from;
        while (with.find(at) && with.start() == at) {
            names.add(with.group(1));
            at = closing(source, source.indexOf('(', with.start()));
        }
        return names;
    }

    private static Set<String> givenLater(String source) {
        Set<String> names = new HashSet<>();
        Matcher later = LATER.matcher(source);
        while (later.find()) {
            names.addAll(given(source, later.start() + later.group(1).length()));
        }
        return names;
    }

    /** Behind the bracket that closes this one. */
    private static int closing(String source, int open) {
        int depth = 0;
        boolean inText = false;
        for (int i = open; i < source.length(); i++) {
            char c = source.charAt(i);
            if (inText) {
                i += c == '\\' ? 1 : 0;
                inText = c != '"';
            } else if (c == '"') {
                inText = true;
            } else if (c == '(') {
                depth++;
            } else if (c == ')' && --depth == 0) {
                return i + 1;
            }
        }
        return source.length();
    }
}
