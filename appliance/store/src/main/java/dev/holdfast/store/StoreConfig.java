package dev.holdfast.store;

import dev.holdfast.profile.HardwareProfile;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a store lies and how large it may grow.
 *
 * @param data holds {@code index/} and {@code manifests/}
 * @param volumes hold the containers
 */
public record StoreConfig(Path data, List<Path> volumes, HardwareProfile profile) {
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
}
