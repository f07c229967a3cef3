package dev.holdfast.control.instant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Machines, or one, that run from a snapshot. {@code recovery.json} in a directory of their own has it; docs/format.md describes the
 * fields.
 *
 * @param node whose snapshot it is
 * @param user the node whose machine may use the disks over the network
 * @param generation counts the ends of the appliance's system meanwhile, each of which lost what was not flushed: a machine that ran through
 *     one must start anew, so that its exports have other names then
 * @param actor who began it
 * @param key sealed by the vault, in Base64: encrypts what machines write; empty where an older release began it
 */
public record Recovery(
        UUID id,
        UUID snapshot,
        int node,
        int user,
        Instant begun,
        String actor,
        int generation,
        List<Disk> disks,
        String key) {
    /** The most that one snapshot has. */
    static final int MAX_DISKS = 256;

    private static final String FILE = "recovery.json";
    private static final int VERSION = 2;
    /** Without a key. */
    private static final int FIRST_VERSION = 1;

    private static final long MAX_FILE_BYTES = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param path in the snapshot */
    public record Disk(int number, String path, long bytes) {}

    /** The name of a disk's export. */
    public String export(Disk disk) {
        return id + "." + generation + "/" + disk.number;
    }

    Recovery nextGeneration() {
        return new Recovery(id, snapshot, node, user, begun, actor, generation + 1, disks, key);
    }

    /** Writes it into its directory; durable when it returns. */
    void write(Path directory) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", key.isEmpty() ? FIRST_VERSION : VERSION)
                .put("id", id.toString())
                .put("snapshot", snapshot.toString());
        root.put("node", node).put("user", user);
        root.put("begun", begun.toString()).put("actor", actor).put("generation", generation);
        disks.forEach(each -> root.withArray("disks")
                .addObject()
                .put("number", each.number)
                .put("path", each.path)
                .put("bytes", each.bytes));
        if (!key.isEmpty()) {
            root.put("key", key);
        }
        byte[] content = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        parse(content);
        AtomicFile.write(directory.resolve(FILE), content, true);
    }

    /** @throws FormatException where it is damaged, or of a newer version */
    static Recovery read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw FormatException.corrupt(file + " is too long");
        }
        return parse(Files.readAllBytes(file));
    }

    private static Recovery parse(byte[] content) throws IOException {
        try {
            JsonNode root = JSON.readTree(content);
            int version = root.required("version").intValue();
            FormatException.requireVersion("recovery", version, VERSION);
            List<Disk> disks = new ArrayList<>();
            for (JsonNode each : root.required("disks")) {
                Disk disk = new Disk(
                        each.required("number").intValue(),
                        each.required("path").textValue(),
                        each.required("bytes").longValue());
                if (disk.number != disks.size() || disk.bytes <= 0) {
                    throw FormatException.corrupt("a recovery has a disk " + disk);
                }
                disks.add(disk);
            }
            return new Recovery(
                    UUID.fromString(root.required("id").textValue()),
                    UUID.fromString(root.required("snapshot").textValue()),
                    root.required("node").intValue(),
                    root.required("user").intValue(),
                    Instant.parse(root.required("begun").textValue()),
                    root.required("actor").textValue(),
                    root.required("generation").intValue(),
                    List.copyOf(disks),
                    version == FIRST_VERSION ? "" : root.required("key").textValue());
        } catch (JsonProcessingException | IllegalArgumentException | NullPointerException | DateTimeParseException e) {
            throw FormatException.corrupt("a recovery's description is damaged: " + e.getMessage());
        }
    }
}
