package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The console has a text for each step that tasks of appliance and clients report, and for no other. */
class TaskStepsTest {
    /** Also where the number of the task stands before the step. Names of scripts are added to the only text that goes on. */
    private static final Pattern REPORTED =
            Pattern.compile("(?:\\.step|\\.towards|\\? (?=\"paused\"))\\(?\\s*(?:\\w+,\\s*)?\"([^\"]+)\"");

    private static final Pattern KNOWN = Pattern.compile("(?m)^ +'?([a-z ]+?)'?: msg\\(");
    private static final String SCRIPT = "script ";

    @Test
    void stepsThatAreReportedAreThoseThatTheConsoleKnows() throws IOException {
        Set<String> reported = reported();
        assertThat(reported).contains("bytes seen", "containers", "installing", "paused", SCRIPT);
        reported.remove(SCRIPT);
        assertThat(known()).isEqualTo(reported);
    }

    private static Set<String> known() throws IOException {
        String source = Files.readString(MainSources.ROOT.resolve("web/src/components/taskstate.tsx"));
        int begin = source.indexOf("const STEPS");
        String steps = source.substring(begin, source.indexOf("};", begin));
        return KNOWN.matcher(steps).results().map(each -> each.group(1)).collect(Collectors.toSet());
    }

    private static Set<String> reported() throws IOException {
        Set<String> steps = new TreeSet<>();
        for (Path each : MainSources.files()) {
            REPORTED.matcher(Files.readString(each))
                    .results()
                    .map(step -> step.group(1))
                    .forEach(steps::add);
        }
        return steps;
    }
}
