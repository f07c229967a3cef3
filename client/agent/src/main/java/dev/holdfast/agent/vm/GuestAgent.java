package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.qmp.GuestAgentSocket;
import dev.holdfast.protocol.qmp.JsonSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The agent of QEMU in a machine (qemu-ga), if there is one: has it write back and hold the file systems for the moment of the backup. A
 * backup never depends on it.
 */
final class GuestAgent {
    private final Path path;
    private final Limits limits;
    private final Consumer<String> warn;
    private boolean held;
    private boolean warned;

    /**
     * How long is waited.
     *
     * @param answer of an agent that is there
     * @param freeze until all file systems are held
     */
    record Limits(Duration answer, Duration freeze) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(60));
    }

    /**
     * @param warn takes what did not work
     * @param held whether the file systems may be held already, by a backup that was killed
     */
    GuestAgent(Path path, Limits limits, Consumer<String> warn, boolean held) {
        this.path = path;
        this.limits = limits;
        this.warn = warn;
        this.held = held;
    }

    Path path() {
        return path;
    }

    /** The agent says no. */
    private static final class RefusedException extends IOException {
        RefusedException(String message) {
            super(message);
        }
    }

    /** What is done while the file systems are held. */
    interface Moment {
        void run() throws IOException;
    }

    /**
     * Does something while the file systems are held, or while they are not, if the agent does not answer. Thaws them whatever happens;
     * where that fails, {@link #thaw} tries again.
     *
     * @return how many file systems were held
     */
    synchronized int during(Moment moment) throws IOException {
        int count = 0;
        boolean before = held;
        try {
            JsonSocket socket = GuestAgentSocket.open(path, limits.answer);
            try (socket) {
                held = true;
                count = call(socket, "guest-fsfreeze-freeze", limits.freeze).asInt();
            }
        } catch (IOException e) {
            // It lets go itself what it held.
            held = before || held && !(e instanceof RefusedException);
            warn.accept("the file systems in the machine were not frozen: guest agent at " + path + ": "
                    + e.getMessage() + "; the backup has what a power failure would leave");
        }
        try {
            moment.run();
        } finally {
            thaw();
        }
        return count;
    }

    /** Whether the file systems may be held still. */
    synchronized boolean held() {
        return held;
    }

    /** Lets the file systems go on, if they may be held. */
    synchronized void thaw() {
        if (!held) {
            return;
        }
        try {
            try {
                thawOnce();
            } catch (IOException e) {
                // The agent may have been busy with the freeze still.
                thawOnce();
            }
            held = false;
        } catch (IOException e) {
            warn(e);
        }
    }

    /** Once: it is tried often. */
    private void warn(IOException e) {
        if (!warned) {
            warn.accept("the file systems in the machine MAY STILL BE FROZEN: guest agent at " + path + ": "
                    + e.getMessage()
                    + "; this backup tries again until it ends, and the next one before it begins; to do"
                    + " it yourself, send guest-fsfreeze-thaw to the agent");
        }
        warned = true;
    }

    private void thawOnce() throws IOException {
        try (JsonSocket socket = GuestAgentSocket.open(path, limits.answer)) {
            call(socket, "guest-fsfreeze-thaw", limits.freeze);
        }
    }

    private static JsonNode call(JsonSocket socket, String command, Duration limit) throws IOException {
        JsonSocket.Deadline deadline = JsonSocket.Deadline.in(limit);
        socket.send(Map.of("execute", command), deadline);
        JsonNode answer = socket.receive(deadline);
        if (answer.path("error").isObject()) {
            throw new RefusedException(
                    command + ": " + answer.path("error").path("desc").asText("refused"));
        }
        return answer.path("return");
    }
}
