package dev.holdfast.agent.consistent;

import java.io.IOException;
import java.util.List;

/** A way to take snapshots of file systems. */
interface Way {
    /** Whether it is made for this type of file system. */
    boolean isOf(String type);

    /**
     * Takes snapshots, as much at one time as can be, and leads the view to them. File systems that have none are refused by
     * {@link Taking#refuse}, which decides what that means.
     */
    void take(List<Survey.FileSystem> fileSystems, Taking taking) throws IOException;

    /** Fails where a snapshot that was taken is not what it was any more. */
    default void requireIntact() throws IOException {}
}
