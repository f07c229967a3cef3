package dev.holdfast.agent.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Runs a short program of the system. */
public final class Command {
    private static final int MOST_BYTES = 8 << 20;
    private static final int SECONDS = 60;

    /** Whatever the environment says, only from directories that belong to root. */
    private static final List<Path> DIRECTORIES = List.of(
            Path.of("/usr/sbin"),
            Path.of("/usr/bin"),
            Path.of("/sbin"),
            Path.of("/bin"),
            Path.of("/usr/local/sbin"),
            Path.of("/usr/local/bin"));

    private Command() {}

    /** Where a program of the system is, one that may run as root. */
    public static Optional<Path> find(String name) {
        return DIRECTORIES.stream()
                .map(each -> each.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param output of both streams, or of the standard output alone */
    public record Result(int code, String output) {}

    /**
     * As below, without input.
     *
     * @throws IOException where there is no such program, or it does not end in time
     */
    public static Result run(List<String> command, int seconds) throws IOException {
        return run(command, "", seconds);
    }

    /**
     * Runs a program.
     *
     * @param input short, on its standard input
     * @param seconds that it may take
     */
    public static Result run(List<String> command, String input, int seconds) throws IOException {
        return run(new ProcessBuilder(command).redirectErrorStream(true), input, seconds);
    }

    /**
     * As {@link #run(List, String, int)}, on a thread that no order to cancel interrupts: for what must not be left half way.
     */
    public static Result finish(List<String> command, String input, int seconds) throws IOException {
        CompletableFuture<Result> done = new CompletableFuture<>();
        Thread.ofPlatform().name("finish").start(() -> {
            try {
                done.complete(run(command, input, seconds));
            } catch (IOException | RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        try {
            return done.join();
        } catch (CompletionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new IOException(Path.of(command.getFirst()).getFileName() + " cannot be run: " + why.getMessage(), e);
        }
    }

    /** Runs a program for what it prints on its standard output alone: for formats that a warning would spoil. */
    public static Result output(List<String> command) throws IOException {
        return run(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD), "", SECONDS);
    }

    private static Result run(ProcessBuilder builder, String input, int seconds) throws IOException {
        // Its words do not depend on who runs it.
        Map<String, String> environment = builder.environment();
        environment.put("LC_ALL", "C");
        Process process = builder.start();
        Thread guard = Thread.ofPlatform().daemon().name("command").start(() -> {
            try {
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        });
        try (InputStream out = process.getInputStream()) {
            try (OutputStream to = process.getOutputStream()) {
                to.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String text = new String(out.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            // It would wait for a reader.
            out.transferTo(OutputStream.nullOutputStream());
            return new Result(process.waitFor(), text);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        } finally {
            guard.interrupt();
        }
    }
}
