package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An appliance on this machine, as a process of its own that this command starts and stops through the launcher. Logs go
 * beside it. Also where a signal ends this command, it is stopped, and a temporary directory is deleted. Used by one thread.
 */
final class LocalAppliance implements AutoCloseable {
    private static final int START_SECONDS = 60;
    private static final int STOP_SECONDS = 30;
    private static final Pattern CONSOLE = Pattern.compile("Console on (https://\\S+)");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final Path data;
    private final boolean temporary;
    private final Thread hook = Thread.ofPlatform().unstarted(this::end);
    private volatile @Nullable Process process;
    private volatile @Nullable Process command;
    private volatile boolean kept;

    /**
     * @param directory holds its data, in {@code appliance/}, and its logs
     * @param temporary whether to delete the directory at the end
     */
    LocalAppliance(Path directory, boolean temporary) {
        this.directory = directory;
        this.data = directory.resolve("appliance");
        this.temporary = temporary;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Has {@link #close} leave it running, with its files. */
    void keep() {
        kept = true;
    }

    /** Has {@link #close} stop it, but leave its files. */
    void keepFiles() throws InterruptedException {
        stop();
        kept = true;
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook does the same, now.
        }
    }

    private synchronized void end() {
        Process running = command;
        if (running != null) {
            running.destroy();
        }
        if (kept) {
            return;
        }
        try {
            if (running != null) {
                running.waitFor();
            }
            stop();
            if (temporary && Files.exists(directory)) {
                delete(directory);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.getLogger(LocalAppliance.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot delete " + directory + ": " + e.getMessage());
        }
    }

    Path data() {
        return data;
    }

    static String launcher() {
        String path = System.getProperty("holdfast.launcher");
        if (path == null) {
            throw new IllegalStateException("start this command through the holdfast launcher");
        }
        return path;
    }

    /** A command of the appliance failed: so does this one, with the same exit code. */
    static final class FailedException extends IOException {
        private final int code;

        FailedException(String message, int code) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private ProcessBuilder command(String log, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(launcher(), "appliance"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectError(directory.resolve(log + ".log").toFile());
    }

    /** Runs an appliance command and returns what it printed; fails as it fails, but not for {@link #warnings}. */
    String run(String log, List<String> arguments) throws IOException, InterruptedException {
        Process started = command(log, arguments).start();
        command = started;
        started.getOutputStream().close();
        byte[] printed = started.getInputStream().readAllBytes();
        int code = started.waitFor();
        command = null;
        if (code != ExitCode.OK && code != ExitCode.WARNINGS) {
            String said = Files.readString(directory.resolve(log + ".log")).strip();
            throw new FailedException(said.replaceFirst("^holdfast: ", ""), code);
        }
        return new String(printed, StandardCharsets.UTF_8);
    }

    /** What a command that was run warned of. */
    List<String> warnings(String log) throws IOException {
        return Files.readAllLines(directory.resolve(log + ".log")).stream()
                .filter(each -> each.startsWith("holdfast: "))
                .toList();
    }

    JsonNode json(String log, List<String> arguments) throws IOException, InterruptedException {
        return JSON.readTree(run(log, arguments));
    }

    /** As {@link #run}, on this appliance's data. */
    String onData(String log, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data.toString()));
        return run(log, all);
    }

    /** Starts it and waits until it listens; returns its URL. */
    String start() throws IOException, InterruptedException {
        List<String> run = List.of("run", "--data", data.toString(), "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0");
        Process started = command("appliance", run)
                .redirectOutput(directory.resolve("appliance.out").toFile())
                .start();
        process = started;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < deadline && started.isAlive()) {
            Path file = data.resolve("run.json");
            if (Files.exists(file)) {
                JsonNode json = JSON.readTree(Files.readAllBytes(file));
                if (json.path("pid").asLong() == started.pid()) {
                    return "https://" + json.path("host").asText() + ":"
                            + json.path("port").asInt();
                }
            }
            Thread.sleep(50);
        }
        throw new IOException("the appliance did not start: " + Files.readString(directory.resolve("appliance.log")));
    }

    /** Where the console is, with a first user whose password lies in a file that only this user reads. */
    String console() throws IOException, InterruptedException {
        String said = Files.readString(directory.resolve("appliance.out"));
        Matcher served = CONSOLE.matcher(said);
        if (!served.find()) {
            throw new IOException("the appliance serves no console: " + said);
        }
        Path password = passwordFile();
        if (!Files.exists(password)) {
            byte[] random = new byte[12];
            new SecureRandom().nextBytes(random);
            Files.createFile(
                    password, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(password, Base64.getUrlEncoder().encodeToString(random) + "\n");
        }
        if (!onData("user", "user", "list", "--json").contains("\"admin\"")) {
            onData("user", "user", "add", "admin", "--role", "administrator", "--password-file", password.toString());
        }
        return served.group(1);
    }

    Path passwordFile() {
        return directory.resolve("console-password");
    }

    long pid() {
        Process running = process;
        return running == null ? -1 : running.pid();
    }

    /** A token for a new node, or for one that is there. */
    String token(String... options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("token", "create", "--json"));
        arguments.addAll(List.of(options));
        return JSON.readTree(onData("token", arguments.toArray(String[]::new)))
                .path("token")
                .asText();
    }

    void stop() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroy();
            if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                running.destroyForcibly().waitFor();
            }
            process = null;
        }
    }

    /** Deletes a directory with all that is in it. */
    static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
