package dev.holdfast.agent.allocation;

import dev.holdfast.agent.image.Command;
import dev.holdfast.agent.image.LoopDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs programs that read a file system which may have been made to attack them: as a user that exists nowhere else, without
 * capabilities and network, with little memory and time; what they start ends with them. All that they can reach is the file system,
 * through a loop device that the kernel does not let anybody write to, and what everybody may read.
 */
final class Jail implements AutoCloseable {
    private static final Path DEVICES = Path.of("/dev");
    private static final String PREFIX = "holdfast-jail-";
    /** The user of the first loop device. No system gives users from it on to anybody, and systemd does not to a service or container. */
    private static final int FIRST_USER = 0x7FFE_0000;

    private static final int SECONDS = 600;
    private static final long LOOK_MILLIS = 200;
    /** And threads. */
    private static final int PROCESSES = 16;

    private static final long MEMORY_BYTES = 2L << 30;
    private static final int MESSAGE_BYTES = 1 << 20;
    private static final int MAX_TOLD = 300;
    /** Programs go on after some errors, as if what they could not read were free. That they do not run as root, they tell always. */
    private static final Pattern TROUBLE = Pattern.compile(
            "(?i)(?<!\"access denied\" )error|fail|\\bbug\\b|invalid|corrupt|can't|cannot|couldn't|unable|mismatch|warning|missing");

    private final LoopDevice loop;
    private final Path directory;
    private final Path node;
    /** Its own, so that jails at the same time cannot look into each other. */
    private final int user;

    private final int seconds;

    private Jail(LoopDevice loop, Path directory, int seconds) throws IOException {
        this.loop = loop;
        this.directory = directory;
        this.node = directory.resolve("disk");
        this.seconds = seconds;
        String name = String.valueOf(loop.path().getFileName());
        try {
            this.user = Math.addExact(FIRST_USER, Integer.parseInt(name.replaceFirst("^loop", "")));
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IOException("a loop device has the name " + name, e);
        }
    }

    /**
     * Makes one for a range of a disk.
     *
     * @throws IOException where this system, or this user, cannot
     */
    static Jail over(Path disk, Range range) throws IOException {
        return over(disk, range, SECONDS);
    }

    /** @param seconds that a program may take */
    static Jail over(Path disk, Range range, int seconds) throws IOException {
        removeLeft();
        LoopDevice loop = LoopDevice.over(
                disk,
                "--read-only",
                "--offset",
                Long.toString(range.start()),
                "--sizelimit",
                Long.toString(range.bytes()));
        try {
            // In /dev, since file systems elsewhere may not allow device nodes.
            Path directory = Files.createTempDirectory(
                    DEVICES, PREFIX + ProcessHandle.current().pid() + "-");
            try {
                Jail jail = new Jail(loop, directory, seconds);
                jail.makeNode();
                return jail;
            } catch (IOException | RuntimeException e) {
                removeNode(directory);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    private void makeNode() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        long device = (long) Files.getAttribute(loop.path(), "unix:rdev");
        long major = device >>> 8 & 0xFFF;
        long minor = device & 0xFF | device >>> 12 & 0xFFF00;
        Command.Result made = Command.run(
                List.of(program("mknod"), "-m", "0600", node.toString(), "b", "" + major, "" + minor), SECONDS);
        if (made.code() != 0) {
            throw new IOException("mknod: " + told(made.output()));
        }
        Files.setAttribute(node, "unix:uid", user);
    }

    /** What killed processes left; their loop devices went with them. */
    private static void removeLeft() throws IOException {
        try (Stream<Path> all = Files.list(DEVICES)) {
            for (Path each : all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .toList()) {
                String pid =
                        each.getFileName().toString().substring(PREFIX.length()).replaceFirst("-.*", "");
                if (!Files.exists(Path.of("/proc", pid))) {
                    removeNode(each);
                }
            }
        }
    }

    private static void removeNode(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve("disk"));
        Files.deleteIfExists(directory);
    }

    private static String program(String name) throws IOException {
        return Command.find(name)
                .orElseThrow(() -> new IOException(name + " is not installed"))
                .toString();
    }

    /** Takes what a program prints, of which there may be any amount. */
    interface Reader<T> {
        T read(InputStream output) throws IOException;
    }

    /**
     * What a program did.
     *
     * @param messages of its standard error
     */
    record Ran<T>(String program, int code, T output, String messages) {
        /** Whether it failed, or told of anything that it could not read. */
        boolean trouble() {
            return code != 0 || TROUBLE.matcher(messages).find();
        }

        /** @throws IOException where there was trouble */
        T good() throws IOException {
            if (trouble()) {
                throw new IOException(program + " ended with " + code + ": " + told(messages));
            }
            return output;
        }
    }

    /**
     * Runs a program.
     *
     * @param arguments where the file system is {@link #node}
     */
    <T> Ran<T> run(String name, List<String> arguments, Reader<T> reader) throws IOException {
        List<String> command = new ArrayList<>(List.of(program("unshare"), "--net", "--ipc", "--pid", "--fork"));
        // The first of its processes: with it, all end that it started, and it ends with unshare.
        command.addAll(List.of(program("setpriv"), "--reuid=" + user, "--regid=" + user, "--clear-groups"));
        command.addAll(List.of("--no-new-privs", "--inh-caps=-all", "--pdeathsig=KILL"));
        command.addAll(List.of(program("prlimit"), "--as=" + MEMORY_BYTES, "--cpu=" + seconds, "--core=0"));
        // Of its messages, which go to a file.
        command.addAll(List.of("--fsize=" + MESSAGE_BYTES, "--nofile=64", "--nproc=" + PROCESSES, "--", program(name)));
        command.addAll(arguments);
        Path errors = Files.createTempFile("holdfast-", ".errors");
        try {
            return run(name, command, errors, reader);
        } finally {
            Files.delete(errors);
        }
    }

    private <T> Ran<T> run(String name, List<String> command, Path errors, Reader<T> reader) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        builder.redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            Thread caller = Thread.currentThread();
            Thread guard = Thread.ofPlatform().daemon().name("jail").start(() -> guard(process, caller));
            T output;
            try (InputStream from = process.getInputStream()) {
                output = reader.read(from);
            } catch (IOException e) {
                requireGoingOn();
                String messages = Files.readString(errors, StandardCharsets.ISO_8859_1);
                throw TROUBLE.matcher(messages).find() ? new IOException(name + ": " + told(messages), e) : e;
            } finally {
                guard.interrupt();
            }
            requireGoingOn();
            // It closed its output, so that it ends, or is ended.
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                throw new IOException(name + " does not end");
            }
            return new Ran<>(name, process.exitValue(), output, Files.readString(errors, StandardCharsets.ISO_8859_1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            process.destroyForcibly();
        }
    }

    private static void requireGoingOn() throws InterruptedException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
    }

    /** Ends a program that takes too long, or whose caller is interrupted: that does not end the reading of its output. */
    private void guard(Process process, Thread caller) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (caller.isInterrupted() || System.nanoTime() > end) {
                    process.destroyForcibly();
                }
            }
        } catch (InterruptedException e) {
            // The output has ended.
        }
    }

    private static String told(String text) {
        String line = text.strip().replaceAll("[^ -~]+", " ").replaceAll(" +", " ");
        return line.length() > MAX_TOLD ? line.substring(line.length() - MAX_TOLD) : line;
    }

    /** The file system. */
    String node() {
        return node.toString();
    }

    @Override
    public void close() throws IOException {
        try {
            removeNode(directory);
        } finally {
            loop.close();
        }
    }
}
