package dev.holdfast.protocol.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * The monitor of a running machine (QMP). After anything but a refusal the connection is of no use any more, and every further command
 * fails. Safe for use by several threads.
 */
public final class Qmp implements AutoCloseable {
    private final Path path;
    private final JsonSocket socket;
    private final Limits limits;
    private final @Nullable UnixDomainPrincipal peer;
    private long lastId;
    /** Why the connection is of no use any more; null while it is. */
    private @Nullable IOException broken;

    /**
     * How long is waited.
     *
     * @param greeting of the monitor, which serves one client at a time
     * @param command any command
     */
    public record Limits(Duration greeting, Duration command) {
        public static final Limits USUAL = new Limits(Duration.ofSeconds(10), Duration.ofSeconds(60));
    }

    private Qmp(Path path, JsonSocket socket, Limits limits) {
        this.path = path;
        this.socket = socket;
        this.limits = limits;
        this.peer = peer(socket);
    }

    /** The machine refused a command; the connection goes on. */
    public static final class RefusedException extends IOException {
        RefusedException(String message) {
            super(message);
        }
    }

    /** @throws IOException where no monitor answers there, with what may be done about it */
    public static Qmp connect(Path path, Limits limits) throws IOException {
        JsonSocket socket;
        try {
            socket = JsonSocket.connect(path, JsonSocket.Deadline.in(limits.greeting));
        } catch (JsonSocket.TooSlowException e) {
            throw new IOException(
                    "cannot connect to the machine's monitor at " + path + ": " + e.getMessage()
                            + "; a monitor serves one program at a time, and others wait for it already",
                    e);
        } catch (IOException e) {
            throw new IOException(
                    "cannot connect to the machine's monitor at " + path + ": " + e.getMessage()
                            + "; check that the machine runs, with -qmp unix:" + path + ",server=on,wait=off",
                    e);
        }
        try {
            Qmp qmp = new Qmp(path, socket, limits);
            qmp.greet();
            return qmp;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void greet() throws IOException {
        JsonSocket.Deadline deadline = JsonSocket.Deadline.in(limits.greeting);
        try {
            JsonNode greeting = socket.receive(deadline);
            while (greeting.has("event")) {
                // QEMU 7.2 sends events before it, to those who connect while the machine starts.
                greeting = socket.receive(deadline);
            }
            if (!greeting.path("QMP").isObject()) {
                throw new IOException("the greeting is not one of QMP");
            }
        } catch (JsonSocket.TooSlowException e) {
            throw failed(
                    "greeting", e.getMessage() + "; a monitor serves one program at a time: is another connected?", e);
        } catch (IOException e) {
            throw failed("greeting", e.getMessage(), e);
        }
        execute("qmp_capabilities", Map.of());
    }

    private IOException failed(String what, @Nullable String why, IOException cause) {
        return new IOException("the machine's monitor at " + path + ", " + what + ": " + why, cause);
    }

    public JsonNode execute(String command) throws IOException {
        return execute(command, Map.of());
    }

    /**
     * Runs a command, and returns what it returns.
     *
     * @throws RefusedException with what the machine says
     */
    public synchronized JsonNode execute(String command, Map<String, ?> arguments) throws IOException {
        if (broken != null) {
            throw new IOException(broken.getMessage(), broken);
        }
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("execute", command);
        if (!arguments.isEmpty()) {
            message.put("arguments", arguments);
        }
        String id = "holdfast-" + ++lastId;
        message.put("id", id);
        try {
            JsonSocket.Deadline deadline = JsonSocket.Deadline.in(limits.command);
            socket.send(message, deadline);
            JsonNode answer = socket.receive(deadline);
            while (answer.has("event")) {
                answer = socket.receive(deadline);
            }
            return result(command, id, answer);
        } catch (RefusedException e) {
            throw e;
        } catch (IOException e) {
            broken = failed(command, e.getMessage(), e);
            throw broken;
        }
    }

    /** Runs a command that the machine may refuse, as where a job has just ended; returns whether the machine ran it. */
    public boolean attempt(String command, Map<String, ?> arguments) throws IOException {
        try {
            execute(command, arguments);
            return true;
        } catch (RefusedException e) {
            return false;
        }
    }

    /** A job of the machine; empty where it has none of this name. */
    public Optional<JsonNode> job(String id) throws IOException {
        for (JsonNode each : execute("query-jobs")) {
            if (each.path("id").asText().equals(id)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private static JsonNode result(String command, String id, JsonNode answer) throws IOException {
        JsonNode error = answer.path("error");
        // What could not be read as a command is answered without its id.
        if (!answer.path("id").asText().equals(id)) {
            throw new IOException("an answer belongs to another command");
        }
        if (error.isObject()) {
            throw new RefusedException(command + ": " + error.path("desc").asText("refused"));
        }
        if (!answer.has("return")) {
            throw new IOException("an answer has neither a result nor an error");
        }
        return answer.path("return");
    }

    /** Who runs the machine, if the system tells. */
    public Optional<UserPrincipal> runner() {
        return Optional.ofNullable(peer).map(UnixDomainPrincipal::user);
    }

    private static @Nullable UnixDomainPrincipal peer(JsonSocket socket) {
        try {
            return socket.channel().getOption(ExtendedSocketOptions.SO_PEERCRED);
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        // Not synchronized: it ends a command that waits.
        socket.close();
    }
}
