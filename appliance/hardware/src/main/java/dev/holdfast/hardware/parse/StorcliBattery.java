package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Source;
import java.util.ArrayList;
import java.util.List;

/** Batteries and capacitors in detail, from {@code /call/bbu show all J} and {@code /call/cv show all J}. */
final class StorcliBattery {
    private static final List<String> REPLACE = List.of(
            "Replacement required", "Battery Replacement required", "Pack is about to fail & should be replaced");

    private StorcliBattery() {}

    /** Empty where the controller has none of that kind. */
    static List<Part> details(String name, int number, JsonNode output, String type) {
        for (JsonNode each : output.path("Controllers")) {
            if (each.path("Command Status").path("Controller").asInt() == number
                    && each.path("Command Status").path("Status").asText().equals("Success")) {
                String source = type.equals("BBU") ? Source.STORCLI_BATTERIES : Source.STORCLI_CAPACITORS;
                return details(name, each.path("Response Data"), type).stream()
                        .map(part -> part.from(source))
                        .toList();
            }
        }
        return List.of();
    }

    private static List<Part> details(String name, JsonNode data, String type) {
        List<Part> parts = new ArrayList<>();
        JsonNode info = data.path(type.equals("BBU") ? "BBU_Info" : "Cachevault_Info");
        JsonNode firmware = data.path(type.equals("BBU") ? "BBU_Firmware_Status" : "Firmware_Status");
        String state = Json.property(info, type.equals("BBU") ? "Battery State" : "State");
        if (!state.isEmpty()) {
            parts.add(new Part(PartKind.BATTERY, name, Storcli.battery(state), type + " " + state));
        }
        if (REPLACE.stream().anyMatch(property -> yes(firmware, property))) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.FAILED, "must be replaced"));
        }
        if (yes(firmware, "Battery Pack Missing")) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.ABSENT, "the battery pack is missing"));
        }
        if (yes(firmware, "Learn Cycle Active")) {
            parts.add(
                    new Part(PartKind.BATTERY, name, PartState.WARNING, "learning: it tests itself and charges again"));
        }
        if (Json.property(firmware, "Charging Status").equalsIgnoreCase("Charging")) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.WARNING, "charging"));
        }
        if (yes(firmware, "Remaining Capacity Low")) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.WARNING, "its capacity is low"));
        }
        if (Json.property(data.path("GasGaugeStatus"), "Is SOH Good").equalsIgnoreCase("No")) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.WARNING, "its health is not good: replace it soon"));
        }
        if (yes(firmware, "No space to cache offload")) {
            parts.add(new Part(PartKind.BATTERY, name, PartState.FAILED, "cannot save the cache in a power failure"));
        }
        return parts;
    }

    private static boolean yes(JsonNode list, String property) {
        return Json.property(list, property).equalsIgnoreCase("Yes");
    }
}
