package dev.holdfast.agent.vm;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * libvirt, asked by its program virsh.
 *
 * @param connection options that say which libvirt
 * @param end when its commands end at the latest, by {@link System#nanoTime}; null where each has its own time
 */
record Virsh(
        Path program, List<String> connection, @Nullable Long end) {
    /** libvirt itself waits half a minute for a domain that another program works on. */
    private static final int SECONDS = 90;

    /** Of a process that was killed. */
    private static final int KILLED = 128 + 9;

    private static final String ENVIRONMENT = "LIBVIRT_DEFAULT_URI";

    Virsh(Path program, List<String> connection) {
        this(program, connection, null);
    }

    /** The same, whose commands from now on end within this time all together. */
    Virsh within(int seconds) {
        return new Virsh(program, connection, System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
    }

    /** libvirt refused a command, or could not be asked. One that did not end in time is none: libvirt may still do it. */
    static final class RefusedException extends IOException {
        private final String said;

        RefusedException(String said) {
            super(said);
            this.said = said;
        }

        String said() {
            return said;
        }
    }

    static boolean installed() {
        return Command.find("virsh").isPresent();
    }

    /** The libvirt that {@code LIBVIRT_DEFAULT_URI} names; else that of the system for root, and that of the user for others. */
    static Virsh find() throws IOException {
        Path program = Command.find("virsh")
                .orElseThrow(() -> new IOException(
                        "virsh was not found; install it: package libvirt-clients (Debian) or libvirt-client"
                                + " (Red Hat)"));
        String uri = System.getenv(ENVIRONMENT);
        List<String> connection = uri != null && !uri.isEmpty()
                ? List.of("-c", uri)
                : List.of("-c", Platform.current().privileged() ? "qemu:///system" : "qemu:///session");
        return new Virsh(program, connection);
    }

    /** As a person would give it. */
    String shown() {
        return "virsh " + String.join(" ", connection);
    }

    /**
     * Runs a command to its end, and returns what it prints.
     *
     * @throws RefusedException with what libvirt says
     * @throws IOException where it did not end in time
     */
    String run(String command, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(program.toString(), "-q"));
        words.addAll(connection);
        words.add(command);
        words.addAll(List.of(arguments));
        int seconds = seconds(command);
        long begun = System.nanoTime();
        String late = "virsh " + command + ": libvirt did not answer within " + seconds + " s";
        Command.Result result;
        try {
            result = Command.finish(words, "", seconds);
        } catch (IOException e) {
            // The output of a program that is killed may be closed before its end is seen.
            throw System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(seconds) ? e : new IOException(late, e);
        }
        if (result.code() == KILLED) {
            throw new IOException(late);
        }
        if (result.code() != 0) {
            String text = result.output().strip().replaceAll("(?m)^error: ", "").replaceAll("\\s*\\n\\s*", ": ");
            throw new RefusedException(
                    "virsh " + command + ": " + (text.isEmpty() ? "it ended with " + result.code() : text));
        }
        return result.output();
    }

    private int seconds(String command) throws IOException {
        if (end == null) {
            return SECONDS;
        }
        long left = end - System.nanoTime();
        if (left <= 0) {
            throw new IOException("virsh " + command + ": no time is left for it");
        }
        return Math.clamp(TimeUnit.NANOSECONDS.toSeconds(left) + 1, 1, SECONDS);
    }

    /** A domain's option: its UUID, since libvirt takes a name of digits for a number. */
    static String domain(String uuid) {
        return "--domain=" + uuid;
    }
}
