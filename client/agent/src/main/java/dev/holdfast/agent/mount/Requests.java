package dev.holdfast.agent.mount;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers the kernel's requests (linux/fuse.h, version 7.31 and later), each by the thread that read it. */
final class Requests {
    private static final int HEADER_BYTES = 40;
    private static final int MINOR = 31;
    static final int MAX_READ_BYTES = 1 << 20;
    private static final int CAN_ASYNC_READ = 1;
    private static final int CAN_READDIRPLUS = 1 << 13;
    private static final int CAN_READDIRPLUS_AUTO = 1 << 14;
    private static final int CAN_PARALLEL_DIROPS = 1 << 18;
    private static final int CAN_POSIX_ACL = 1 << 20;
    private static final int CAN_MAX_PAGES = 1 << 22;
    private static final int CAN_CACHE_SYMLINKS = 1 << 23;
    private static final int MAX_BACKGROUND = 64;
    private static final int KEEP_CACHE = 1 << 1;
    private static final int CACHE_DIRECTORY = 1 << 3;
    /** What is in a snapshot never changes. */
    private static final long UNCHANGING_SECONDS = 86_400;

    private static final long CHANGING_SECONDS = 1;
    private static final int ENOENT = 2;
    private static final int EIO = 5;
    private static final int ENXIO = 6;
    private static final int EINVAL = 22;
    private static final int EROFS = 30;
    private static final int ERANGE = 34;
    private static final int ENOSYS = 38;
    private static final int ENODATA = 61;
    private static final int ESTALE = 116;
    private static final int MAX_TOLD = 100;
    private static final long SEEK_DATA = 3;

    private final MountedTree tree;
    private final ChunkCache chunks;
    private final long cacheBytes;
    private final boolean others;
    private final Consumer<String> tell;
    private final Map<Long, OpenFile> open = new ConcurrentHashMap<>();
    private final AtomicLong nextHandle = new AtomicLong(1);
    private final AtomicLong told = new AtomicLong();
    private final CountDownLatch started = new CountDownLatch(1);

    /** @param others whether the kernel checks permissions, since others than the user that mounts may enter */
    Requests(MountedTree tree, ChunkCache chunks, long cacheBytes, boolean others, Consumer<String> tell) {
        this.tree = tree;
        this.chunks = chunks;
        this.cacheBytes = cacheBytes;
        this.others = others;
        this.tell = tell;
    }

    /** Open once the kernel began to use the file system. */
    CountDownLatch started() {
        return started;
    }

    /** An error that the kernel is told. */
    private static final class Refused extends IOException {
        final int errno;

        Refused(int errno) {
            super("errno " + errno, null);
            this.errno = errno;
        }
    }

    /** Answers a request; returns the length of the reply, or 0 where none is wanted. */
    long answer(MemorySegment request, Reply reply) {
        int opcode = request.get(JAVA_INT, 4);
        long number = request.get(JAVA_LONG, 8);
        long inode = request.get(JAVA_LONG, 16);
        reply.reset();
        int error = 0;
        try {
            if (!answer(opcode, inode, request.asSlice(HEADER_BYTES), reply)) {
                return 0;
            }
        } catch (Refused e) {
            error = e.errno;
        } catch (IOException e) {
            error = errno(e);
            warn(inode, e);
        } catch (RuntimeException e) {
            error = EIO;
            warn(inode, new IOException(e.toString(), e));
        }
        return reply.finish(number, error);
    }

