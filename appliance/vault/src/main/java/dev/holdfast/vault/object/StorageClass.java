package dev.holdfast.vault.object;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;

/**
 * A storage class: the colder, the cheaper per month and the more expensive, or slower, to read. The labels are those
 * of OSS.
 */
public enum StorageClass {
    STANDARD("Standard"),
    INFREQUENT("IA"),
    ARCHIVE("Archive"),
    COLD_ARCHIVE("ColdArchive");

    private final String label;

    StorageClass(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    /** The minimum storage time: who deletes sooner pays for so many days all the same. */
    public int leastDays() {
        return switch (this) {
            case STANDARD -> 0;
            case INFREQUENT -> 30;
            case ARCHIVE -> 60;
            case COLD_ARCHIVE -> 180;
        };
    }

    /** Whether an object must be thawed before it can be read. */
    public boolean frozen() {
        return this == ARCHIVE || this == COLD_ARCHIVE;
    }

    /** Whether the service charges for each byte that is read or moved to another class. */
    public boolean chargesReading() {
        return this != STANDARD;
    }

    /** How long a thaw usually takes, by the documentation of the service; empty where nothing must thaw. */
    public String thawsWithin() {
        return switch (this) {
            case STANDARD, INFREQUENT -> "";
            case ARCHIVE -> "about a minute";
            case COLD_ARCHIVE -> "2 to 5 hours";
        };
    }

    /** @param text a label, or the name that settings are stored with; in any case */
    @JsonCreator
    public static StorageClass of(String text) {
        for (StorageClass each : values()) {
            if (each.label.equalsIgnoreCase(text) || each.name().equalsIgnoreCase(text)) {
                return each;
            }
        }
        throw new PhrasedArgumentException(Phrase.of("vault.storage-class").with("text", text));
    }
}
