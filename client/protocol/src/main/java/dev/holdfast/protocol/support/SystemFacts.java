package dev.holdfast.protocol.support;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.Release;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What a support bundle tells of the machine. */
public final class SystemFacts {
    private static final int JOURNAL_SECONDS = 30;
    private static final List<String> TOOLS = List.of("/usr/bin/journalctl", "/bin/journalctl");
    private static final Pattern MEMORY = Pattern.compile("(MemTotal|MemAvailable|SwapTotal|SwapFree):.*");

    private SystemFacts() {}

    /**
     * Release, operating system, Java, processors, memory, and room on file systems.
     *
     * @param places on file systems that count
     */
    public static String text(List<Path> places) {
        StringBuilder text = new StringBuilder();
        text.append("holdfast ").append(Release.NUMBER).append('\n');
        text.append("time ").append(Instant.now()).append('\n');
        for (String each : List.of("os.name", "os.version", "os.arch", "java.runtime.version", "java.vm.name")) {
            text.append(each).append(' ').append(System.getProperty(each)).append('\n');
        }
        Runtime runtime = Runtime.getRuntime();
        text.append("processors ").append(runtime.availableProcessors()).append('\n');
        text.append("most heap ").append(ByteText.of(runtime.maxMemory())).append('\n');
        for (String file : List.of("/etc/os-release", "/proc/loadavg", "/proc/uptime", "/proc/mdstat")) {
            text.append("# ")
                    .append(file)
                    .append('\n')
                    .append(read(Path.of(file)))
                    .append('\n');
        }
        read(Path.of("/proc/meminfo"))
                .lines()
                .filter(line -> MEMORY.matcher(line).matches())
                .forEach(line -> text.append(line).append('\n'));
        int number = 0;
        for (Path each : places) {
            text.append("place ")
                    .append(number++)
                    .append(": ")
                    .append(room(each))
                    .append('\n');
        }
        return text.toString();
    }

    private static String read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(64 << 10), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "not there\n";
        }
    }

    private static String room(Path place) {
        try {
            FileStore store = Files.getFileStore(place);
            return store.type() + ", " + ByteText.of(store.getUsableSpace()) + " of "
                    + ByteText.of(store.getTotalSpace()) + " free" + (store.isReadOnly() ? ", read-only" : "");
        } catch (IOException e) {
            return "cannot be read: " + e.getMessage();
        }
    }

    /** What a systemd unit wrote to the journal in the last days. */
    public static String journal(String unit, int days) throws IOException, InterruptedException {
        String tool = TOOLS.stream()
                .filter(each -> Files.isExecutable(Path.of(each)))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no journalctl on this machine"));
        Process process = new ProcessBuilder(
                        tool, "--unit", unit, "--since", "-" + days + "d", "--no-pager", "--output", "short-iso")
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        Thread limit = Thread.ofVirtual().start(() -> end(process));
        try (InputStream in = process.getInputStream()) {
            return tail(in);
        } finally {
            process.destroyForcibly();
            limit.interrupt();
        }
    }

    private static void end(Process process) {
        try {
            if (!process.waitFor(JOURNAL_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The end of a stream, with at most the bytes of one part. */
    private static String tail(InputStream in) throws IOException {
        byte[] last = new byte[0];
        while (true) {
            byte[] next = in.readNBytes(Bundle.MOST_PART_BYTES);
            if (next.length == 0) {
                return new String(last, StandardCharsets.UTF_8);
            }
            byte[] both = Arrays.copyOf(last, last.length + next.length);
            System.arraycopy(next, 0, both, last.length, next.length);
            last = Arrays.copyOfRange(both, Math.max(0, both.length - Bundle.MOST_PART_BYTES), both.length);
        }
    }
}
