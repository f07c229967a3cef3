package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;

/** A call to the operating system failed. */
public final class OsException extends IOException {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EEXIST = 17;
    static final int ENOTDIR = 20;
    static final int ENXIO = 6;
    static final int EINVAL = 22;
    static final int ELOOP = 40;
    static final int ENODATA = 61;
    static final int EOPNOTSUPP = 95;
    static final int ESTALE = 116;

    private final int errno;

    OsException(int errno, String reason, String call, byte[] name) {
        super(call + (name.length == 0 ? "" : " '" + TreePath.escape(name) + "'") + ": " + reason);
        this.errno = errno;
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

    public boolean exists() {
        return errno == EEXIST;
    }
}
