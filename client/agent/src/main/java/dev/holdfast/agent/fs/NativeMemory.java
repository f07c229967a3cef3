package dev.holdfast.agent.fs;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory outside the heap, which the JVM's limits do not count, and which is taken from the system when it is used first. */
public final class NativeMemory {
    private static final long READ_WRITE = 3;
    private static final long PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
    private static final MethodHandle MMAP = Libc.function("mmap");

    private NativeMemory() {}

    /** Takes memory until the process ends. */
    public static MemorySegment reserve(long bytes) throws IOException {
        Libc.Scratch s = Libc.scratch();
        long address;
        try {
            address = (long) MMAP.invokeExact(s.errno, 0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
        if (address == -1) {
            throw Libc.error(s, "mmap", Libc.SELF);
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }
}
