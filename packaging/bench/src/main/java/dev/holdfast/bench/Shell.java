package dev.holdfast.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Runs scripts of bash and collects what other processes print. Safe for use by several threads. */
final class Shell {
    private Shell() {}

    /** What a process printed, and its exit code. */
    record Result(int code, String out, String err) {}

    /**
     * Runs a script.
     *
     * @param name for messages
     */
    static Result run(String script, String name) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-ec", script).start();
        process.getOutputStream().close();
        return finish(process, name);
    }

    /** Waits for a process that was started, for at most 10 minutes. */
    static Result finish(Process process, String name) throws IOException, InterruptedException {
        StringBuilder err = new StringBuilder();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                err.append(e);
            }
        });
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            throw new IOException(name + " does not end");
        }
        reader.join();
        return new Result(process.exitValue(), out, err.toString());
    }

    /** Runs a script that must not fail. */
    static void must(String script, String what) throws IOException, InterruptedException {
        Result result = run(script, what);
        if (result.code != 0) {
            throw new IOException(what + " failed with " + result.code + ": " + result.out + result.err);
        }
    }
}
