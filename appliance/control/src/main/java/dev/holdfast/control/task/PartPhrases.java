package dev.holdfast.control.task;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.protocol.phrase.Phrase;

/** Parts of the server in words: which, how they are, and what to do about them. */
public final class PartPhrases {
    private PartPhrases() {}

    /** As {@link Part#title}, which its English text equals. */
    static Phrase title(Part part) {
        if (part.isAll()) {
            return all(part.kind());
        }
        Phrase one = one(part.kind());
        return one.with("name", part.name());
    }

    private static Phrase one(PartKind kind) {
        return switch (kind) {
            case POWER_SUPPLY -> Phrase.of("hardware.power-supply");
            case FAN -> Phrase.of("hardware.fan");
            case TEMPERATURE -> Phrase.of("hardware.temperature");
            case RAID_CONTROLLER -> Phrase.of("hardware.raid-controller");
            case WRITE_CACHE -> Phrase.of("hardware.write-cache");
            case BATTERY -> Phrase.of("hardware.battery");
            case ARRAY -> Phrase.of("hardware.array");
            case DISK -> Phrase.of("hardware.disk");
            case MEMORY -> Phrase.of("hardware.memory");
            case EVENT_LOG -> Phrase.of("hardware.event-log");
        };
    }

    private static Phrase all(PartKind kind) {
        return switch (kind) {
            case POWER_SUPPLY -> Phrase.of("hardware.all-power-supply");
            case FAN -> Phrase.of("hardware.all-fan");
            case TEMPERATURE -> Phrase.of("hardware.all-temperature");
            case RAID_CONTROLLER -> Phrase.of("hardware.all-raid-controller");
            case WRITE_CACHE -> Phrase.of("hardware.all-write-cache");
            case BATTERY -> Phrase.of("hardware.all-battery");
            case ARRAY -> Phrase.of("hardware.all-array");
            case DISK -> Phrase.of("hardware.all-disk");
            case MEMORY -> Phrase.of("hardware.all-memory");
            case EVENT_LOG -> Phrase.of("hardware.all-event-log");
        };
    }

    public static Phrase state(PartState state) {
        return switch (state) {
            case OK -> Phrase.of("hardware.is-ok");
            case WARNING -> Phrase.of("hardware.is-warning");
            case FAILED -> Phrase.of("hardware.is-failed");
            case UNKNOWN -> Phrase.of("hardware.is-unknown");
            case ABSENT -> Phrase.of("hardware.is-absent");
        };
    }

    /** What to do about a part that is not healthy. */
    static Phrase advice(PartKind kind) {
        return switch (kind) {
            case POWER_SUPPLY -> Phrase.of("hardware.advice-power-supply");
            case FAN -> Phrase.of("hardware.advice-fan");
            case TEMPERATURE -> Phrase.of("hardware.advice-temperature");
            case RAID_CONTROLLER -> Phrase.of("hardware.advice-raid-controller");
            case WRITE_CACHE -> Phrase.of("hardware.advice-write-cache");
            case BATTERY -> Phrase.of("hardware.advice-battery");
            case ARRAY -> Phrase.of("hardware.advice-array");
            case DISK -> Phrase.of("hardware.advice-disk");
            case MEMORY -> Phrase.of("hardware.advice-memory");
            case EVENT_LOG -> Phrase.of("hardware.advice-event-log");
        };
    }
}
