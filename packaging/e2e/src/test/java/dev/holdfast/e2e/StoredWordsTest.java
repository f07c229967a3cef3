package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The console knows each fixed word that the sources store, so that it is shown in the reader's language. */
class StoredWordsTest {
    private static final Pattern KNOWN = Pattern.compile("msg\\('([^']+)'\\)");
    /** By a use case: the operation is the second argument, one text or one of two. */
    private static final Pattern BY_ACTOR = Pattern.compile(
            "audit\\s*\\.(?:allowed|note|read|refused)\\(\\s*actor,\\s*(?:[\\w.()]+\\s*\\?\\s*)?\"([^\"]+)\"(?:\\s*:\\s*\"([^\"]+)\")?\\s*,");
    /** By the appliance itself, a node, or a command. */
    private static final Pattern APPENDED =
            Pattern.compile("audit\\(\\)\\s*\\.append\\(\\s*[^,;]+,\\s*\"([^\"]+)\"\\s*,");

    private static final Pattern VAULT_STATE =
            Pattern.compile("status(?:\\(\\))?\\.(?:begin|finish)\\(\\s*\"([^\"]+)\"");

    private static final Pattern QUOTED_KEY = Pattern.compile("^  '?([^':]+)'?: msg\\(", Pattern.MULTILINE);

    @Test
    void consoleKnowsTheStatesOfVaults() throws Exception {
        Set<String> states = written(VAULT_STATE);
        assertThat(states).contains("uploading", "idle").hasSizeGreaterThan(8);
        states.removeAll(
                matches(QUOTED_KEY, Files.readString(MainSources.ROOT.resolve("web/src/pages/vaults/words.ts"))));
        assertThat(states).as("states that web/src/pages/vaults/words.ts lacks").isEmpty();
    }

    @Test
    void consoleKnowsTheOperationsOfTheAuditLog() throws Exception {
        Set<String> operations = written(BY_ACTOR, APPENDED);
        assertThat(operations).hasSizeGreaterThan(80);
        operations.removeAll(matches(KNOWN, Files.readString(MainSources.ROOT.resolve("web/src/lib/audit.ts"))));
        assertThat(operations).as("operations that web/src/lib/audit.ts lacks").isEmpty();
    }

    private static Set<String> written(Pattern... patterns) throws IOException {
        Set<String> written = new TreeSet<>();
        for (Path file : MainSources.files()) {
            String source = Files.readString(file);
            for (Pattern each : patterns) {
                written.addAll(matches(each, source));
            }
        }
        return written;
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
