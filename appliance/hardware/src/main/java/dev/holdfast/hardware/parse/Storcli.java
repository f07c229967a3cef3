package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * RAID controllers of Broadcom and Dell from the JSON of {@code storcli} and {@code perccli}: the controllers, their arrays,
 * write caches, batteries and disks.
 */
public final class Storcli {
    private static final int HOT_CELSIUS = 95;
    private static final int TOO_HOT_CELSIUS = 110;

    private final List<Part> parts = new ArrayList<>();
    private final Map<Integer, String> disks = new HashMap<>();
    private final Map<String, Part> batteries = new HashMap<>();
    private String failed = "";

    private Storcli() {}

    /**
     * What was printed for the arguments.
     *
     * @param show of {@code /call show all J}
     * @param volumes of {@code /call/vall show all J}
     * @param drives of {@code /call/eall/sall show all J}
     * @param batteries of {@code /call/bbu show all J}
     * @param capacitors of {@code /call/cv show all J}
     */
    public record Outputs(byte[] show, byte[] volumes, byte[] drives, byte[] batteries, byte[] capacitors) {}

    /**
     * What was read.
     *
     * @param readings of all outputs; the parts are in the first
     * @param disks their names, by the number that {@code smartctl -d megaraid,N} knows
     */
    public record Found(List<Reading> readings, Map<Integer, String> disks) {
        public List<Part> parts() {
            return readings.stream().flatMap(each -> each.parts().stream()).toList();
        }

        /** Of the first. */
        public boolean complete() {
            return readings.getFirst().source().complete();
        }
    }

    /** No output at all. */
    public static Found unread(String why) {
        return new Found(
                StorcliAnswer.SOURCES.stream()
                        .map(source -> Reading.unread(
                                source, why, source.equals(Source.STORCLI) ? Part.unknownRaid(why) : List.of()))
                        .toList(),
                Map.of());
    }

    public static Found parse(Outputs outputs) {
        Storcli reader = new Storcli();
        JsonNode controllers = Json.read(outputs.show).path("Controllers");
        if (!controllers.isArray() || controllers.isEmpty()) {
            return unread("the output of storcli is not in the known form");
        }
        for (JsonNode each : controllers) {
            reader.controller(each, outputs);
        }
        List<Reading> readings = new ArrayList<>();
        readings.add(
                reader.failed.isEmpty()
                        ? Reading.complete(Source.STORCLI, reader.parts)
                        : Reading.unread(Source.STORCLI, reader.failed, reader.parts));
        readings.addAll(reader.parts.isEmpty() ? StorcliAnswer.none() : StorcliAnswer.readings(outputs));
        return new Found(readings, reader.disks);
    }

    private void controller(JsonNode controller, Outputs outputs) {
        JsonNode status = controller.path("Command Status");
        JsonNode data = controller.path("Response Data");
        String name = "controller " + status.path("Controller").asInt();
        if (!status.path("Status").asText().equals("Success")) {
            String why = status.path("Description").asText();
            if (!Lines.has(why, "no controller found")) {
                failed = "storcli failed for " + name + ": " + why;
                parts.addAll(Part.unknownRaid(failed));
            }
            return;
        }
        state(name, data);
        battery(name, status.path("Controller").asInt(), data, outputs);
        PolicyReader policies = new PolicyReader(Json.read(outputs.volumes));
        for (JsonNode each : data.path("VD LIST")) {
            array(name, each, policies);
        }
        JsonNode drives = Json.read(outputs.drives);
        for (JsonNode each : data.path("PD LIST")) {
            disk(name, status.path("Controller").asInt(), each, drives);
        }
    }

