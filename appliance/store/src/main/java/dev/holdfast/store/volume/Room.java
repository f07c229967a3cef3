package dev.holdfast.store.volume;

/**
 * Room for containers: the lesser of what the profile allows and what the file systems hold.
 *
 * @param usedBytes in containers on the volumes
 * @param profileBytes that the profile allows
 * @param freeBytes that backups may still write to the file systems, their reserves and the room of a new container left out
 * @param diskBytes that the file systems have in all, other data included
 */
public record Room(long usedBytes, long profileBytes, long freeBytes, long diskBytes) {
    /** Bytes that containers may take in all. */
    public long capacityBytes() {
        return Math.min(profileBytes, usedBytes + freeBytes);
    }

    /** Bytes that backups may still write; 0 where they are refused. */
    public long leftBytes() {
        return Math.max(0, capacityBytes() - usedBytes);
    }

    /** Whether the file systems hold less than the profile allows. */
    public boolean limitedByFileSystems() {
        return usedBytes + freeBytes < profileBytes;
    }

    /**
     * The part of the file systems that backups may still write to, from 0 to 100. Where other data fill a disk, it falls long
     * before {@link #usedPercent}, which knows containers only, rises.
     */
    public double freePercentOfDisk() {
        return diskBytes <= 0 ? 100 : 100.0 * freeBytes / diskBytes;
    }

    /** How much is used, from 0 to 100. */
    public double usedPercent() {
        long capacity = capacityBytes();
        return leftBytes() == 0 || capacity <= 0 ? 100 : 100.0 * usedBytes / capacity;
    }
}
