package dev.holdfast.agent.backup;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.text.LooseText;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a command prints. The end of it is an end only if the command succeeded: where a pipe just ends, this fails, so that
 * half a dump never becomes a snapshot. Closing it ends the command.
 */
public final class CommandStream extends FilterInputStream {
    private final Process process;
    private final String name;
    private final After after;
    private boolean closed;

    /** What is left to do when a command is over. */
    public interface After {
        void run() throws IOException;
    }

    private CommandStream(Process process, String name, After after) {
        super(process.getInputStream());
        this.after = after;
        this.process = process;
        this.name = name;
    }

    /** Starts a command; its standard error is this process's, its standard input is empty. */
    public static CommandStream start(List<String> command) throws IOException {
        for (String word : command) {
            if (!LooseText.isText(word)) {
                throw new IllegalArgumentException("the command has a word that is no UTF-8: " + LooseText.escaped(word)
                        + "; put it into a script");
            }
        }
        return start(
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT),
                command.getFirst(),
                () -> {});
    }

    /**
     * Starts a script in its directory.
     *
     * @param errors takes its standard error
     * @param after run once, when the stream is closed or the script could not be started
     */
    public static CommandStream start(Path script, Map<String, String> environment, Path errors, After after)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(script.toString())
                .directory(script.resolveSibling(".").toFile())
                .redirectError(errors.toFile());
        builder.environment().putAll(environment);
        return start(builder, String.valueOf(script.getFileName()), after);
    }

    private static CommandStream start(ProcessBuilder builder, String name, After after) throws IOException {
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            after.run();
            throw new PhrasedException(
                    Phrase.of("client.command-not-run").with("command", name).with("reason", e), e);
        }
        process.getOutputStream().close();
        return new CommandStream(process, name, after);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        if (count < 0) {
            requireSuccess();
        }
        return count;
    }

    private void requireSuccess() throws IOException {
        int code;
        try {
            code = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (code != 0) {
            throw new PhrasedException(
                    code > 128
                            ? Phrase.of("client.command-ended")
                                    .with("command", name)
                                    .with("signal", code - 128)
                            : Phrase.of("client.command-failed")
                                    .with("command", name)
                                    .with("code", code));
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            super.close();
        } finally {
            after.run();
        }
    }
}