    private void state(String name, JsonNode data) {
        String model = data.path("Basics")
                .path("Model")
                .asText(data.path("Product Name").asText());
        String said = data.path("Status").path("Controller Status").asText();
        long uncorrected =
                data.path("Status").path("Memory Uncorrectable Errors").asLong();
        PartState state = switch (Lines.lower(said)) {
            case "optimal", "ok" -> PartState.OK;
            case "" -> PartState.UNKNOWN;
            default -> Lines.has(said, "fail") ? PartState.FAILED : PartState.WARNING;
        };
        parts.add(new Part(
                PartKind.RAID_CONTROLLER,
                name,
                uncorrected > 0 ? PartState.FAILED : state,
                model
                        + (said.isEmpty() ? ", no state is told" : ", " + said)
                        + (uncorrected > 0 ? ", " + uncorrected + " uncorrectable errors of its memory" : "")));
        JsonNode celsius = data.path("HwCfg").path("ROC temperature(Degree Celsius)");
        if (celsius.canConvertToInt() && celsius.asInt() > 0) {
            parts.add(new Part(PartKind.TEMPERATURE, name, heat(celsius.asInt()), celsius.asInt() + " degrees C"));
        }
    }

    private static PartState heat(int celsius) {
        return celsius >= TOO_HOT_CELSIUS
                ? PartState.FAILED
                : celsius >= HOT_CELSIUS ? PartState.WARNING : PartState.OK;
    }

    private void battery(String name, int number, JsonNode data, Outputs outputs) {
        List<Part> found = new ArrayList<>();
        for (String list : List.of("BBU_Info", "Cachevault_Info")) {
            for (JsonNode each : data.path(list)) {
                String state = each.path("State").asText();
                found.add(new Part(
                        PartKind.BATTERY,
                        name,
                        battery(state),
                        each.path("Model").asText() + ", " + state));
            }
        }
        found.addAll(StorcliBattery.details(name, number, Json.read(outputs.batteries), "BBU"));
        found.addAll(StorcliBattery.details(name, number, Json.read(outputs.capacitors), "CacheVault"));
        boolean cacheless =
                data.path("HwCfg").path("On Board Memory Size").asText().matches("0 ?[A-Z]*B");
        if (found.isEmpty() && !cacheless && !data.path("VD LIST").isEmpty()) {
            found.add(
                    StorcliAnswer.tellsOfBatteries(outputs)
                            ? new Part(
                                    PartKind.BATTERY,
                                    name,
                                    PartState.ABSENT,
                                    "no battery or capacitor protects the write cache")
                            : new Part(PartKind.BATTERY, name, PartState.UNKNOWN, "storcli tells of none now"));
        }
        found.stream().reduce(Part::and).ifPresent(part -> {
            parts.add(part);
            batteries.put(name, part);
        });
    }

    static PartState battery(String state) {
        if (Lines.has(state, "fail", "fault", "dead", "replace", "non operational", "non-operational")) {
            return PartState.FAILED;
        }
        if (Lines.has(state, "miss", "msng", "absent", "not present")) {
            return PartState.ABSENT;
        }
        // After a long time without power, it is degraded until it is charged.
        if (Lines.has(state, "learn", "charg")) {
            return PartState.WARNING;
        }
        if (Lines.has(state, "degraded", "dgd", "dgrd", "not optimal", "non-optimal", "sub-optimal", "low")) {
            return PartState.FAILED;
        }
        return Lines.has(state, "optimal", "optml", "optl", "operational") ? PartState.OK : PartState.UNKNOWN;
    }

    private void array(String controller, JsonNode row, PolicyReader policies) {
        String place = row.path("DG/VD").asText();
        String volume = place.substring(place.indexOf('/') + 1);
        String name = controller + " volume " + volume;
        String type = row.path("TYPE").asText();
        String said = row.path("State").asText();
        parts.add(new Part(
                PartKind.ARRAY,
                name,
                switch (said) {
                    case "Optl" -> PartState.OK;
                    case "Rec" -> PartState.WARNING;
                    case "Dgrd", "Pdgd", "OfLn" -> PartState.FAILED;
                    default -> PartState.UNKNOWN;
                },
                type + ", "
                        + switch (said) {
                            case "Optl" -> "optimal";
                            case "Rec" -> "recovering";
                            case "Dgrd" -> "degraded: a disk is missing";
                            case "Pdgd" -> "partially degraded: a disk is missing";
                            case "OfLn" -> "offline: data cannot be read";
                            default -> "state " + said;
                        }));
        Part cache = cache(controller, name, row.path("Cache").asText(), policies.initial(controller, volume));
        // What is known of the battery decides on the cache, too.
        if (batteries.containsKey(controller)) {
            for (String source : batteries.get(controller).sources()) {
                cache = cache.from(source);
            }
        }
        parts.add(cache);
    }

