package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a backup under way may leave behind where it is killed. Written before anything is done.
 *
 * @param bitmap that it adds to each disk
 * @param replaces the bitmap that it disables; null where there is none
 * @param sockets directory with the socket of the NBD server
 * @param scratch directory with the files that take what the machine overwrites
 * @param agent whose file systems may be frozen; null where none was asked
 */
record Journal(
        String bitmap,
        @Nullable String replaces,
        Path sockets,
        Path scratch,
        @Nullable Path agent) {
    private static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SOCKET = "nbd";

    Path socket() {
        return sockets.resolve(SOCKET);
    }

    Path scratchFile(int disk) {
        return scratch.resolve("disk-" + disk + ".qcow2");
    }

    byte[] json() throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("version", VERSION).put("bitmap", bitmap);
        if (replaces != null) {
            json.put("replaces", replaces);
        }
        json.put("sockets", sockets.toString()).put("scratch", scratch.toString());
        if (agent != null) {
            json.put("agent", agent.toString());
        }
        return JSON.writeValueAsBytes(json);
    }

    static Journal parse(byte[] bytes) throws IOException {
        JsonNode json = JSON.readTree(bytes);
        if (json.path("version").asInt() != VERSION) {
            throw FormatException.corrupt(
                    "it has version " + json.path("version").asText());
        }
        return new Journal(
                json.path("bitmap").asText(),
                json.path("replaces").textValue(),
                Path.of(json.path("sockets").asText()),
                Path.of(json.path("scratch").asText()),
                json.has("agent") ? Path.of(json.path("agent").asText()) : null);
    }
}
