package dev.holdfast.vault.oss;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Bytes that the system took from this process and the peer has not acknowledged, by connection. The system's buffer
 * may hold minutes of a slow line; only this tells whether they move. Linux; empty elsewhere.
 */
final class SendQueues {
    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

    private SendQueues() {}

    /** Bytes by {@link #key}. */
    static Map<String, Long> read() {
        Map<String, Long> queues = new HashMap<>();
        for (Path table : TABLES) {
            try {
                for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
                    String[] columns = line.strip().split("\\s+");
                    int queue = columns.length < 5 ? -1 : columns[4].indexOf(':');
                    if (queue > 0) {
                        queues.put(
                                port(columns[1]) + ' ' + port(columns[2]),
                                Long.parseLong(columns[4].substring(0, queue), 16));
                    }
                }
            } catch (IOException | RuntimeException e) {
                // Not there, or in another form: then what was written is all that is known.
            }
        }
        return queues;
    }

    private static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }

    static String key(Socket socket) {
        return String.format(Locale.ROOT, "%04X %04X", socket.getLocalPort(), socket.getPort());
    }
}
