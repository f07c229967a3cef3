package dev.holdfast.store.drain;

import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the index says that a volume holds.
 *
 * @param containers by their numbers
 */
record VolumeContent(SortedMap<Integer, ContainerInfo> containers) {
    static VolumeContent of(StoreParts parts, int volume) throws IOException {
        SortedMap<Integer, ContainerInfo> found = new TreeMap<>();
        parts.index().eachContainer((number, info) -> {
            if (info.volume() == volume) {
                found.put(number, info);
            }
        });
        return new VolumeContent(found);
    }

    long bytes() {
        return containers.values().stream().mapToLong(ContainerInfo::bytes).sum();
    }
}
