package dev.holdfast.agent.image;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The disks of one backup, opened. Closing it closes them. */
public interface Disks extends AutoCloseable {
    /** The directory of a snapshot that has its disks. */
    String DIRECTORY = "disks";

    /** What describes the machine and its disks, in that directory. */
    String DESCRIPTION = "machine.json";

    /** The most that one snapshot may have. */
    int MAX_DISKS = 256;

    /**
     * A disk.
     *
     * @param name where it is in the snapshot: a regular file with the bytes that the machine sees, whatever the format of the source
     * @param source what is read, for people
     */
    record Disk(TreePath name, String source, BlockSource blocks) {}

    /** Sorted by their names. */
    List<Disk> all();

    /** What describes the machine and these disks, as JSON. */
    byte[] describe(String host, Instant begun) throws IOException;

    /** Is called when the snapshot with these disks is stored, before {@link #close}: later changes count from this snapshot. */
    default void stored(UUID snapshot) {}

    @Override
    void close() throws IOException;

    /** What the snapshot has: the disks, and what describes the machine. */
    default List<TreePath> names() throws FormatException {
        return names(all().stream().map(Disk::name).toList());
    }

    /** What a snapshot of disks with these names has. */
    static List<TreePath> names(List<TreePath> disks) throws FormatException {
        List<TreePath> names = new ArrayList<>(disks);
        names.add(TreePath.parse(DIRECTORY + "/" + DESCRIPTION));
        return names;
    }

    /** Of all disks, zeros included. */
    default long bytes() {
        return all().stream().mapToLong(each -> each.blocks().size()).sum();
    }

    /** Bytes of a disk, which the arithmetic of positions must bear: 4 EiB. */
    static boolean isSize(long bytes) {
        return bytes > 0 && bytes <= Long.MAX_VALUE >> 1;
    }
}
