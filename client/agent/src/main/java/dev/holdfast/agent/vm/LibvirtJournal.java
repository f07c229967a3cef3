package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a backup under way by libvirt may leave behind where it is killed. Written before anything is done.
 *
 * @param checkpoint that it adds
 * @param socket of the NBD server; its name is that of the checkpoint
 * @param scratch directory with the files that take what the machine overwrites
 * @param frozen whether the guest agent may hold the file systems
 */
record LibvirtJournal(String checkpoint, Path socket, Path scratch, boolean frozen) {
    /** With which the name of a directory begins that is made for the socket where libvirt has none. */
    static final String SOCKETS = "holdfast-vm-";

    private static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    Path scratchFile(String disk) {
        return scratch.resolve("disk-" + disk + ".qcow2");
    }

    byte[] json() throws IOException {
        return JSON.writeValueAsBytes(JSON.createObjectNode()
                .put("version", VERSION)
                .put("checkpoint", checkpoint)
                .put("socket", socket.toString())
                .put("scratch", scratch.toString())
                .put("frozen", frozen));
    }

    static LibvirtJournal parse(byte[] bytes) throws IOException {
        JsonNode json = JSON.readTree(bytes);
        if (json.path("version").asInt() != VERSION || !json.has("checkpoint")) {
            throw FormatException.corrupt(
                    "it has version " + json.path("version").asText());
        }
        return new LibvirtJournal(
                json.path("checkpoint").asText(),
                Path.of(json.path("socket").asText()),
                Path.of(json.path("scratch").asText()),
                json.path("frozen").asBoolean());
    }
}
