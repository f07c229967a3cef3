package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Linux through libc. */
final class LinuxPlatform implements Platform {
    @Override
    public Directory openRoot() throws IOException {
        return open(new byte[] {'/'});
    }

    @Override
    public Directory open(byte[] path) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int fd = Libc.openat(s, Libc.AT_FDCWD, s.name(path), Libc.O_RDONLY | Libc.O_DIRECTORY, 0);
        if (fd < 0) {
            throw Libc.error(s, "open", path);
        }
        return new LinuxDirectory(fd);
    }

    @Override
    public BlockFile openBlocks(Path path, boolean update) throws IOException {
        return new LinuxBlockFile(path, update);
    }

    @Override
    public byte[] resolve(byte[] path) throws IOException {
        Libc.Scratch s = Libc.scratch();
        byte[] resolved = Libc.resolved(s, s.name(path));
        if (resolved.length == 0) {
            throw Libc.error(s, "resolve", path);
        }
        return resolved;
    }

    @Override
    public List<SourceMount> mounts(List<TreePath> sources, List<TreePath> links) {
        SourceMounts mounts = new SourceMounts(Mounts.read());
        return sources.stream()
                .flatMap(each -> mounts.of(each, !links.contains(each)).stream())
                .toList();
    }

    @Override
    public boolean privileged() {
        return Libc.geteuid() == 0;
    }

    @Override
    public boolean owns(Stat file) {
        return file.uid() == Libc.geteuid();
    }

    @Override
    public boolean yieldToOthers() {
        // The kernel derives the disk's priority from this one.
        return Libc.nice(19) == 0;
    }
}
