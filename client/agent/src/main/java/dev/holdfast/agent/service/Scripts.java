package dev.holdfast.agent.service;

import dev.holdfast.agent.backup.CommandStream;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Scripts that run before and after a backup. A plan names them, but they lie on the client, in a directory that only
 * its administrator writes: whoever takes the appliance over can run nothing else here.
 */
final class Scripts {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final int MAX_OUTPUT_BYTES = 64 << 10;
    private static final int MAX_LINE = 500;
    private static final String OUTPUT = ".output-";

    private final Path directory;

    Scripts(Path directory) {
        this.directory = directory;
    }

    /** Deletes what services left that were killed; only where no other service runs. */
    void discardLeftovers() throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, OUTPUT + "*")) {
                for (Path each : left) {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    /**
     * Runs a script to its end.
     *
     * @param log takes what it says
     * @throws IOException where it may not run, fails, or takes longer than it may
     */
    void run(String name, int seconds, Map<String, String> environment, Consumer<String> log)
            throws IOException, InterruptedException {
        Path script = find(name);
        Path output = Files.createTempFile(directory, OUTPUT, null);
        try {
            ProcessBuilder builder = new ProcessBuilder(script.toString())
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            boolean done;
            try {
                done = process.waitFor(seconds, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                end(process);
                throw e;
            }
            if (!done) {
                end(process);
            }
            say(name, output, log);
            if (!done) {
                throw new PhrasedException(
                        Phrase.of("client.script-too-long").with("script", name).with("seconds", seconds));
            }
            if (process.exitValue() != 0) {
                throw new PhrasedException(
                        Phrase.of("client.script-failed").with("script", name).with("code", process.exitValue()));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /**
     * Starts a script whose output is what to back up; reading it fails where the script does.
     *
     * @param log takes what it says on standard error, when the stream is closed
     */
    CommandStream stream(String name, Map<String, String> environment, Consumer<String> log) throws IOException {
        Path script = find(name);
        Path errors = Files.createTempFile(directory, ".output-", null);
        return CommandStream.start(script, environment, errors, () -> {
            say(name, errors, log);
            Files.delete(errors);
        });
    }

    private static void end(Process process) throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.waitFor();
    }

    private static void say(String name, Path output, Consumer<String> log) throws IOException {
        byte[] said;
        try (var in = Files.newInputStream(output)) {
            said = in.readNBytes(MAX_OUTPUT_BYTES);
        }
        new String(said, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .forEach(line ->
                        log.accept(name + ": " + (line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE))));
    }

    private Path find(String name) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new PhrasedException(Phrase.of("client.script-name").with("script", name));
        }
        Path script = directory.resolve(name);
        if (!Files.isRegularFile(script, LinkOption.NOFOLLOW_LINKS)) {
            throw new PhrasedException(Phrase.of("client.script-missing").with("script", script.toString()));
        }
        for (Path each : new Path[] {directory, script}) {
            PosixFileAttributes attributes =
                    Files.readAttributes(each, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Set<PosixFilePermission> permissions = attributes.permissions();
            if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new PhrasedException(Phrase.of("client.script-writable").with("file", each.toString()));
            }
            String owner = attributes.owner().getName();
            if (!owner.equals("root") && !owner.equals(System.getProperty("user.name"))) {
                throw new PhrasedException(Phrase.of("client.script-owner")
                        .with("file", each.toString())
                        .with("owner", owner));
            }
        }
        if (!Files.isExecutable(script)) {
            throw new PhrasedException(Phrase.of("client.script-not-executable").with("script", script.toString()));
        }
        return script;
    }
}
