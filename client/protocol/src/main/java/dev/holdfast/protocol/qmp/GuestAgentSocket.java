package dev.holdfast.protocol.qmp;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;

/** Connects to the guest agent of QEMU (qemu-ga) in a machine. */
public final class GuestAgentSocket {
    private static final int MAX_ID = 1 << 30;
    private static final byte DELIMITER = (byte) 0xFF;
    private static final SecureRandom RANDOM = new SecureRandom();

    private GuestAgentSocket() {}

    /**
     * Connects, and skips answers to commands of earlier programs. The caller closes the socket.
     *
     * @param longest to wait for an agent that answers
     */
    public static JsonSocket open(Path path, Duration longest) throws IOException {
        JsonSocket.Deadline deadline = JsonSocket.Deadline.in(longest);
        JsonSocket socket = JsonSocket.connect(path, deadline);
        try {
            int id = RANDOM.nextInt(MAX_ID);
            socket.send(Map.of("execute", "guest-sync-delimited", "arguments", Map.of("id", id)), deadline, DELIMITER);
            while (socket.receive(deadline).path("return").asInt(-1) != id) {
                // The answer to a command of an earlier program.
            }
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }
}
