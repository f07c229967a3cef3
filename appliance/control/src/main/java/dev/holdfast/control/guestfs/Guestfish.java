package dev.holdfast.control.guestfs;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A process of guestfish, which runs one command after another. What a command prints may be any bytes of the image: it ends with a line
 * that cannot be guessed, printed by guestfish itself. Errors are in a file: a command fails if it grew. One thread's at a time.
 */
final class Guestfish implements Closeable {
    private static final String MESSAGE = "libguestfs: error: ";
    private static final int MOST_MESSAGE_BYTES = 4096;
    private static final int MOST_TEXT_BYTES = 32 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long CLOSING_SECONDS = 5;

    private final Process process;
    private final OutputStream commands;
    private final InputStream output;
    private final RandomAccessFile errors;
    private final byte[] buffer = new byte[64 << 10];
    private final SecureRandom random = new SecureRandom();
    /** The nano clock's time at which the process is killed. */
    private volatile long deadline = System.nanoTime() + PATIENCE.toNanos();

    private Duration patience = PATIENCE;
    private volatile boolean closed;

    private Guestfish(Process process, RandomAccessFile errors) {
        this.process = process;
        this.commands = process.getOutputStream();
        this.output = process.getInputStream();
        this.errors = errors;
    }

    /**
     * Starts it.
     *
     * @param directory for its errors, which is the caller's to delete
     * @throws GuestfsException where it is not installed
     */
    static Guestfish start(Path directory, Map<String, String> environment) throws IOException {
        Path errors = directory.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder("guestfish");
        builder.directory(directory.toFile());
        builder.redirectError(errors.toFile());
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new GuestfsException(Phrase.of("image-files.missing").with("reason", e));
        }
        Guestfish started = new Guestfish(process, new RandomAccessFile(errors.toFile(), "r"));
        Thread.ofVirtual().name("guestfish-watch").start(started::watch);
        return started;
    }

    /** A machine that was stopped by what it reads must not hold its reader for ever. */
    private void watch() {
        try {
            while (!closed && process.isAlive()) {
                if (System.nanoTime() - deadline > 0) {
                    kill();
                }
                TimeUnit.SECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it at once; the command that it runs fails. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Runs a command whose output is short. */
    byte[] run(String command, Object... arguments) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        run(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int from, int length) throws IOException {
                        if (text.size() + length > MOST_TEXT_BYTES) {
                            throw new GuestfsException(Phrase.of("image-files.too-much"));
                        }
                        text.write(bytes, from, length);
                    }
                },
                command,
                arguments);
        return text.toByteArray();
    }

    String text(String command, Object... arguments) throws IOException {
        return new String(run(command, arguments), StandardCharsets.UTF_8).strip();
    }

    /**
     * Runs a command. If the output cannot be written, or the command gives no sign of life for too long, the process ends.
     *
     * @param arguments texts, or bytes such as those of names
     * @throws GuestfsException where the command failed
     */
    void run(OutputStream out, String command, Object... arguments) throws IOException {
        run(PATIENCE, out, command, arguments);
    }

    /** Starts the machine, which may take so long. */
    void launch(Duration longest) throws IOException {
        run(longest, OutputStream.nullOutputStream(), "launch");
    }

    private void run(Duration longest, OutputStream out, String command, Object... arguments) throws IOException {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        String marker = "end-" + HexFormat.of().formatHex(bytes);
        StringBuilder line = new StringBuilder("-").append(command);
        for (Object each : arguments) {
            line.append(' ').append(each instanceof byte[] raw ? quoted(raw) : each);
        }
        line.append("\necho ").append(marker).append('\n');
        boolean whole = false;
        try {
            patience = longest;
            deadline = System.nanoTime() + patience.toNanos();
            commands.write(line.toString().getBytes(StandardCharsets.UTF_8));
            commands.flush();
            until((marker + "\n").getBytes(StandardCharsets.US_ASCII), out);
            whole = true;
        } finally {
            deadline = Long.MAX_VALUE / 2 + System.nanoTime();
            if (!whole) {
                kill();
            }
        }
        String error = error();
        if (!error.isEmpty()) {
            throw new GuestfsException(Phrase.of("image-files.failed").with("reason", error));
        }
    }

    /** Each byte that could mean something to guestfish is written as its number. */
    static String quoted(byte[] raw) {
        StringBuilder text = new StringBuilder("\"");
        for (byte each : raw) {
            boolean plain = each >= 'a' && each <= 'z' || each >= 'A' && each <= 'Z' || each >= '-' && each <= '9';
            text.append(plain ? String.valueOf((char) each) : String.format("\\x%02x", each));
        }
        return text.append('"').toString();
    }

    static String quoted(String text) {
        return quoted(text.getBytes(StandardCharsets.UTF_8));
    }

    private void until(byte[] marker, OutputStream out) throws IOException {
        int filled = 0;
        while (true) {
            int count = output.read(buffer, filled, buffer.length - filled);
            if (count < 0) {
                String error = error();
                throw new GuestfsException(Phrase.of("image-files.ended")
                        .with("reason", error.isEmpty() ? "it was killed, or gave no sign of life" : error));
            }
            filled += count;
            int safe = Math.max(0, filled - marker.length);
            // The marker is the last that is printed before the next command.
            boolean ended = filled >= marker.length && Arrays.equals(buffer, safe, filled, marker, 0, marker.length);
            if (safe > 0) {
                deadline = Long.MAX_VALUE / 2 + System.nanoTime();
                out.write(buffer, 0, safe);
                System.arraycopy(buffer, safe, buffer, 0, filled - safe);
                filled -= safe;
            }
            if (ended) {
                return;
            }
            deadline = System.nanoTime() + patience.toNanos();
        }
    }

    /** What was printed as errors since it was last asked for; the last of several. */
    private String error() throws IOException {
        long length = errors.length() - errors.getFilePointer();
        if (length <= 0) {
            return "";
        }
        errors.seek(errors.length() - Math.min(length, MOST_MESSAGE_BYTES));
        byte[] bytes = new byte[(int) Math.min(length, MOST_MESSAGE_BYTES)];
        errors.readFully(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8).strip();
        int begin = text.lastIndexOf(MESSAGE);
        return begin < 0 ? text : text.substring(begin + MESSAGE.length());
    }

    /** Ends the process and its machine. */
    @Override
    public void close() throws IOException {
        closed = true;
        try (commands) {
            if (process.isAlive()) {
                commands.write("exit\n".getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // It has ended by itself.
        }
        try {
            if (!process.waitFor(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        } finally {
            output.close();
            errors.close();
        }
    }
}
