package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A file system that fills up or fails in the middle of work. */
public final class FaultyDirectory extends WrappedDirectory {
    /** What goes wrong. Shared by all directories of a file system. */
    public static final class Faults {
        private long roomBytes = Long.MAX_VALUE;
        private int changesLeft = Integer.MAX_VALUE;
        private int errno;
        private String badName = "";
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

    public FaultyDirectory(Directory inner, Faults faults) {
        super(inner);
        this.faults = faults;
    }

    @Override
    protected WrappedDirectory wrap(Directory directory) {
        return new FaultyDirectory(directory, faults);
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
