package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A file system that fills up or fails in the middle of work. */
public final class FaultyDirectory extends WrappedDirectory {
    /** Something that happens to a file system. */
    public interface Action {
        void run() throws IOException;
    }

    /** What goes wrong. Shared by all directories of a file system. */
    public static final class Faults {
        private long roomBytes = Long.MAX_VALUE;
        private int changesLeft = Integer.MAX_VALUE;
        private int errno;
        private String badName = "";
        private String mountPoint = "";
        private Action atSync = () -> {};
        private int refused;

        /** From now on only so many bytes can be written. */
        public synchronized Faults room(long bytes, int errnoThen) {
            roomBytes = bytes;
            errno = errnoThen;
            return this;
        }

        /** After so many changes, no further one is possible. */
        public synchronized Faults changes(int changes, int errnoThen) {
            changesLeft = changes;
            errno = errnoThen;
            return this;
        }

        /** No directory of this name can be made. */
        public synchronized Faults bad(String name, int errnoThen) {
            badName = name;
            errno = errnoThen;
            return this;
        }

        /** Another file system is mounted on directories of this name; only its syncs do what {@link #atSync} says. */
        public synchronized Faults mounted(String name) {
            mountPoint = name;
            return this;
        }

        public synchronized Faults atSync(Action action) {
            atSync = action;
            return this;
        }

        private synchronized boolean mounts(byte[] name) {
            return new String(name, StandardCharsets.UTF_8).equals(mountPoint);
        }

        private synchronized void sync(boolean mounted) throws IOException {
            if (mounted == !mountPoint.isEmpty()) {
                atSync.run();
            }
        }

        public synchronized int refused() {
            return refused;
        }

        private synchronized void change() throws IOException {
            if (changesLeft-- <= 0) {
                changesLeft = 0;
                refused++;
                throw error(errno, new byte[0]);
            }
        }

        private synchronized void make(byte[] name) throws IOException {
            if (new String(name, StandardCharsets.UTF_8).equals(badName)) {
                throw error(errno, name);
            }
        }

        private synchronized void write(long bytes) throws IOException {
            if (roomBytes < bytes) {
                roomBytes = 0;
                refused++;
                throw error(errno, new byte[0]);
            }
            roomBytes -= bytes;
        }
    }

    private final Faults faults;
    private final boolean mounted;

    public FaultyDirectory(Directory inner, Faults faults) {
        this(inner, faults, false);
    }

    private FaultyDirectory(Directory inner, Faults faults, boolean mounted) {
        super(inner);
        this.faults = faults;
        this.mounted = mounted;
    }

    @Override
    protected WrappedDirectory wrap(Directory directory) {
        return new FaultyDirectory(directory, faults, mounted);
    }

    @Override
    public Directory openDirectory(byte[] name) throws IOException {
        return new FaultyDirectory(inner.openDirectory(existing(name)), faults, mounted || faults.mounts(name));
    }

    @Override
    public Stat stat() throws IOException {
        return mounted ? onAnotherDevice(super.stat()) : super.stat();
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        return mounted || faults.mounts(name) ? onAnotherDevice(super.stat(name)) : super.stat(name);
    }

    private static Stat onAnotherDevice(Stat s) {
        return new Stat(
                s.type(),
                s.mode(),
                s.uid(),
                s.gid(),
                s.size(),
                s.allocated(),
                s.mtime(),
                s.ctime(),
                s.birth(),
                s.inode(),
                s.device() + 1,
                s.links(),
                s.major(),
                s.minor(),
                s.flags());
    }

    @Override
    protected void syncing() throws IOException {
        faults.sync(mounted);
    }

    @Override
    protected byte[] made(byte[] name) throws IOException {
        faults.make(name);
        return name;
    }

    @Override
    protected void changing() throws IOException {
        faults.change();
    }

    @Override
    protected void writing(long bytes) throws IOException {
        faults.write(bytes);
    }
}
