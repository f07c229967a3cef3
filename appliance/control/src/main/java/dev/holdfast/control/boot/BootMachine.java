package dev.holdfast.control.boot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A process of QEMU, and its monitor. It must be started and closed by one thread of the platform, and ends with this thread. The directory
 * is the caller's to delete.
 */
final class BootMachine implements Closeable {
    private static final System.Logger LOG = System.getLogger(BootMachine.class.getName());
    private static final Qmp.Limits LIMITS = new Qmp.Limits(Duration.ofSeconds(20), Duration.ofSeconds(30));
    private static final long START_NANOS = 30_000_000_000L;
    private static final long LOOK_MILLIS = 50;
    private static final int MOST_ERROR_BYTES = 2000;
    private static final Pattern PLACE = Pattern.compile("\\b[ER]IP=(\\w+)");

    private final BootCommand command;
    private final Process process;
    private final SerialConsole console;
    private final StringBuilder errors = new StringBuilder();
    private @Nullable Qmp monitor;

    private BootMachine(BootCommand command, Process process, SerialConsole console) {
        this.command = command;
        this.process = process;
        this.console = console;
    }

    /** @throws BootException where QEMU does not start, with what it says */
    static BootMachine start(BootCommand command, SerialConsole console) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command.words());
        builder.directory(command.directory().toFile());
        builder.environment().keySet().retainAll(Set.of("PATH"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new BootException(Phrase.of("boot-drill.missing").with("reason", e));
        }
        BootMachine machine = new BootMachine(command, process, console);
        boolean started = false;
        try {
            drain(() -> console.read(process.getInputStream()));
            drain(machine::readErrors);
            machine.connect();
            started = true;
            return machine;
        } finally {
            if (!started) {
                machine.close();
            }
        }
    }

    /** Reads a stream until it ends. */
    private interface Reading {
        void run() throws IOException;
    }

    private static void drain(Reading reading) {
        Thread.ofVirtual().name("boot-drill-reader").start(() -> {
            try {
                reading.run();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "a machine has ended", e);
            }
        });
    }

    private void readErrors() throws IOException {
        InputStream in = process.getErrorStream();
        byte[] buffer = new byte[1024];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            synchronized (errors) {
                errors.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                errors.delete(0, Math.max(0, errors.length() - MOST_ERROR_BYTES));
            }
        }
    }

    private void connect() throws IOException {
        long deadline = System.nanoTime() + START_NANOS;
        while (monitor == null) {
            requireAlive();
            boolean late = System.nanoTime() > deadline;
            if (Files.exists(BootCommand.monitor(command.directory()))) {
                try {
                    monitor = Qmp.connect(BootCommand.monitor(command.directory()), LIMITS);
                    return;
                } catch (IOException e) {
                    // The socket is there a little before QEMU listens.
                    requireAlive();
                    if (late) {
                        throw e;
                    }
                }
            } else if (late) {
                throw new BootException(Phrase.of("boot-drill.silent").with("seconds", START_NANOS / 1_000_000_000));
            }
            pause(LOOK_MILLIS);
        }
    }

    /** @throws BootException where the process has ended */
    void requireAlive() throws BootException {
        if (!process.isAlive()) {
            pause(LOOK_MILLIS);
            throw new BootException(Phrase.of("boot-drill.ended")
                    .with("code", process.exitValue())
                    .with("reason", error()));
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What QEMU said last. */
    private String error() {
        synchronized (errors) {
            return errors.toString().strip().replace('\n', ' ');
        }
    }

    boolean kvm() {
        return command.kvm();
    }

    SerialConsole console() {
        return console;
    }

    Path directory() {
        return command.directory();
    }

    private Qmp monitor() {
        return Objects.requireNonNull(monitor);
    }

    /** Such as {@code running}, {@code shutdown} or {@code internal-error}. */
    String status() throws IOException {
        requireAlive();
        return monitor().execute("query-status").path("status").asText();
    }

    /** What a person would be told by the monitor. */
    String told(String line) throws IOException {
        JsonNode told = monitor().execute("human-monitor-command", Map.of("command-line", line));
        return told.asText();
    }

    /** Where the processor is; empty where it waits for something. */
    String place() throws IOException {
        String registers = told("info registers");
        Matcher place = PLACE.matcher(registers);
        return registers.contains("HLT=1") || !place.find() ? "" : place.group(1);
    }

    Screenshot screenshot() throws IOException {
        Path file = directory().resolve("screen.ppm");
        monitor().execute("screendump", Map.of("filename", file.toString()));
        return Screenshot.ofPpm(file);
    }

    /** Ends the machine as a power failure would. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = process.waitFor(1, TimeUnit.MINUTES);
                if (!ended) {
                    LOG.log(System.Logger.Level.WARNING, "process " + process.pid() + " of a drill does not end");
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Qmp connected = monitor;
        if (connected != null) {
            connected.close();
        }
    }
}
