package dev.holdfast.agent.mount;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.lang.foreign.MemorySegment;

/** A reply to the kernel, as linux/fuse.h defines it, in memory that is used for one after the other. */
final class Reply {
    private static final int HEADER_BYTES = 16;
    static final int ENTRY_BYTES = 128;
    private static final int DIRENT_BYTES = 24;

    private final MemorySegment memory;
    private long end = HEADER_BYTES;

    Reply(MemorySegment memory) {
        this.memory = memory;
    }

    MemorySegment memory() {
        return memory;
    }

    void reset() {
        end = HEADER_BYTES;
    }

    long bodyBytes() {
        return end - HEADER_BYTES;
    }

    /** Ends the reply; returns its length. */
    long finish(long request, int error) {
        if (error != 0) {
            reset();
        }
        memory.set(JAVA_INT, 0, (int) end);
        memory.set(JAVA_INT, 4, -error);
        memory.set(JAVA_LONG, 8, request);
        return end;
    }

    Reply i16(int value) {
        memory.set(JAVA_BYTE, end, (byte) value);
        memory.set(JAVA_BYTE, end + 1, (byte) (value >> 8));
        end += 2;
        return this;
    }

    Reply i32(int value) {
        memory.set(JAVA_INT, end, value);
        end += 4;
        return this;
    }

    Reply i64(long value) {
        memory.set(JAVA_LONG, end, value);
        end += 8;
        return this;
    }

    Reply zeros(int bytes) {
        memory.asSlice(end, bytes).fill((byte) 0);
        end += bytes;
        return this;
    }

    Reply bytes(byte[] bytes) {
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, end, bytes.length);
        end += bytes.length;
        return this;
    }

    /** Memory for what is written without this class; {@link #filled} says how much it was. */
    MemorySegment room(long bytes) {
        return memory.asSlice(end, bytes);
    }

    void filled(long bytes) {
        end += bytes;
    }

    /** {@code fuse_entry_out}: a name leads to an inode. */
    Reply entry(long inode, FileStatus status, long nameSeconds, long statusSeconds) {
        return i64(inode).i64(0).i64(nameSeconds).i64(statusSeconds).i64(0).attributes(status);
    }

    /** {@code fuse_entry_out} of an entry that the kernel has to look up if it wants to know more. */
    Reply noEntry() {
        return zeros(ENTRY_BYTES);
    }

    /** {@code fuse_attr}. */
    Reply attributes(FileStatus status) {
        Timestamp modified = status.modified();
        Timestamp changed = status.changed();
        return i64(status.inode())
                .i64(status.size())
                .i64(status.blocks())
                .i64(modified.seconds())
                .i64(modified.seconds())
                .i64(changed.seconds())
                .i32(modified.nanos())
                .i32(modified.nanos())
                .i32(changed.nanos())
                .i32(status.mode())
                .i32(status.links())
                .i32(status.uid())
                .i32(status.gid())
                .i32(status.device())
                .i32(4096)
                .i32(0);
    }

    static int direntBytes(int name) {
        return DIRENT_BYTES + (name + 7 & ~7);
    }

    /** {@code fuse_dirent}. */
    Reply dirent(byte[] name, int type, long inode, long cookie) {
        return i64(inode)
                .i64(cookie)
                .i32(name.length)
                .i32(type >> 12)
                .bytes(name)
                .zeros(-name.length & 7);
    }
}
