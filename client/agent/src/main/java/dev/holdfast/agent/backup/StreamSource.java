package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A stream that is backed up in place of files, as one file of a name. */
record StreamSource(InputStream stream, String name) implements Given {
    @Override
    public void give(Takers takers) throws IOException, InterruptedException {
        FileJob job = new FileJob(takers.root(), path().name(), path(), stat(), 0);
        takers.stats().files.increment();
        takers.output().streamed(job);
        takers.readers().readStream(job, stream);
    }

    TreePath path() throws IOException {
        return TreePath.parse(name);
    }

    /** What the manifest says of the file: modified now, readable by its owner. */
    static Stat stat() {
        Timestamp now = new Timestamp(System.currentTimeMillis() / 1000, 0);
        return new Stat(Stat.Type.FILE, 0600, 0, 0, 0, 0, now, now, null, 0, 0, 1, 0, 0, 0);
    }

    /** A stream in the place of a file: read once, from the beginning, by one thread. */
    record AsFile(InputStream stream, Stat stat) implements Directory.FileHandle {
        @Override
        public int read(long position, byte[] target, int offset, int length) throws IOException {
            return stream.read(target, offset, length);
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextData(long position) {
            return position;
        }

        @Override
        public long nextHole(long position) {
            return Long.MAX_VALUE;
        }

        @Override
        public List<Xattr> xattrs() {
            return List.of();
        }

        @Override
        public void awaitWrites(long size) {}

        @Override
        public void watchMappings() {}

        @Override
        public InodeFlags flags() {
            return InodeFlags.NONE;
        }

        @Override
        public void truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tryLock() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> apply(Attributes attributes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
