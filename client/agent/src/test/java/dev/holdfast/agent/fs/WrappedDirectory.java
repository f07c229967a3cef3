package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;

/** A real directory behind a layer that a test puts between, as a file system of another kind would behave. */
public abstract class WrappedDirectory implements Directory {
    protected final Directory inner;

    protected WrappedDirectory(Directory inner) {
        this.inner = inner;
    }

    protected abstract WrappedDirectory wrap(Directory directory);

    /** The name that an operation on an existing entry works on. */
    protected byte[] existing(byte[] name) throws IOException {
        return name;
    }

    /** The name that a new entry gets; throws where none can be made. */
    protected byte[] made(byte[] name) throws IOException {
        return name;
    }

    /** Called before anything is changed. */
    protected void changing() throws IOException {}

    /** Called before so many bytes are written to a file. */
    protected void writing(long bytes) throws IOException {}

    /** Writes to a file. */
    protected void write(FileHandle file, long position, byte[] source, int offset, int length) throws IOException {
        file.write(position, source, offset, length);
    }

    /** Closes a file. */
    protected void close(FileHandle file) throws IOException {
        file.close();
    }

    /** Called in place of waiting for the file system to have everything. */
    protected void syncing() throws IOException {}

    protected boolean links() {
        return true;
    }

    public static OsException error(int errno, byte[] name) {
        return Libc.error(errno, "test", name);
    }

    @Override
    public List<byte[]> names() throws IOException {
        return inner.names();
    }

    @Override
    public Stat stat() throws IOException {
        return inner.stat();
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        return inner.stat(existing(name));
    }

    @Override
    public Directory openDirectory(byte[] name) throws IOException {
        return wrap(inner.openDirectory(existing(name)));
    }

    @Override
    public Directory openLinkedDirectory(byte[] name) throws IOException {
        return wrap(inner.openLinkedDirectory(existing(name)));
    }

    @Override
    public FileHandle openFile(byte[] name) throws IOException {
        return new Handle(inner.openFile(existing(name)));
    }

    @Override
    public byte[] readLink(byte[] name) throws IOException {
        return inner.readLink(existing(name));
    }

    @Override
    public List<Xattr> xattrs(byte[] name) throws IOException {
        return inner.xattrs(existing(name));
    }

    @Override
    public InodeFlags flags() {
        return inner.flags();
    }

    @Override
    public FileHandle createFile(byte[] name) throws IOException {
        changing();
        return new Handle(inner.createFile(made(name)));
    }

    @Override
    public FileHandle openForUpdate(byte[] name) throws IOException {
        changing();
        return new Handle(inner.openForUpdate(existing(name)));
    }

    @Override
    public void makeDirectory(byte[] name) throws IOException {
        changing();
        inner.makeDirectory(made(name));
    }

    @Override
    public void makeSymlink(byte[] name, byte[] target) throws IOException {
        changing();
        inner.makeSymlink(made(name), target);
    }

    @Override
    public void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) throws IOException {
        changing();
        inner.makeSpecial(made(name), type, major, minor);
    }

    @Override
    public void link(byte[] name, Directory target, byte[] targetName) throws IOException {
        changing();
        if (!links()) {
            throw error(OsException.EPERM, name);
        }
        WrappedDirectory to = (WrappedDirectory) target;
        inner.link(existing(name), to.inner, to.made(targetName));
    }

    @Override
    public void rename(byte[] from, byte[] to) throws IOException {
        changing();
        inner.rename(existing(from), existing(to));
    }

    @Override
    public void renameNew(byte[] from, byte[] to) throws IOException {
        changing();
        inner.renameNew(existing(from), made(to));
    }

    @Override
    public void remove(byte[] name, boolean directory) throws IOException {
        changing();
        inner.remove(existing(name), directory);
    }

    @Override
    public void sync() throws IOException {
        // That of a test machine is busy with other things.
        syncing();
    }

    @Override
    public List<String> apply(byte[] name, Stat.Type type, Attributes attributes) throws IOException {
        changing();
        return inner.apply(existing(name), type, attributes);
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    private final class Handle implements FileHandle {
        private final FileHandle file;

        Handle(FileHandle file) {
            this.file = file;
        }

        @Override
        public Stat stat() throws IOException {
            return file.stat();
        }

        @Override
        public int read(long position, byte[] target, int offset, int length) throws IOException {
            return file.read(position, target, offset, length);
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) throws IOException {
            changing();
            writing(length);
            WrappedDirectory.this.write(file, position, source, offset, length);
        }

        @Override
        public long nextData(long position) throws IOException {
            return file.nextData(position);
        }

        @Override
        public long nextHole(long position) throws IOException {
            return file.nextHole(position);
        }

        @Override
        public List<Xattr> xattrs() throws IOException {
            return file.xattrs();
        }

        @Override
        public void awaitWrites(long size) {
            file.awaitWrites(size);
        }

        @Override
        public void watchMappings() {
            file.watchMappings();
        }

        @Override
        public InodeFlags flags() {
            return file.flags();
        }

        @Override
        public void truncate(long size) throws IOException {
            changing();
            file.truncate(size);
        }

        @Override
        public boolean tryLock() throws IOException {
            return file.tryLock();
        }

        @Override
        public List<String> apply(Attributes attributes) throws IOException {
            changing();
            return file.apply(attributes);
        }

        @Override
        public void close() throws IOException {
            WrappedDirectory.this.close(file);
        }
    }
}
