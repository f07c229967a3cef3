package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The way to the operating system's files: libc on Linux, java.nio elsewhere. */
public interface Platform {
    Directory openRoot() throws IOException;

    /**
     * The directory that {@code path} names, symlinks followed: a place that the user typed, not one found in a tree.
     *
     * @param path absolute or relative to the working directory
     */
    Directory open(byte[] path) throws IOException;

    /**
     * Opens a block device, or a file with the bytes of a disk, symlinks followed.
     *
     * @param update whether it may be written too; a file that does not exist is made then
     */
    BlockFile openBlocks(Path path, boolean update) throws IOException;

    /** The absolute path with every symlink resolved. */
    byte[] resolve(byte[] path) throws IOException;

    /**
     * The file systems that sources lie on; those that cannot be told are left out.
     *
     * @param links those of them that are symlinks and are not followed
     */
    List<SourceMount> mounts(List<TreePath> sources, List<TreePath> links);

    /**
     * When everything below {@link #openRoot} is in the state that it shows, ms since 1970: now, as long as nothing holds it back.
     */
    default long moment() {
        return System.currentTimeMillis();
    }

    /** Fails where what was read since {@link #moment} may not have been what it was then. */
    default void requireIntact() throws IOException {}

    /** What {@link #openBlocks} reads for a device: itself, or a snapshot of it. */
    default Path blocks(Path device) {
        return device;
    }

    /** Whether this process may read and set everything. */
    boolean privileged();

    /** Whether the file belongs to the user that this process runs as; true where the system does not tell owners by number. */
    boolean owns(Stat file);

    /**
     * From now on the calling thread, and those that it starts, yield to everything else: processor and disk. There is no
     * way back. Returns whether the system can do so.
     */
    boolean yieldToOthers();

    static Platform current() {
        String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        return name.contains("linux") ? new LinuxPlatform() : new NioPlatform();
    }
}
