package dev.holdfast.agent.vm;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * libvirt, asked by its program virsh.
 *
 * @param connection options that say which libvirt
 */
record Virsh(Path program, List<String> connection) {
    /** libvirt itself waits half a minute for a domain that another program works on. */
    private static final int SECONDS = 90;

    private static final String ENVIRONMENT = "LIBVIRT_DEFAULT_URI";

    /** libvirt refused a command, or could not be asked. */
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
                .orElseThrow(
                        () -> new IOException(
                                "virsh was not found; install it: package libvirt-clients (Debian) or libvirt-client (Red Hat)"));
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
     */
    String run(String command, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(program.toString(), "-q"));
        words.addAll(connection);
        words.add(command);
        words.addAll(List.of(arguments));
        Command.Result result = Command.finish(words, "", SECONDS);
        if (result.code() != 0) {
            String text = result.output().strip().replaceAll("(?m)^error: ", "").replaceAll("\\s*\\n\\s*", ": ");
            throw new RefusedException("virsh " + command + ": "
                    + (text.isEmpty() ? "it ended with " + result.code() + ", or not within " + SECONDS + " s" : text));
        }
        return result.output();
    }

    /** A domain's option: its UUID, since libvirt takes a name of digits for a number. */
    static String domain(String uuid) {
        return "--domain=" + uuid;
    }
}
