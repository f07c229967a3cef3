package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The console knows each operation that the sources write to the audit log, so that it is shown in the reader's language. */
class AuditWordsTest {
    private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));
    private static final Pattern KNOWN = Pattern.compile("msg\\('([^']+)'\\)");
    /** By a use case: the operation is the second argument, one text or one of two. */
    private static final Pattern BY_ACTOR = Pattern.compile(
            "audit\\s*\\.(?:allowed|note|read|refused)\\(\\s*actor,\\s*(?:[\\w.()]+\\s*\\?\\s*)?\"([^\"]+)\"(?:\\s*:\\s*\"([^\"]+)\")?\\s*,");
    /** By the appliance itself, a node, or a command. */
    private static final Pattern APPENDED =
            Pattern.compile("audit\\(\\)\\s*\\.append\\(\\s*[^,;]+,\\s*\"([^\"]+)\"\\s*,");

    @Test
    void consoleKnowsEveryOperation() throws Exception {
        Set<String> known = matches(KNOWN, Files.readString(ROOT.resolve("web/src/lib/audit.ts")));
        Set<String> written = new TreeSet<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve("appliance"))) {
            for (Path file : files.filter(each ->
                            each.toString().endsWith(".java") && each.toString().contains("/src/main/"))
                    .toList()) {
                String source = Files.readString(file);
                written.addAll(matches(BY_ACTOR, source));
                written.addAll(matches(APPENDED, source));
            }
        }
        assertThat(written).hasSizeGreaterThan(80);
        written.removeAll(known);
        assertThat(written).as("operations that web/src/lib/audit.ts lacks").isEmpty();
    }

    private static Set<String> matches(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            for (int group = 1; group <= matcher.groupCount(); group++) {
                if (matcher.group(group) != null) {
                    found.add(matcher.group(group));
                }
            }
        }
        return found;
    }
}
