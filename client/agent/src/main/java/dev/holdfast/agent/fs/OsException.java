package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;

/** A call to the operating system failed. */
public final class OsException extends IOException {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EIO = 5;
    static final int EAGAIN = 11;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int ENOTDIR = 20;
    static final int ENXIO = 6;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int ENAMETOOLONG = 36;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;
    static final int ENODATA = 61;
    static final int EILSEQ = 84;
    static final int EOPNOTSUPP = 95;
    static final int ENOTCONN = 107;
    static final int ESHUTDOWN = 108;
    static final int ESTALE = 116;
    static final int EDQUOT = 122;

    private final int errno;
    private final String reason;

    OsException(int errno, String reason, String call, byte[] name) {
        super(call + (name.length == 0 ? "" : " '" + TreePath.escape(name) + "'") + ": " + reason);
        this.errno = errno;
        this.reason = reason;
    }

    /** What the system says of the error, without the call and the name. */
    public String reason() {
        return reason;
    }

    int errno() {
        return errno;
    }

    /** Whether the file, or a directory on its way, is gone. */
    public boolean vanished() {
        return errno == ENOENT || errno == ENOTDIR || errno == ESTALE || errno == ELOOP;
    }

    /** Whether another directory was found in the place of the one that was looked for. */
    public boolean replaced() {
        return errno == ESTALE;
    }

    /** Whether the file system has no room left: for anybody, or for this user or project. */
    public boolean full() {
        return errno == ENOSPC || errno == EDQUOT;
    }

    /** Whether the file system can likely take nothing any more: it is full, read-only, broken or gone. */
    public boolean hopeless() {
        return switch (errno) {
            case EIO, ENODEV, ENOSPC, EROFS, ENOTCONN, ESHUTDOWN, ESTALE, EDQUOT -> true;
            default -> false;
        };
    }

    /** Whether the reason may be a name that the file system cannot have; FUSE drivers say so in many ways. */
    public boolean ofName() {
        return errno == EINVAL || errno == EILSEQ || errno == ENAMETOOLONG || errno == ENOENT;
    }

    /** Whether the directory is a mounted file system of a process that ended. */
    public boolean disconnected() {
        return errno == ENOTCONN;
    }

    public boolean exists() {
        return errno == EEXIST;
    }
}
