package dev.holdfast.hardware.collect;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the tools that know hardware: from known directories, without a shell, with arguments as given, with limits of time
 * and output.
 */
public final class Tools {
    private static final int MOST_BYTES = 8 << 20;
    private static final Duration KILL = Duration.ofSeconds(2);

    /** Where packages of distributions and makers put them. */
    private static final List<Path> DIRECTORIES = List.of(
            Path.of("/usr/sbin"),
            Path.of("/usr/bin"),
            Path.of("/sbin"),
            Path.of("/bin"),
            Path.of("/opt/MegaRAID/storcli"),
            Path.of("/opt/MegaRAID/perccli"),
            Path.of("/opt/smartstorageadmin/ssacli/bin"));

    private final List<Path> directories;
    private final Duration limit;

    /** @param limit of the time of one run */
    public Tools(List<Path> directories, Duration limit) {
        this.directories = List.copyOf(directories);
        this.limit = limit;
    }

    /** Those of this machine. */
    public static Tools installed() {
        return new Tools(DIRECTORIES, Duration.ofSeconds(30));
    }

    /** What became of a run. */
    public sealed interface Result {
        /** It ended; some tools end with a code above 0 where they found something. */
        record Output(byte[] bytes, int code) implements Result {}

        /** It could not be run, or did not end. */
        record Failed(String why) implements Result {}
    }

    /** The first of the names that is installed. */
    Optional<Path> find(String... names) {
        for (String name : names) {
            for (Path each : directories) {
                Path file = each.resolve(name);
                if (Files.isRegularFile(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    Result run(Path tool, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(tool.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TZ", "UTC0");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Result.Failed(tool + " cannot be run: " + e.getMessage());
        }
        try {
            return read(tool, process);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Result read(Path tool, Process process) {
        CompletableFuture<byte[]> output = new CompletableFuture<>();
        // A tool that hangs in the kernel cannot even be killed: its reader is left behind.
        Thread.ofPlatform().daemon().name("output of " + tool.getFileName()).start(() -> {
            try (InputStream in = process.getInputStream()) {
                output.complete(in.readNBytes(MOST_BYTES + 1));
            } catch (IOException e) {
                output.completeExceptionally(e);
            }
        });
        try {
            byte[] bytes = output.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (bytes.length > MOST_BYTES) {
                return new Result.Failed(tool.getFileName() + " printed more than " + MOST_BYTES + " bytes");
            }
            if (!process.waitFor(KILL.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Result.Failed(tool.getFileName() + " does not end");
            }
            return new Result.Output(bytes, process.exitValue());
        } catch (TimeoutException e) {
            return new Result.Failed(tool.getFileName() + " did not answer within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            return new Result.Failed(tool.getFileName() + " could not be read: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result.Failed(tool.getFileName() + " was interrupted");
        }
    }
}
