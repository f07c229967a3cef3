package dev.holdfast.store.ingest;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Numbers containers, opens new ones on the volumes, and counts the room that all of them take. Safe for use by several
 * threads.
 */
public final class ContainerAllocator {
    private final StoreParts parts;
    private final Volumes volumes;
    private final long capacityBytes;
    /** The volumes of containers that are not sealed yet. */
    private final Map<Integer, Integer> live = new ConcurrentHashMap<>();

    private final AtomicInteger nextNumber;
    private final AtomicLong usedBytes;

    /**
     * @param usedBytes what containers take already, counted against {@code capacityBytes}
     * @param nextNumber a number above that of every container
     */
    ContainerAllocator(StoreParts parts, long capacityBytes, long usedBytes, int nextNumber) {
        this.parts = parts;
        this.volumes = parts.volumes();
        this.capacityBytes = capacityBytes;
        this.usedBytes = new AtomicLong(usedBytes);
        this.nextNumber = new AtomicInteger(nextNumber);
    }

    /** Makes a container of a kind on the volume with the most room; the caller closes or seals it. */
    ContainerWriter open(ContainerHeader.Kind kind) throws IOException {
        int volume = volumes.emptiestPresent();
        if (volume < 0) {
            throw downToReserve();
        }
        int number = nextNumber.getAndIncrement();
        ContainerHeader header = ContainerHeader.of(
                kind, parts.vault(), UUID.randomUUID(), number, parts.clock().millis());
        ContainerWriter writer = new ContainerWriter(
                parts.disk(),
                volumes.prepareContainer(volume, number),
                parts.vault(),
                header,
                ContainerWriter.TARGET_BYTES);
        // The name must be as durable as the first frame that is acknowledged.
        Path directory = volumes.containerPath(volume, number).getParent();
        if (directory != null) {
            try {
                parts.disk().syncDirectory(directory);
            } catch (IOException e) {
                writer.close();
                throw e;
            }
        }
        live.put(number, volume);
        return writer;
    }

    private StoreFullException downToReserve() {
        return new StoreFullException(Phrase.of("full.reserve")
                .with("volumes", volumes.list().roots().toString())
                .with("command", TypedCommand.elsewhere("appliance", "gc", "--grace-hours", "0", "--data", "DIR")));
    }

    /** The volume of a container that is not sealed yet, or null. */
    public @Nullable Integer volumeOfLive(int number) {
        return live.get(number);
    }

    /** The container is sealed and in the index, or deleted. */
    void ended(int number) {
        live.remove(number);
    }

    /** A number that no container has yet, for one that comes from elsewhere than a session. */
    public int newNumber() {
        return nextNumber.getAndIncrement();
    }

    /** A number above that of every container so far. */
    int nextNumber() {
        return nextNumber.get();
    }

    /** Bytes that containers take on the volumes. */
    public long usedBytes() {
        return usedBytes.get();
    }

    /** Containers were deleted, or (negative) came from elsewhere than a session. */
    public void released(long bytes) {
        usedBytes.addAndGet(-bytes);
    }

    /** A frame was appended, or what surrounds the frames of a container. */
    void appended(long bytes) {
        usedBytes.addAndGet(bytes);
    }

    /** Refuses early what could not be stored anyway. */
    public void requireRoom() throws IOException {
        if (usedBytes.get() >= capacityBytes) {
            throw new StoreFullException(Phrase.of("full.capacity").with("capacity", capacityBytes));
        }
        if (volumes.emptiest() < 0) {
            throw downToReserve();
        }
    }

    /** Throws where a chunk of this size does not fit any more. */
    void requireRoomFor(long bytes) throws IOException {
        if (usedBytes.get() + bytes > capacityBytes) {
            requireRoom();
            throw new StoreFullException(Phrase.of("full.nearly").with("capacity", capacityBytes));
        }
    }
}
