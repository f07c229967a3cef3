package dev.holdfast.agent.fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code fusermount3}, which mounts and unmounts for users that may not, and passes the open device through a socket. */
final class FuseHelper {
    private static final List<Path> PROGRAMS = List.of(
            Path.of("/usr/bin/fusermount3"), Path.of("/bin/fusermount3"), Path.of("/usr/local/bin/fusermount3"));
    private static final String SOCKET_VARIABLE = "_FUSE_COMMFD";
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MESSAGE_BYTES = 56;
    private static final int CONTROL_BYTES = 24;
    private static final int CONTROL_HEADER_BYTES = 16;

    private static final MethodHandle SOCKETPAIR = Libc.function("socketpair");
    private static final MethodHandle FCNTL = Libc.function("fcntl");
    private static final MethodHandle POSIX_SPAWN = Libc.function("posix_spawn");
    private static final MethodHandle WAITPID = Libc.function("waitpid");
    private static final MethodHandle RECVMSG = Libc.function("recvmsg");

    private FuseHelper() {}

    private static Path program() throws IOException {
        return PROGRAMS.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("fusermount3 is not installed, by which users other than root mount;"
                        + " install the package fuse3, or run this as root"));
    }

    /** Mounts, and returns the device. What goes wrong the program says on standard error. */
    static int mount(byte[] point, String options) throws IOException {
        Path program = program();
        Libc.Scratch s = Libc.scratch();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(JAVA_INT, 2);
            long made = call(SOCKETPAIR, s, AF_UNIX, SOCK_STREAM, 0, pair.address(), 0, 0);
            Libc.check(s, (int) made, "socketpair", Libc.SELF);
            int ours = pair.getAtIndex(JAVA_INT, 0);
            int theirs = pair.getAtIndex(JAVA_INT, 1);
            try {
                call(FCNTL, s, ours, F_SETFD, FD_CLOEXEC, 0, 0, 0);
                int child = spawn(arena, s, program, theirs, point, options);
                Libc.close(s, theirs);
                theirs = -1;
                int device = receive(arena, s, ours);
                call(WAITPID, s, child, 0, 0, 0, 0, 0);
                if (device < 0) {
                    throw new IOException("fusermount3 did not mount; its message is above");
                }
                call(FCNTL, s, device, F_SETFD, FD_CLOEXEC, 0, 0, 0);
                return device;
            } finally {
                Libc.close(s, ours);
                if (theirs >= 0) {
                    Libc.close(s, theirs);
                }
            }
        }
    }

    private static int spawn(Arena arena, Libc.Scratch s, Path program, int socket, byte[] point, String options)
            throws IOException {
        List<String> environment = new ArrayList<>();
        System.getenv().forEach((name, value) -> {
            if (!name.equals(SOCKET_VARIABLE)) {
                environment.add(name + "=" + value);
            }
        });
        environment.add(SOCKET_VARIABLE + "=" + socket);
        MemorySegment words = arena.allocate(ADDRESS, 6);
        List<MemorySegment> arguments = List.of(
                arena.allocateFrom("fusermount3"),
                arena.allocateFrom("-o"),
                arena.allocateFrom(options),
                arena.allocateFrom("--"),
                arena.allocateFrom(JAVA_BYTE, Arrays.copyOf(point, point.length + 1)));
        for (int i = 0; i < arguments.size(); i++) {
            words.setAtIndex(ADDRESS, i, arguments.get(i));
        }
        MemorySegment variables = arena.allocate(ADDRESS, environment.size() + 1L);
        for (int i = 0; i < environment.size(); i++) {
            variables.setAtIndex(ADDRESS, i, arena.allocateFrom(environment.get(i)));
        }
        MemorySegment child = arena.allocate(JAVA_INT);
        int failed = (int) call(
                POSIX_SPAWN,
                s,
                child.address(),
                arena.allocateFrom(program.toString()).address(),
                0,
                0,
                words.address(),
                variables.address());
        if (failed != 0) {
            throw Libc.error(failed, "start", program.toString().getBytes(StandardCharsets.UTF_8));
        }
        return child.get(JAVA_INT, 0);
    }

    /** The descriptor that comes through a socket; -1 where it is closed without one. */
    private static int receive(Arena arena, Libc.Scratch s, int socket) {
        MemorySegment data = arena.allocate(1);
        MemorySegment vector = arena.allocate(JAVA_LONG, 2);
        vector.setAtIndex(JAVA_LONG, 0, data.address());
        vector.setAtIndex(JAVA_LONG, 1, 1);
        MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
        MemorySegment message = arena.allocate(MESSAGE_BYTES, 8);
        message.set(JAVA_LONG, 16, vector.address());
        message.set(JAVA_LONG, 24, 1);
        message.set(JAVA_LONG, 32, control.address());
        message.set(JAVA_LONG, 40, CONTROL_BYTES);
        long received = call(RECVMSG, s, socket, message.address(), 0, 0, 0, 0);
        boolean rights = received > 0
                && message.get(JAVA_LONG, 40) >= CONTROL_HEADER_BYTES + Integer.BYTES
                && control.get(JAVA_INT, 8) == SOL_SOCKET
                && control.get(JAVA_INT, 12) == SCM_RIGHTS;
        return rights ? control.get(JAVA_INT, CONTROL_HEADER_BYTES) : -1;
    }

    static boolean unmount(byte[] point, boolean lazily) throws IOException {
        Path program = program();
        Libc.Scratch s = Libc.scratch();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(ADDRESS, 5);
            words.setAtIndex(ADDRESS, 0, arena.allocateFrom("fusermount3"));
            words.setAtIndex(ADDRESS, 1, arena.allocateFrom(lazily ? "-quz" : "-qu"));
            words.setAtIndex(ADDRESS, 2, arena.allocateFrom("--"));
            words.setAtIndex(ADDRESS, 3, arena.allocateFrom(JAVA_BYTE, Arrays.copyOf(point, point.length + 1)));
            MemorySegment child = arena.allocate(JAVA_INT);
            MemorySegment status = arena.allocate(JAVA_INT);
            MemorySegment path = arena.allocateFrom(program.toString());
            MemorySegment none = arena.allocate(ADDRESS);
            int failed =
                    (int) call(POSIX_SPAWN, s, child.address(), path.address(), 0, 0, words.address(), none.address());
            if (failed != 0) {
                throw Libc.error(failed, "start", program.toString().getBytes(StandardCharsets.UTF_8));
            }
            call(WAITPID, s, child.get(JAVA_INT, 0), status.address(), 0, 0, 0, 0);
            return status.get(JAVA_INT, 0) == 0;
        }
    }

    private static long call(MethodHandle function, Libc.Scratch s, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) function.invokeExact(s.errno, a, b, c, d, e, f);
        } catch (Throwable cause) {
            throw Libc.unexpected(cause);
        }
    }
}
