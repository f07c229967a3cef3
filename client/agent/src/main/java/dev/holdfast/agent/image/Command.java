package dev.holdfast.agent.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a short program of the system. */
public final class Command {
    private static final int MOST_BYTES = 8 << 20;
    private static final int SECONDS = 60;

    private Command() {}

    /** @param output of both streams */
    public record Result(int code, String output) {}

    /** @throws IOException where there is no such program, or it does not end within a minute */
    static Result run(List<String> command) throws IOException {
        return run(command, SECONDS);
    }

    /** @param seconds that it may take */
    public static Result run(List<String> command, int seconds) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
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
            process.getOutputStream().close();
            String text = new String(out.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), text);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        } finally {
            guard.interrupt();
        }
    }
}
