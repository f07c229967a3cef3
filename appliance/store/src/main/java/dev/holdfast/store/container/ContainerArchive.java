package dev.holdfast.store.container;

import dev.holdfast.store.disk.Disk;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Sealed containers, and manifests, that lie elsewhere than on the volumes. Safe for use by several threads. */
public interface ContainerArchive {
    /** Holds nothing. */
    ContainerArchive NONE = new ContainerArchive() {
        @Override
        public List<Integer> numbers() {
            return List.of();
        }

        @Override
        public Disk.DiskFile open(int number) throws IOException {
            throw new NoSuchFileException("container " + number);
        }
    };

    /** The containers held, by the numbers that the index knows them by. */
    List<Integer> numbers() throws IOException;

    /** The highest number that any container of it has; none above it was given to one that still counts. */
    default int highestNumber() throws IOException {
        return numbers().stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    /** A container is being read, wherever it lies; what has not been for long may leave the volumes first. */
    default void used(int number) {}

    /** A container was deleted: nothing that is left refers to it. */
    default void dropped(int number) throws IOException {}

    /** What was read of a container did not fit: whatever is kept of it nearer than the archive may be wrong. */
    default void suspect(int number) throws IOException {}

    /** Takes what a container holds. */
    interface Listing {
        void container(int number, long bytes, List<FrameEntry> frames) throws IOException;
    }

    /**
     * Tells what containers hold without reading them, which may be impossible at this moment. What is not known is left out.
     * Costs about as much for one as for all.
     */
    default void list(Set<Integer> numbers, Listing listing) throws IOException {}

    /**
     * A snapshot's manifest file, whole.
     *
     * @throws NoSuchFileException where the archive does not hold it
     */
    default byte[] manifest(UUID snapshot) throws IOException {
        throw new NoSuchFileException("manifest " + snapshot);
    }

    /**
     * Opens a container for reading; the caller closes it. Reading fails with {@link FrozenException} where it must be thawed
     * first.
     *
     * @throws NoSuchFileException where the archive does not hold it
     */
    Disk.DiskFile open(int number) throws IOException;
}