    private boolean answer(int opcode, long inode, MemorySegment body, Reply reply) throws IOException {
        switch (opcode) {
            case Opcode.LOOKUP -> lookup(inode, name(body), reply);
            case Opcode.GETATTR -> status(inode, reply);
            case Opcode.READLINK -> reply.bytes(tree.readlink(inode));
            case Opcode.OPEN -> open(inode, reply);
            case Opcode.READ -> read(body, reply);
            case Opcode.STATFS -> reply.zeros(40).i32(4096).i32(512).i32(4096).zeros(28);
            case Opcode.RELEASE -> open.remove(body.get(JAVA_LONG, 0));
            case Opcode.GETXATTR -> xattr(inode, body.get(JAVA_INT, 0), name(body.asSlice(8)), reply);
            case Opcode.LISTXATTR -> xattrs(inode, body.get(JAVA_INT, 0), reply);
            // Flushing and syncing what nobody writes.
            case Opcode.FSYNC, Opcode.FLUSH, Opcode.RELEASEDIR, Opcode.FSYNCDIR, Opcode.DESTROY -> {}
            case Opcode.INIT -> init(body, reply);
            case Opcode.OPENDIR ->
                reply.i64(0)
                        .i32(tree.changing(inode) ? 0 : KEEP_CACHE | CACHE_DIRECTORY)
                        .i32(0);
            case Opcode.READDIR -> list(inode, body, false, reply);
            case Opcode.READDIRPLUS -> list(inode, body, true, reply);
            case Opcode.LSEEK -> seek(inode, body, reply);
            // What is forgotten was never remembered; an interrupted request ends by itself.
            case Opcode.FORGET, Opcode.INTERRUPT, Opcode.BATCH_FORGET -> {
                return false;
            }
            case Opcode.SETATTR,
                    Opcode.SYMLINK,
                    Opcode.MKNOD,
                    Opcode.MKDIR,
                    Opcode.UNLINK,
                    Opcode.RMDIR,
                    Opcode.RENAME,
                    Opcode.LINK,
                    Opcode.WRITE,
                    Opcode.SETXATTR,
                    Opcode.REMOVEXATTR,
                    Opcode.CREATE,
                    Opcode.FALLOCATE,
                    Opcode.RENAME2,
                    Opcode.COPY_FILE_RANGE -> throw new Refused(EROFS);
            default -> throw new Refused(ENOSYS);
        }
        return true;
    }

    private static int errno(IOException cause) {
        return cause instanceof RemoteException remote && remote.code() == ErrorCode.NOT_FOUND ? ESTALE : EIO;
    }

    private void warn(long inode, IOException cause) {
        if (cause instanceof ConnectionLostException) {
            // The session told it, once for all who ask.
            return;
        }
        long before = told.getAndIncrement();
        if (before < MAX_TOLD) {
            tell.accept("warning: " + tree.describe(inode) + ": " + cause.getMessage());
        } else if (before == MAX_TOLD) {
            tell.accept("warning: further errors are not shown");
        }
    }

    private static byte[] name(MemorySegment body) {
        long end = 0;
        while (body.get(JAVA_BYTE, end) != 0) {
            end++;
        }
        return body.asSlice(0, end).toArray(JAVA_BYTE);
    }

    private void init(MemorySegment body, Reply reply) throws Refused {
        int offered = body.get(JAVA_INT, 12);
        if (body.get(JAVA_INT, 0) != 7 || body.get(JAVA_INT, 4) < MINOR) {
            tell.accept("warning: the kernel is too old; its FUSE has version " + body.get(JAVA_INT, 0) + "."
                    + body.get(JAVA_INT, 4) + ", and 7." + MINOR + " is needed");
            throw new Refused(EINVAL);
        }
        int wanted = CAN_ASYNC_READ
                | CAN_READDIRPLUS
                | CAN_READDIRPLUS_AUTO
                | CAN_PARALLEL_DIROPS
                | CAN_MAX_PAGES
                | CAN_CACHE_SYMLINKS
                | (others ? CAN_POSIX_ACL : 0);
        reply.i32(7)
                .i32(MINOR)
                .i32(body.get(JAVA_INT, 8))
                .i32(offered & wanted)
                .i16(MAX_BACKGROUND)
                .i16(MAX_BACKGROUND * 3 / 4)
                .i32(4096)
                .i32(1)
                .i16(MAX_READ_BYTES / 4096)
                .i16(0)
                .zeros(32);
        started.countDown();
    }

    private long seconds(long inode) {
        return tree.changing(inode) ? CHANGING_SECONDS : UNCHANGING_SECONDS;
    }

    private void lookup(long parent, byte[] name, Reply reply) throws IOException {
        long inode = tree.lookup(parent, name);
        if (inode == MountedTree.NONE) {
            if (tree.changing(parent)) {
                throw new Refused(ENOENT);
            }
            // The kernel remembers that there is none.
            reply.i64(0).i64(0).i64(UNCHANGING_SECONDS).zeros(Reply.ENTRY_BYTES - 24);
            return;
        }
        entry(inode, tree.status(inode, false), seconds(parent), reply);
    }

