package dev.holdfast.control.boot;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What came of a drill.
 *
 * @param failure null where it passed
 * @param firstMillis from the request to the first sign of life; -1 for none
 * @param millis from the request until all that was waited for was seen, or the drill ended
 * @param console the last lines of the serial console
 * @param script what the script said; null where there was none, or it did not end
 * @param screenshot null where none could be taken
 */
record BootResult(
        @Nullable Phrase failure,
        boolean kvm,
        long firstMillis,
        long millis,
        List<String> console,
        AgentProbe.@Nullable Ended script,
        @Nullable Screenshot screenshot) {
    private static final ObjectMapper JSON = new ObjectMapper();

    boolean passed() {
        return failure == null;
    }

    /** As reports have it. */
    ObjectNode measured(TaskSpec.Boot spec, @Nullable String file) {
        ObjectNode told = JSON.createObjectNode();
        told.put("snapshot", spec.snapshot().toString());
        ObjectNode waited = told.putObject("waitedFor");
        waited.put("text", spec.text()).put("port", spec.port()).put("agent", spec.agent());
        waited.put("script", spec.script()).put("seconds", spec.seconds());
        told.put("firmware", spec.firmware().name().toLowerCase(Locale.ROOT));
        told.put("bus", spec.bus().name().toLowerCase(Locale.ROOT));
        told.put("memoryMib", spec.memoryMib());
        told.put("emulated", !kvm);
        told.put("firstSignMillis", firstMillis);
        told.put("millis", millis);
        console.forEach(told.putArray("console")::add);
        if (script != null) {
            told.putObject("script").put("code", script.code()).put("output", script.output());
        }
        if (screenshot != null && file != null) {
            told.putObject("screenshot")
                    .put("file", file)
                    .put("sha256", screenshot.sha256())
                    .put("width", screenshot.width())
                    .put("height", screenshot.height());
        }
        if (failure != null) {
            told.put("reason", failure.english()).put("reasonPhrase", PhraseJson.write(failure));
        }
        return told;
    }
}
