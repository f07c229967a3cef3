package dev.holdfast.store.gc;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What containers hold, on volumes and in the archive. Used by one thread. */
final class ContainerContents {
    private final StoreParts parts;
    /** Those that are being deleted, and of them what the archive lists since they are frozen. */
    private List<Census.Container> condemnedNow = List.of();

    private final Map<Integer, List<FrameEntry>> listed = new HashMap<>();

    ContainerContents(StoreParts parts) {
        this.parts = parts;
    }

    /** These are about to be deleted, so that the archive is asked for the lists of all of them at once. */
    void deleting(List<Census.Container> containers) {
        condemnedNow = containers;
        listed.clear();
    }

    /** The caller closes it. */
    ContainerReader open(Census.Container container) throws IOException {
        if (container.info().archived()) {
            return ContainerReader.open(
                    parts.archive().open(container.number()),
                    Path.of(String.format("vault:%08x", container.number())),
                    parts.vault());
        }
        // It may have been moved to another volume since the census.
        ContainerInfo now = parts.index().container(container.number());
        int volume = now == null || now.archived() ? container.info().volume() : now.volume();
        return ContainerReader.open(
                parts.disk(), parts.volumes().containerPath(volume, container.number()), parts.vault(), false);
    }

    /** All that a container holds, by the archive's lists where it must be thawed before it can be read. */
    List<FrameEntry> frames(Census.Container container) throws IOException {
        if (!isFrozen(container)) {
            try (ContainerReader open = open(container)) {
                return entries(container, open);
            } catch (FrozenException e) {
                Set<Integer> numbers = new HashSet<>();
                condemnedNow.forEach(each -> numbers.add(each.number()));
                parts.archive().list(numbers, (number, bytes, frames) -> listed.put(number, frames));
            }
        }
        List<FrameEntry> frames = listed.getOrDefault(container.number(), List.of());
        if (frames.size() != container.info().frames()) {
            throw new IOException("it is frozen in the vault, whose lists do not tell what it holds");
        }
        return frames;
    }

    /** Whether only the archive's list of it was read, since it must be thawed first. */
    boolean isFrozen(Census.Container container) {
        return listed.containsKey(container.number());
    }

    /** All that a container holds; one of which something cannot be found is left alone. */
    static List<FrameEntry> entries(Census.Container container, ContainerReader open) throws IOException {
        List<FrameEntry> entries = open.entries();
        if (entries.size() != container.info().frames()) {
            throw FormatException.corrupt(String.format(
                    "container %08x is damaged: %d of its %d frames can be found",
                    container.number(), entries.size(), container.info().frames()));
        }
        return entries;
    }

    /** Whether the index finds the chunk in this frame, not in another copy of it. */
    boolean pointsTo(int container, FrameEntry entry) throws IOException {
        Location location = parts.index().find(entry.id());
        return location != null && location.container() == container && location.offset() == entry.offset();
    }
}