    private void entry(long inode, FileStatus status, long nameSeconds, Reply reply) {
        reply.entry(inode, status, nameSeconds, status.exact() ? seconds(inode) : 0);
    }

    private void status(long inode, Reply reply) throws IOException {
        FileStatus status = tree.status(inode, true);
        reply.i64(seconds(inode)).i64(0).attributes(status);
    }

    private void open(long inode, Reply reply) throws IOException {
        long handle = nextHandle.getAndIncrement();
        open.put(handle, new OpenFile(tree.content(inode), chunks, cacheBytes));
        reply.i64(handle).i32(KEEP_CACHE).i32(0);
    }

    private OpenFile opened(MemorySegment body) throws Refused {
        OpenFile file = open.get(body.get(JAVA_LONG, 0));
        if (file == null) {
            throw new Refused(EINVAL);
        }
        return file;
    }

    private void read(MemorySegment body, Reply reply) throws IOException {
        int size = Math.min(body.get(JAVA_INT, 16), MAX_READ_BYTES);
        reply.filled(opened(body).read(body.get(JAVA_LONG, 8), size, reply.room(size)));
    }

    private void xattr(long inode, int size, byte[] name, Reply reply) throws IOException {
        for (Xattr each : tree.xattrs(inode)) {
            if (Arrays.equals(each.name(), name)) {
                sized(size, each.value().length, reply);
                if (size != 0) {
                    reply.bytes(each.value());
                }
                return;
            }
        }
        throw new Refused(ENODATA);
    }

    private void xattrs(long inode, int size, Reply reply) throws IOException {
        List<Xattr> all = tree.xattrs(inode);
        sized(size, all.stream().mapToInt(each -> each.name().length + 1).sum(), reply);
        if (size != 0) {
            all.forEach(each -> reply.bytes(each.name()).zeros(1));
        }
    }

    /** Who asks with no room is told how much is needed. */
    private static void sized(int room, int needed, Reply reply) throws Refused {
        if (room == 0) {
            reply.i32(needed).i32(0);
        } else if (needed > room) {
            throw new Refused(ERANGE);
        }
    }

    private void list(long directory, MemorySegment body, boolean plus, Reply reply) throws IOException {
        long cookie = body.get(JAVA_LONG, 8);
        int room = Math.min(body.get(JAVA_INT, 16), MAX_READ_BYTES);
        try {
            tree.list(directory, cookie, (name, type, inode, node, next) -> {
                int bytes = Reply.direntBytes(name.length) + (plus ? Reply.ENTRY_BYTES : 0);
                if (reply.bodyBytes() + bytes > room) {
                    return false;
                }
                if (plus) {
                    plus(directory, inode, node, reply);
                }
                reply.dirent(name, type, inode, next);
                return true;
            });
        } catch (IOException e) {
            // What came before is shown; the next request meets the error again.
            if (reply.bodyBytes() == 0) {
                throw e;
            }
        }
    }

    private void plus(long directory, long inode, Node.@Nullable Named node, Reply reply) throws IOException {
        if (node == null || node instanceof Node.HardLink) {
            reply.noEntry();
        } else {
            entry(inode, tree.status(inode, node, false), seconds(directory), reply);
        }
    }

    private void seek(long inode, MemorySegment body, Reply reply) throws IOException {
        long offset = body.get(JAVA_LONG, 8);
        boolean data = body.get(JAVA_INT, 16) == SEEK_DATA;
        FileContent content = tree.content(inode);
        long length = content.length();
        if (offset < 0 || offset >= length) {
            throw new Refused(ENXIO);
        }
        long[] found = {data ? -1 : offset};
        content.extents(offset, length, (position, extent) -> {
            if (data) {
                found[0] = Math.max(offset, position);
                return false;
            }
            if (position > found[0]) {
                return false;
            }
            found[0] = position + extent.length();
            return true;
        });
        if (found[0] < 0) {
            throw new Refused(ENXIO);
        }
        reply.i64(Math.min(found[0], length));
    }
}
