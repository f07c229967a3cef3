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
import java.nio.file.NoSuchFileException;
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
 * @param enrolled the machine that it must be; empty where it may be any that is reached like this
 */
public record MachineSource(
        String machine,
        List<String> disks,
        Optional<Path> agent,
        boolean freeze,
        Optional<Path> scratch,
        Optional<MachineIdentity> enrolled) {
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
        return new MachineSource(machine, some, agent, freeze, scratch, enrolled);
    }

    /** The same, but only the machine that is reached like this now. */
    public MachineSource only(MachineIdentity found) {
        return new MachineSource(machine, disks, agent, freeze, scratch, Optional.of(found));
    }

    /** The machine that is reached like this now. */
    public MachineIdentity identity() throws IOException {
        if (ofLibvirt()) {
            Virsh virsh = Virsh.find();
            String uuid = LibvirtDomain.find(virsh, name());
            return new MachineIdentity(uuid, LibvirtDomain.all(virsh).getOrDefault(uuid, name()));
        }
        try (Qmp qmp = Qmp.connect(Path.of(machine), Qmp.Limits.USUAL)) {
            Machine found = Machine.of(qmp);
            return new MachineIdentity(found.uuid(), found.name());
        }
    }

    /** @throws IOException where another machine has the name or the socket of the one that was enrolled, or that is gone */
    private void requireEnrolled(Path state) throws IOException {
        if (enrolled.isEmpty()) {
            return;
        }
        MachineIdentity wanted = enrolled.get();
        Optional<String> problem = ofLibvirt() ? gone(Virsh.find(), wanted) : other(wanted);
        if (problem.isEmpty()) {
            return;
        }
        String node = String.valueOf(state.toAbsolutePath().getFileName());
        throw new IOException("this node is the machine " + wanted.shown() + ", and " + problem.get()
                + ". Nothing is backed up, so that snapshots of two machines do not mix. For a machine of its own,"
                + " give that another node: holdfast vm enroll " + machine
                + " --name NAME. Only if it is the same machine, which was"
                + " made anew, it goes on as this node: holdfast vm enroll " + machine + " --name " + node
                + " --force, with a token for the node " + node);
    }

    /** One that is there is asked for by its UUID, whatever its name is now. */
    static Optional<String> gone(Virsh virsh, MachineIdentity wanted) throws IOException {
        return LibvirtDomain.all(virsh).containsKey(wanted.uuid())
                ? Optional.empty()
                : Optional.of("libvirt does not have it any more, whichever machine has its name now (" + virsh.shown()
                        + " list --all --uuid --name)");
    }

    private Optional<String> other(MachineIdentity wanted) throws IOException {
        MachineIdentity found = identity();
        return wanted.isSame(found)
                ? Optional.empty()
                : Optional.of("the machine at " + machine + " is another one: " + found.shown());
    }

    /** Looks at the machine, and changes nothing. */
    public List<VmDisks.Listed> list(Path state, VmDisks.Told told) throws IOException {
        requireEnrolled(state);
        return ofLibvirt() ? LibvirtDisks.list(domain(state, told)) : VmDisks.list(monitor(state, told));
    }

    /** The disks at this moment. */
    public Disks open(Path state, VmDisks.Told told) throws IOException {
        requireEnrolled(state);
        return ofLibvirt() ? LibvirtDisks.open(domain(state, told)) : VmDisks.open(monitor(state, told));
    }

    /** Removes from the machine what a backup left that was killed; nothing where none was. */
    public void recover(Path state, VmDisks.Told told) throws IOException {
        if (!MachineState.left(state)) {
            return;
        }
        requireEnrolled(state);
        if (ofLibvirt()) {
            LibvirtDisks.recover(domain(state, told));
        } else {
            VmDisks.recover(monitor(state, told));
        }
    }

    private LibvirtDisks.Request domain(Path state, VmDisks.Told told) {
        return new LibvirtDisks.Request(
                enrolled.map(MachineIdentity::uuid).orElse(name()), disks, freeze, scratch, state, told);
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
                || json.path("machine").asText().isEmpty()
                || json.path("uuid").asText().isEmpty()) {
            throw FormatException.corrupt(file + " does not name a machine; enrol the machine again");
        }
        List<String> disks = new ArrayList<>();
        json.path("disks").forEach(each -> disks.add(each.asText()));
        return Optional.of(new MachineSource(
                json.path("machine").asText(),
                disks,
                path(json.path("guestAgent")),
                json.path("freeze").asBoolean(true),
                path(json.path("scratch")),
                Optional.of(new MachineIdentity(
                        json.path("uuid").asText(), json.path("name").asText()))));
    }

    private static Optional<Path> path(JsonNode text) {
        return text.isTextual() ? Optional.of(Path.of(text.asText())) : Optional.empty();
    }

    /** What {@link #save} replaces; empty where there is nothing. */
    public static Optional<byte[]> saved(Path state) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(state.resolve(FILE)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    public static void restore(Path state, byte[] saved) throws IOException {
        MachineState.write(state.resolve(FILE), saved);
    }

    /** Makes the node whose state this is a virtual machine. */
    public void save(Path state) throws IOException {
        ObjectNode json = JSON.createObjectNode().put("version", VERSION).put("machine", machine);
        enrolled.ifPresent(each -> json.put("uuid", each.uuid()).put("name", each.name()));
        ArrayNode list = json.putArray("disks");
        disks.forEach(list::add);
        agent.ifPresent(each -> json.put("guestAgent", each.toString()));
        json.put("freeze", freeze);
        scratch.ifPresent(each -> json.put("scratch", each.toString()));
        restore(state, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
