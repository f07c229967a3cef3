package dev.holdfast.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.image.DiskImages.DiskImage;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What is told of a machine beside the bytes of its disks, as JSON: what a restore onto other hardware needs to know. The tools of
 * util-linux tell of partitions and file systems; what they do not tell is missing. docs/format.md describes the fields.
 */
final class MachineDescription {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;
    private static final int MAX_INTERFACES = 256;

    private MachineDescription() {}

    /** @param begun when the backup began */
    static byte[] of(String host, Instant begun, List<DiskImage> images) throws IOException {
        ObjectNode machine = JSON.createObjectNode();
        machine.put("version", VERSION).put("host", host).put("begun", begun.toString());
        machine.put("system", System.getProperty("os.name", "") + " " + System.getProperty("os.version", ""));
        machine.put("processor", System.getProperty("os.arch", "").toLowerCase(Locale.ROOT));
        machine.put("firmware", Files.isDirectory(Path.of("/sys/firmware/efi")) ? "uefi" : "bios");
        ArrayNode disks = machine.putArray("disks");
        for (DiskImage each : images) {
            ObjectNode disk = disks.addObject();
            disk.put("name", each.name().toString().substring(Disks.DIRECTORY.length() + 1));
            disk.put("path", each.path().toString());
            disk.put("format", each.format().text());
            disk.put("bytes", each.blocks().size());
            String path = each.path().toString();
            tell(disk, "partitions", Tools.json("sfdisk", "--json", path).path("partitiontable"));
            tell(
                    disk,
                    "device",
                    Tools.json("lsblk", "--json", "--bytes", "--output-all", path)
                            .path("blockdevices"));
        }
        network(machine.putArray("network"));
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(machine);
    }

    private static void tell(ObjectNode disk, String field, JsonNode value) {
        if (!value.isMissingNode() && !value.isEmpty()) {
            disk.set(field, value);
        }
    }

    private static void network(ArrayNode network) {
        try {
            for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                byte[] address = each.getHardwareAddress();
                if (network.size() < MAX_INTERFACES && address != null && !each.isLoopback()) {
                    network.addObject()
                            .put("name", each.getName())
                            .put("address", HexFormat.ofDelimiter(":").formatHex(address));
                }
            }
        } catch (SocketException e) {
            // Then nothing is told of it.
            network.removeAll();
        }
    }

    /** Programs that describe disks. */
    private static final class Tools {
        /** What the program prints; missing where it is not there, fails, or prints something else. */
        static JsonNode json(String... command) {
            try {
                Command.Result result = Command.output(List.of(command));
                return result.code() == 0 ? JSON.readTree(result.output()) : JSON.missingNode();
            } catch (IOException e) {
                return JSON.missingNode();
            }
        }
    }
}
