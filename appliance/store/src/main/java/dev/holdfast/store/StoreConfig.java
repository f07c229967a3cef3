package dev.holdfast.store;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.store.volume.VolumeList;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * Where a store lies and how large it may grow.
 *
 * @param data holds {@code index/} and {@code manifests/}
 * @param volumes hold the containers
 * @param clock says when snapshots and containers were made; nothing that is safe depends on it
 */
public record StoreConfig(Path data, VolumeList volumes, HardwareProfile profile, InstantSource clock) {
    /** By the clock of the system. */
    public StoreConfig(Path data, VolumeList volumes, HardwareProfile profile) {
        this(data, volumes, profile, InstantSource.system());
    }

    /** With volumes that all take containers. */
    public StoreConfig(Path data, List<Path> volumes, HardwareProfile profile, InstantSource clock) {
        this(data, VolumeList.of(volumes), profile, clock);
    }

    /** With volumes that all take containers, by the clock of the system. */
    public StoreConfig(Path data, List<Path> volumes, HardwareProfile profile) {
        this(data, volumes, profile, InstantSource.system());
    }

    public Path index() {
        return data.resolve("index");
    }

    public Path manifests() {
        return data.resolve("manifests");
    }

    /** For lists that a garbage collection keeps while it lasts. */
    Path scratch() {
        return data.resolve("gc");
    }

    /** There while the index is incomplete; see {@link Store#discardIndex}. */
    Path rebuildMarker() {
        return data.resolve("index.rebuilding");
    }

    /** There while the index is filled from a vault. */
    Path recoveringMarker() {
        return data.resolve("index.recovering");
    }

    /** There where the index was lost while snapshots were listed in it alone, their manifests being still to come. */
    Path unlistedMarker() {
        return data.resolve("index.unlisted");
    }

    /** There where a rebuild could not learn all owners of chunks, since pages were damaged; until one can. */
    Path ownersUnknownMarker() {
        return data.resolve("index.owners-unknown");
    }
}
