package dev.holdfast.agent.fs;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
    public byte[] resolve(byte[] path) throws IOException {
        Libc.Scratch s = Libc.scratch();
        MemorySegment resolved = Libc.realpath(s, s.name(path));
        if (resolved.address() == 0) {
            throw Libc.error(s, "resolve", path);
        }
        long length = 0;
        while (s.data.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return s.data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
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