    private Part cache(String controller, String name, String now, String initial) {
        PartState battery =
                batteries.containsKey(controller) ? batteries.get(controller).state() : PartState.UNKNOWN;
        boolean busy = battery == PartState.WARNING;
        if (now.contains("WB")) {
            boolean unprotected = battery.bad();
            return new Part(
                    PartKind.WRITE_CACHE,
                    name,
                    unprotected ? PartState.FAILED : PartState.OK,
                    unprotected ? "write-back without a battery: a power failure loses data" : "write-back");
        }
        if (now.contains("WT")) {
            boolean forced = Lines.has(initial, "writeback", "write back");
            String why = initial.isEmpty()
                    ? "and what is configured is not known"
                    : !forced ? "as configured" : busy ? "until its battery is charged" : "forced by the controller";
            Part part = new Part(
                    PartKind.WRITE_CACHE,
                    name,
                    forced && !busy ? PartState.FAILED : PartState.WARNING,
                    "write-through, " + why + ": backups are slow");
            return initial.isEmpty() ? part : part.from(Source.STORCLI_VOLUMES);
        }
        return new Part(PartKind.WRITE_CACHE, name, PartState.UNKNOWN, "policy '" + now + "' is not known");
    }

    private void disk(String controller, int number, JsonNode row, JsonNode drives) {
        String slot = row.path("EID:Slt").asText().strip();
        String name = controller + " slot " + slot;
        disks.put(row.path("DID").asInt(-1), name);
        String said = row.path("State").asText();
        boolean foreign = row.path("DG").asText().equals("F");
        PartState state = switch (said) {
            case "Onln", "UGood", "GHS", "DHS", "JBOD", "Optl" -> foreign ? PartState.WARNING : PartState.OK;
            case "Rbld", "Cpybck", "CBShld", "UGShld", "HSPShld", "CFShld", "Sntze", "UGUnsp" -> PartState.WARNING;
            case "UBad", "Offln", "Failed", "F", "UBUnsp" -> PartState.FAILED;
            case "Msng", "Missing" -> PartState.ABSENT;
            default -> PartState.UNKNOWN;
        };
        Part disk = new Part(
                PartKind.DISK,
                name,
                state,
                row.path("Model").asText().strip() + ", " + row.path("Size").asText() + ", " + words(said)
                        + (foreign ? ", of another controller's array: import or clear it" : ""));
        parts.add(StorcliDrive.with(disk, number, slot, drives));
    }

    private static String words(String state) {
        return switch (state) {
            case "Onln" -> "online";
            case "UGood" -> "unused";
            case "GHS", "DHS" -> "hot spare";
            case "Rbld" -> "rebuilding";
            case "Cpybck", "CBShld" -> "being copied";
            case "UGShld", "HSPShld", "CFShld" -> "being tested";
            case "Sntze" -> "being erased";
            case "UGUnsp" -> "not supported";
            case "UBad", "UBUnsp" -> "bad";
            case "Offln" -> "offline";
            case "Failed", "F" -> "failed";
            case "Msng", "Missing" -> "missing";
            default -> state;
        };
    }

    /** What write cache was configured for a volume. */
    private record PolicyReader(JsonNode volumes) {
        String initial(String controller, String volume) {
            for (JsonNode each : volumes.path("Controllers")) {
                if (controller.equals("controller "
                        + each.path("Command Status").path("Controller").asInt())) {
                    return each.path("Response Data")
                            .path("VD" + volume + " Properties")
                            .path("Write Cache(initial setting)")
                            .asText();
                }
            }
            return "";
        }
    }
}
