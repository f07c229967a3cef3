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

    /**
     * How long is waited.
     *
     * @param answer of an agent that is there
     * @param freeze until all file systems are held
     */
    record Limits(Duration answer, Duration freeze) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(60));
    }

    /** @param warn takes what did not work */
    GuestAgent(Path path, Limits limits, Consumer<String> warn) {
        this.path = path;
        this.limits = limits;
        this.warn = warn;
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
     * Does something while the file systems are held, or while they are not, if the agent does not answer. Thaws them whatever happens.
     *
     * @return how many file systems were held
     */
    int during(Moment moment) throws IOException {
        int held = 0;
        boolean asked = false;
        try {
            JsonSocket socket = GuestAgentSocket.open(path, limits.answer);
            try (socket) {
                asked = true;
                held = call(socket, "guest-fsfreeze-freeze", limits.freeze).asInt();
            }
        } catch (IOException e) {
            // It lets go itself what it held.
            asked = asked && !(e instanceof RefusedException);
            warn.accept("the file systems in the machine were not frozen: guest agent at " + path + ": "
                    + e.getMessage() + "; the backup has what a power failure would leave");
        }
        try {
            moment.run();
        } finally {
            if (asked) {
                thaw();
            }
        }
        return held;
    }

    /** Lets the file systems go on; also if it is unknown whether they are held. */
    void thaw() {
        try {
            try {
                thawOnce();
            } catch (IOException e) {
                // The agent may have been busy with the freeze still.
                thawOnce();
            }
        } catch (IOException e) {
            warn.accept("the file systems in the machine may still be frozen: guest agent at " + path + ": "
                    + e.getMessage() + "; run guest-fsfreeze-thaw");
        }
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
