package dev.holdfast.control.boot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.qmp.GuestAgentSocket;
import dev.holdfast.protocol.qmp.JsonSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the guest agent in a machine, which is not trusted: each answer has a limit of time and of length. */
final class AgentProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration COMMAND = Duration.ofSeconds(20);
    private static final int MOST_OUTPUT_CHARACTERS = 2000;

    private final Path socket;

    AgentProbe(Path socket) {
        this.socket = socket;
    }

    /** Whether an agent answers. */
    boolean answers() {
        try {
            GuestAgentSocket.open(socket, PATIENCE).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private JsonNode call(String command, Map<String, ?> arguments) throws IOException {
        JsonSocket.Deadline deadline = JsonSocket.Deadline.in(COMMAND);
        try (JsonSocket opened = GuestAgentSocket.open(socket, PATIENCE)) {
            opened.send(Map.of("execute", command, "arguments", arguments), deadline);
            JsonNode answer = opened.receive(deadline);
            if (answer.path("error").isObject()) {
                throw new BootException(Phrase.of("boot-drill.agent")
                        .with("command", command)
                        .with("reason", shown(answer.path("error").path("desc").asText("refused"))));
            }
            return answer.path("return");
        }
    }

    /** Begins to run a script of the shell in the machine. Returns the number of its process. */
    long begin(String script) throws IOException {
        return call("guest-exec", Map.of("path", "/bin/sh", "arg", List.of("-c", script), "capture-output", true))
                .path("pid")
                .asLong();
    }

    /**
     * What a script that has ended said.
     *
     * @param code 0 for success; -1 where a signal ended it
     */
    record Ended(long code, String output) {}

    /** Empty where the script has not ended. */
    Optional<Ended> ended(long pid) throws IOException {
        JsonNode status = call("guest-exec-status", Map.of("pid", pid));
        if (!status.path("exited").asBoolean()) {
            return Optional.empty();
        }
        String output = text(status.path("out-data").asText())
                + text(status.path("err-data").asText());
        return Optional.of(new Ended(status.path("exitcode").asLong(-1), shown(output)));
    }

    private static String text(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String shown(String text) {
        String plain = text.replaceAll("[\\p{Cntrl}\\p{Cf}&&[^\\n\\t]]", "").strip();
        return plain.substring(Math.max(0, plain.length() - MOST_OUTPUT_CHARACTERS));
    }
}
