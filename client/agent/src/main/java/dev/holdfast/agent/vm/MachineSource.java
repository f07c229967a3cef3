package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the disks of a virtual machine are reached from its host.
 *
 * @param machine {@code libvirt:} and its name, or the socket of its monitor
 * @param disks their names; empty for all that the machine can write to and not remove
 * @param agent the socket of the guest agent, for a machine that is reached by its monitor
 * @param freeze whether the guest agent is asked
 * @param scratch where the machine keeps what it overwrites while a backup runs; empty for the usual place
 */
public record MachineSource(
        String machine, List<String> disks, Optional<Path> agent, boolean freeze, Optional<Path> scratch) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;
    /** In the state directory of a node that is a virtual machine. */
    private static final String FILE = "machine.json";

    /** @throws IllegalArgumentException where it cannot be right, whatever the machine is */
    public void check() {
        if (!ofLibvirt()) {
            VirtualMachines.requireFree(Path.of(machine));
        } else if (agent.isPresent()) {
            throw new IllegalArgumentException(
                    "--guest-agent names a socket, and libvirt asks the guest agent itself; leave it out");
        } else if (name().isEmpty()) {
            throw new IllegalArgumentException("libvirt: lacks the name of a machine; see holdfast vm list");
        }
    }

    private boolean ofLibvirt() {
        return machine.startsWith(VirtualMachines.LIBVIRT);
    }

    /** For libvirt. */
    private String name() {
        return machine.substring(VirtualMachines.LIBVIRT.length());
    }

    /** The same machine, but only some of its disks. */
    public MachineSource only(List<String> some) {
        return new MachineSource(machine, some, agent, freeze, scratch);
    }

    /** What the machine calls itself. */
    public String title() throws IOException {
        if (ofLibvirt()) {
            Virsh virsh = Virsh.find();
            return LibvirtDomain.all(virsh).getOrDefault(LibvirtDomain.find(virsh, name()), name());
        }
        try (Qmp qmp = Qmp.connect(Path.of(machine), Qmp.Limits.USUAL)) {
            return Machine.of(qmp).title();
        }
    }

    /** Looks at the machine, and changes nothing. */
    public List<VmDisks.Listed> list(Path state, VmDisks.Told told) throws IOException {
        return ofLibvirt() ? LibvirtDisks.list(domain(state, told)) : VmDisks.list(monitor(state, told));
    }

    /** The disks at this moment. */
    public Disks open(Path state, VmDisks.Told told) throws IOException {
        return ofLibvirt() ? LibvirtDisks.open(domain(state, told)) : VmDisks.open(monitor(state, told));
    }

    private LibvirtDisks.Request domain(Path state, VmDisks.Told told) {
        return new LibvirtDisks.Request(name(), disks, freeze, scratch, state, told);
    }

    private VmDisks.Request monitor(Path state, VmDisks.Told told) {
        return new VmDisks.Request(Path.of(machine), disks, freeze ? agent : Optional.empty(), scratch, state, told);
    }

    /** What the node is whose state this is; empty where it is no virtual machine. */
    public static Optional<MachineSource> of(Path state) throws IOException {
        Path file = state.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonNode json = JSON.readTree(Files.readAllBytes(file));
        if (json.path("version").asInt() != VERSION
                || json.path("machine").asText().isEmpty()) {
            throw FormatException.corrupt(file + " does not name a machine; enrol the machine again");
        }
        List<String> disks = new ArrayList<>();
        json.path("disks").forEach(each -> disks.add(each.asText()));
        return Optional.of(new MachineSource(
                json.path("machine").asText(),
                disks,
                path(json.path("guestAgent")),
                json.path("freeze").asBoolean(true),
                path(json.path("scratch"))));
    }

    private static Optional<Path> path(JsonNode text) {
        return text.isTextual() ? Optional.of(Path.of(text.asText())) : Optional.empty();
    }

    /** Makes the node whose state this is a virtual machine. */
    public void save(Path state) throws IOException {
        ObjectNode json = JSON.createObjectNode().put("version", VERSION).put("machine", machine);
        ArrayNode list = json.putArray("disks");
        disks.forEach(list::add);
        agent.ifPresent(each -> json.put("guestAgent", each.toString()));
        json.put("freeze", freeze);
        scratch.ifPresent(each -> json.put("scratch", each.toString()));
        MachineState.write(
                state.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
