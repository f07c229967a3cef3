package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.image.Disks;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** What a snapshot tells of a virtual machine beside the bytes of its disks, as JSON. docs/format.md describes the fields. */
final class VmDescription {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;

    private VmDescription() {}

    /** @param frozen how many file systems the guest agent held */
    static byte[] of(Machine machine, List<MachineDisk> disks, String host, Instant begun, int frozen)
            throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("version", VERSION).put("host", host).put("begun", begun.toString());
        json.put("processor", machine.target());
        if (machine.uefi()) {
            json.put("firmware", "uefi");
        }
        json.putObject("virtualMachine")
                .put("name", machine.name())
                .put("uuid", machine.uuid())
                .put("qemu", machine.version())
                .put("frozenFileSystems", frozen);
        ArrayNode list = json.putArray("disks");
        for (MachineDisk each : disks) {
            list.addObject()
                    .put("name", machine.path(each).toString().substring(Disks.DIRECTORY.length() + 1))
                    .put("path", each.file())
                    .put("format", each.driver())
                    .put("bytes", each.size())
                    .put("diskName", each.name())
                    .put("qdev", each.qdev())
                    .put("node", each.node());
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
    }
}
