package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Btrfs;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;

/** A directory of a {@link View}, which is only read. */
final class MergedDirectory implements Directory {
    private final View view;
    private final Directory inner;
    private final TreePath place;
    private final Devices devices;
    private final View.Redirects redirects;

    /** @param place where it is shown */
    MergedDirectory(View view, Directory inner, TreePath place, Devices devices) {
        this.view = view;
        this.inner = inner;
        this.place = place;
        this.devices = devices;
        this.redirects = view.from(place);
    }

    @Override
    public List<byte[]> names() throws IOException {
        view.requireOpen();
        return inner.names();
    }

    @Override
    public Stat stat() throws IOException {
        return devices.asLive(inner.stat());
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        if (redirects.lead(name)) {
            return redirects.stat(name);
        }
        Stat stat = inner.stat(name);
        if (!devices.equals(Devices.SAME) && stat.device() != devices.snapshot() && Btrfs.isPlaceholder(stat)) {
            throw new IOException("it is a subvolume that was made, moved or deleted while snapshots were taken");
        }
        return devices.asLive(stat);
    }

    @Override
    public Directory openDirectory(byte[] name) throws IOException {
        view.requireOpen();
        if (redirects.lead(name)) {
            return redirects.open(name);
        }
        boolean self = name.length == 1 && name[0] == '.';
        return view.shown(inner.openDirectory(name), self ? place : place.child(name), devices);
    }

    @Override
    public Directory openLinkedDirectory(byte[] name) {
        throw onlyRead();
    }

    @Override
    public FileHandle openFile(byte[] name) throws IOException {
        view.requireOpen();
        return redirects.lead(name)
                ? redirects.use(name, (directory, own, where) -> shown(directory.openFile(own), where))
                : shown(inner.openFile(name), devices);
    }

    private FileHandle shown(FileHandle file, Devices where) {
        return where.equals(Devices.SAME) ? file : new MergedFile(view, file, where);
    }

    @Override
    public byte[] readLink(byte[] name) throws IOException {
        return redirects.lead(name)
                ? redirects.use(name, (directory, own, where) -> directory.readLink(own))
                : inner.readLink(name);
    }

    @Override
    public List<Xattr> xattrs(byte[] name) throws IOException {
        return redirects.lead(name)
                ? redirects.use(name, (directory, own, where) -> directory.xattrs(own))
                : inner.xattrs(name);
    }

    @Override
    public InodeFlags flags() {
        return inner.flags();
    }

    @Override
    public void sync() throws IOException {
        inner.sync();
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    private static UnsupportedOperationException onlyRead() {
        return new UnsupportedOperationException("snapshots are only read");
    }

    @Override
    public FileHandle createFile(byte[] name) {
        throw onlyRead();
    }

    @Override
    public FileHandle openForUpdate(byte[] name) {
        throw onlyRead();
    }

    @Override
    public void makeDirectory(byte[] name) {
        throw onlyRead();
    }

    @Override
    public void makeSymlink(byte[] name, byte[] target) {
        throw onlyRead();
    }

    @Override
    public void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) {
        throw onlyRead();
    }

    @Override
    public void link(byte[] name, Directory target, byte[] targetName) {
        throw onlyRead();
    }

    @Override
    public void rename(byte[] from, byte[] to) {
        throw onlyRead();
    }

    @Override
    public void renameNew(byte[] from, byte[] to) {
        throw onlyRead();
    }

    @Override
    public void remove(byte[] name, boolean directory) {
        throw onlyRead();
    }

    @Override
    public List<String> apply(byte[] name, Stat.Type type, Attributes attributes) {
        throw onlyRead();
    }
}
