package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;

/**
 * An open directory. Every operation is relative to it and follows no symlink, so that nothing done below it can be led
 * elsewhere. Names are bytes. Safe for use by several threads; the opener closes it.
 */
public interface Directory extends AutoCloseable {
    /** The names in it, in no order, without {@code .} and {@code ..}. */
    List<byte[]> names() throws IOException;

    Stat stat() throws IOException;

    Stat stat(byte[] name) throws IOException;

    Directory openDirectory(byte[] name) throws IOException;

    /** As {@link #openDirectory}, but a symlink of that name is followed: for links that the caller knows it may trust. */
    Directory openLinkedDirectory(byte[] name) throws IOException;

    /** Opens a regular file for reading, without touching its access time where the system allows. */
    FileHandle openFile(byte[] name) throws IOException;

    byte[] readLink(byte[] name) throws IOException;

    /** All extended attributes of a file of any type, sorted by name; none where the file system has none. */
    List<Xattr> xattrs(byte[] name) throws IOException;

    /** Inode flags and project of this directory; none where the system has none. */
    InodeFlags flags();

    // ---- making

    /** Creates a regular file that must not exist, for its owner alone. */
    FileHandle createFile(byte[] name) throws IOException;

    /** Opens an existing regular file for reading and writing. */
    FileHandle openForUpdate(byte[] name) throws IOException;

    /** Creates a directory that must not exist, for its owner alone. */
    void makeDirectory(byte[] name) throws IOException;

    void makeSymlink(byte[] name, byte[] target) throws IOException;

    void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) throws IOException;

    /** Gives a file in this directory a second name in another. */
    void link(byte[] name, Directory target, byte[] targetName) throws IOException;

    /** Replaces what has the new name. */
    void rename(byte[] from, byte[] to) throws IOException;

    /** As {@link #rename}, but fails, see {@link OsException#exists}, where something has the new name. */
    void renameNew(byte[] from, byte[] to) throws IOException;

    void remove(byte[] name, boolean directory) throws IOException;

    /** Waits until everything written to this directory's file system is on disk; fails where something written was lost. */
    void sync() throws IOException;

    /**
     * Sets owner, extended attributes, mode and modification time, in an order that loses none, and removes extended
     * attributes and ACLs that are not asked for. A uid or gid of -1 stays as it is. Returns what could not be set, and
     * what the file system stored differently, as texts that say the kind and not the value.
     */
    List<String> apply(byte[] name, Stat.Type type, Attributes attributes) throws IOException;

    @Override
    void close() throws IOException;

    /**
     * An open regular file. Several threads may read, write, and look for data and holes at the same time; anything else is done
     * by one thread while no other uses the file. The opener closes it: never during a call of another thread, which could reach
     * another file that got the same descriptor.
     */
    interface FileHandle extends AutoCloseable {
        Stat stat() throws IOException;

        /** Reads up to {@code length} bytes; -1 at the end. */
        int read(long position, byte[] target, int offset, int length) throws IOException;

        /** Writes all. */
        void write(long position, byte[] source, int offset, int length) throws IOException;

        /**
         * Tells that a range without holes will be written, in any order, by several threads: the file system may find room for all
         * of it at once, and grow the file up to its end. Does nothing where that would not help, or fails; writing then tells why.
         */
        default void reserve(long position, long length) throws IOException {}

        /** Where the next data at or after {@code position} begins; -1 where only a hole follows. */
        long nextData(long position) throws IOException;

        /** Where the next hole at or after {@code position} begins: at the latest the file's end. */
        long nextHole(long position) throws IOException;

        /**
         * Waits until writes that have begun are done: a write moves the file's times first, and its content afterwards. Does
         * nothing where the file system has no lock that tells.
         *
         * @param size of the file, as {@link #stat} said it
         */
        void awaitWrites(long size);

        /**
         * Makes the next store through a mapping move the file's times: only the first one since the kernel wrote the page back
         * does. Does nothing where the file system keeps no times for mappings.
         */
        void watchMappings();

        /** As {@link Directory#xattrs}, of the open file. */
        List<Xattr> xattrs() throws IOException;

        /** As {@link Directory#flags}, of the open file. */
        InodeFlags flags();

        void truncate(long size) throws IOException;

        /**
         * Takes the file's lock, until it is closed, if no other handle has it; of this process or of any other. True as well
         * where the file system has no locks.
         */
        boolean tryLock() throws IOException;

        /** As {@link Directory#apply}, on the open file; one just created is searched for attributes and flags to remove only if its directory may have given it some. */
        List<String> apply(Attributes attributes) throws IOException;

        @Override
        void close() throws IOException;
    }
}
