package dev.holdfast.agent.image;

import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdClient;
import dev.holdfast.protocol.nbd.NbdClientOptions;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk in a format that qemu knows: {@code qemu-nbd} has the file open, and serves the bytes that a machine sees through a socket
 * that only this user can reach. Closing it ends the program.
 */
final class QemuDisk implements BlockFile {
    private static final String ALLOCATION = "base:allocation";
    private static final int START_SECONDS = 30;
    private static final int END_SECONDS = 60;
    private static final long POLL_MILLIS = 20;
    private static final int MOST_MESSAGE_BYTES = 4096;

    private final Path directory;
    private final Process process;
    private final NbdClient client;
    private final ExtentCursor extents;

    private QemuDisk(Path directory, Process process, NbdClient client) {
        this.directory = directory;
        this.process = process;
        this.client = client;
        this.extents = new ExtentCursor(client, ALLOCATION, NbdExtent.ZERO);
    }

    /**
     * Opens a file.
     *
     * @throws IOException where the tools are not there, the file is not whole, or a running machine has it; with what qemu says
     */
    static QemuDisk open(Path file, ImageFormat format, boolean update) throws IOException {
        Path directory = Files.createTempDirectory("holdfast-disk-");
        Process process = null;
        try {
            Path socket = directory.resolve("nbd");
            Path errors = directory.resolve("errors");
            List<String> command = new ArrayList<>(List.of(
                    "qemu-nbd", "--format=" + format.qemu(), "--socket=" + socket, "--shared=1", "--discard=unmap"));
            if (!update) {
                command.add("--read-only");
            }
            command.add("--");
            command.add(file.toString());
            process = QemuTools.start(command, errors);
            NbdClient client = connect(process, socket, errors, file);
            return new QemuDisk(directory, process, client);
        } catch (IOException | RuntimeException e) {
            if (process != null) {
                process.destroyForcibly();
            }
            delete(directory);
            throw e;
        }
    }

    private static NbdClient connect(Process process, Path socket, Path errors, Path file) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (true) {
            try {
                return NbdClient.connect(
                        NbdAddress.unix(socket), NbdClientOptions.of("").withContexts(ALLOCATION));
            } catch (IOException e) {
                // The socket is made before the file is opened, which may fail.
                if (!process.isAlive()) {
                    throw new IOException(file + " cannot be opened: " + message(errors), e);
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            file + " cannot be opened: qemu-nbd did not answer within " + START_SECONDS + " s", e);
                }
            }
            pause(process);
        }
    }

    private static void pause(Process process) throws IOException {
        try {
            process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private static String message(Path errors) throws IOException {
        try (InputStream in = Files.newInputStream(errors)) {
            return new String(in.readNBytes(MOST_MESSAGE_BYTES), StandardCharsets.UTF_8)
                    .strip()
                    .replace('\n', ' ');
        }
    }

    @Override
    public long size() {
        return client.size();
    }

    @Override
    public boolean device() {
        // Its size is fixed as well.
        return true;
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        if (position >= size()) {
            return -1;
        }
        int count = (int) Math.min(length, size() - position);
        client.read(position, ByteBuffer.wrap(target, offset, count));
        return count;
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
        client.write(position, ByteBuffer.wrap(source, offset, length));
    }

    @Override
    public boolean punch(long position, long length) throws IOException {
        if (!client.info().canZero()) {
            return false;
        }
        client.zero(position, length, true);
        return true;
    }

    @Override
    public long nextData(long position) throws IOException {
        return next(position, false, -1);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return next(position, true, size());
    }

    private long next(long position, boolean zero, long otherwise) throws IOException {
        if (!extents.known()) {
            return zero || position >= size() ? otherwise : position;
        }
        return extents.next(position, zero, otherwise);
    }

    @Override
    public void truncate(long size) throws IOException {
        throw new IOException("a disk in this format keeps its size");
    }

    @Override
    public void sync() throws IOException {
        client.flush();
    }

    @Override
    public void close() throws IOException {
        try {
            client.close();
            // It ends after its last client.
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("qemu-nbd did not end within " + END_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new IOException(
                        "qemu-nbd ended with " + process.exitValue() + ": " + message(directory.resolve("errors")));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) throws IOException {
        for (String each : List.of("nbd", "errors")) {
            Files.deleteIfExists(directory.resolve(each));
        }
        Files.deleteIfExists(directory);
    }
}
