package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.util.ArrayList;
import java.util.List;

/** Whether the outputs of storcli that tell more of what it lists were read completely. */
final class StorcliAnswer {
    static final List<String> SOURCES = List.of(
            Source.STORCLI,
            Source.STORCLI_VOLUMES,
            Source.STORCLI_DRIVES,
            Source.STORCLI_BATTERIES,
            Source.STORCLI_CAPACITORS);

    private StorcliAnswer() {}

    static List<Reading> readings(Storcli.Outputs outputs) {
        List<Reading> readings = new ArrayList<>();
        readings.add(reading(Source.STORCLI_VOLUMES, outputs.volumes(), List.of()));
        readings.add(reading(Source.STORCLI_DRIVES, outputs.drives(), List.of(PartKind.DISK)));
        readings.add(reading(Source.STORCLI_BATTERIES, outputs.batteries(), List.of()));
        readings.add(reading(Source.STORCLI_CAPACITORS, outputs.capacitors(), List.of()));
        return readings;
    }

    /** Without a controller, there is nothing to ask for. */
    static List<Reading> none() {
        return SOURCES.stream()
                .filter(source -> !source.equals(Source.STORCLI))
                .map(source -> Reading.complete(source, List.of()))
                .toList();
    }

    static boolean tellsOfBatteries(Storcli.Outputs outputs) {
        return unread(Source.STORCLI_BATTERIES, outputs.batteries()).isEmpty()
                && unread(Source.STORCLI_CAPACITORS, outputs.capacitors()).isEmpty();
    }

    /** @param hidden kinds whose failures may not be seen without it */
    private static Reading reading(String source, byte[] output, List<PartKind> hidden) {
        String why = unread(source, output);
        return why.isEmpty()
                ? Reading.complete(source, List.of())
                : Reading.unread(
                        source,
                        why,
                        hidden.stream().map(kind -> Part.unknown(kind, why)).toList());
    }

    private static String unread(String source, byte[] output) {
        JsonNode controllers = Json.read(output).path("Controllers");
        if (!controllers.isArray() || controllers.isEmpty()) {
            return source + " failed, or did not answer in time";
        }
        for (JsonNode each : controllers) {
            JsonNode status = each.path("Command Status");
            String said = status.path("Status").asText();
            String why = status.path("Description").asText() + details(status);
            if (!said.equals("Success") && !isNone(why)) {
                return source + " failed: " + why;
            }
        }
        return "";
    }

    private static String details(JsonNode status) {
        StringBuilder all = new StringBuilder();
        for (JsonNode each : status.path("Detailed Status")) {
            all.append(", ").append(each.path("ErrMsg").asText());
        }
        return all.toString();
    }

    /** A controller that has nothing of what was asked for answers with an error, which is not a failure. */
    private static boolean isNone(String why) {
        return Lines.has(
                        why,
                        "use /cx",
                        "absent",
                        "not present",
                        "not found",
                        "doesn't exist",
                        "unsupported",
                        "un-supported")
                || Lines.has(why, "not supported", "no drive", "no vd", "no virtual", "no controller");
    }
}
