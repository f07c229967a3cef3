package dev.holdfast.hardware.part;

import java.util.Locale;

/** What a part is. The order is that of lists. */
public enum PartKind {
    POWER_SUPPLY("Power supply", "power supplies"),
    FAN("Fan", "fans"),
    TEMPERATURE("Temperature", "temperatures"),
    RAID_CONTROLLER("RAID controller", "RAID controllers"),
    WRITE_CACHE("Write cache", "write caches"),
    BATTERY("Cache battery", "cache batteries"),
    ARRAY("Array", "arrays"),
    DISK("Disk", "disks"),
    MEMORY("Memory", "memory errors"),
    /** Of the BMC: one part for the events of each kind of part. */
    EVENT_LOG("Event log of", "event logs");

    private final String one;
    private final String all;

    PartKind(String one, String all) {
        this.one = one;
        this.all = all;
    }

    /** As it is stored and sent: {@code power-supply}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** For the beginning of a sentence about one part. */
    public String one() {
        return one;
    }

    /** For a sentence about all parts of the kind. */
    public String all() {
        return all;
    }
}
