package dev.holdfast.agent.machine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.image.DiskRestore;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine as a snapshot of its disks has it.
 *
 * @param interfaces of its network, where the snapshot was made on the machine itself
 */
public record SourceMachine(List<SourceDisk> disks, List<Interface> interfaces) {
    private static final int MAX_DESCRIPTION_BYTES = 8 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param address of its hardware, such as {@code 52:54:00:12:34:56} */
    public record Interface(String name, String address) {}

    /** @throws RemoteException where the snapshot has no disks */
    public static SourceMachine read(Appliance appliance, RemoteManifest manifest) throws IOException {
        List<TreePath> names = DiskRestore.disks(manifest);
        if (names.isEmpty()) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND,
                    "snapshot " + manifest.snapshot().toString().substring(0, 8)
                            + " has no disks; a machine is restored from a snapshot that was made with 'backup --image' or"
                            + " 'backup --vm'");
        }
        JsonNode description = description(appliance, manifest);
        List<SourceDisk> disks = new ArrayList<>();
        for (TreePath each : names) {
            disks.add(disk(each, DiskRestore.size(manifest, each), told(description, each)));
        }
        List<Interface> interfaces = new ArrayList<>();
        if (disks.stream().allMatch(each -> each.type().equals("disk"))) {
            description
                    .path("network")
                    .forEach(each -> interfaces.add(new Interface(
                            each.path("name").asText(), each.path("address").asText())));
        }
        return new SourceMachine(List.copyOf(disks), List.copyOf(interfaces));
    }

    private static SourceDisk disk(TreePath name, long bytes, JsonNode told) {
        JsonNode device = told.path("device").path(0);
        int sector = told.path("partitions")
                .path("sectorsize")
                .asInt(device.path("log-sec").asInt(0));
        return new SourceDisk(
                name,
                told.path("path").asText(),
                bytes,
                sector,
                device.path("type").asText());
    }

    private static JsonNode told(JsonNode description, TreePath disk) {
        for (JsonNode each : description.path("disks")) {
            String name = each.path("name").asText().replaceFirst("^/", "");
            if (disk.toString().equals("/" + Disks.DIRECTORY + "/" + name)) {
                return each;
            }
        }
        return JSON.missingNode();
    }

    private static JsonNode description(Appliance appliance, RemoteManifest manifest) throws IOException {
        Limited text = new Limited();
        try {
            new Contents(appliance, manifest).cat(TreePath.parse(Disks.DIRECTORY + "/" + Disks.DESCRIPTION), text);
        } catch (RemoteException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            return JSON.missingNode();
        }
        return JSON.readTree(text.bytes.toByteArray());
    }

    private static final class Limited extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            if (bytes.size() + length > MAX_DESCRIPTION_BYTES) {
                throw FormatException.corrupt("the description of the machine is too long");
            }
            bytes.write(from, offset, length);
        }
    }
}
