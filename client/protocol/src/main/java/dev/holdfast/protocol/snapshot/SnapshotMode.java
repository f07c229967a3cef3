package dev.holdfast.protocol.snapshot;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** By what a client takes snapshots of file systems and volumes, to back up one moment of them. */
public enum SnapshotMode {
    /** None: what is backed up is read while it changes. */
    NONE,
    /** By whatever each file system has; those without are read while they change. */
    AUTO,
    LVM,
    BTRFS,
    ZFS;

    /** As people and the protocol write it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Empty where there is no such mode. */
    public static Optional<SnapshotMode> of(String text) {
        return Arrays.stream(values()).filter(each -> each.text().equals(text)).findFirst();
    }

    /** All, for a message. */
    public static String texts() {
        return Arrays.stream(values()).map(SnapshotMode::text).collect(Collectors.joining(", "));
    }
}
