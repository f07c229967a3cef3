package dev.holdfast.agent.vm;

import dev.holdfast.protocol.qmp.Qmp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The virtual machines of this host, and how each can be backed up: those of libvirt, and other processes of QEMU. */
public final class VirtualMachines {
    /** In front of the name of a machine of libvirt. */
    public static final String LIBVIRT = "libvirt:";

    private static final Qmp.Limits SHORT = new Qmp.Limits(Duration.ofSeconds(3), Duration.ofSeconds(3));
    private static final String NO_MONITOR = "has no monitor for programs (QMP) at a Unix socket";

    private VirtualMachines() {}

    /** Who runs a machine. */
    public enum Manager {
        LIBVIRT,
        PROXMOX,
        QEMU;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A machine.
     *
     * @param name may be empty
     * @param uuid may be empty
     * @param source what to give to {@code backup --vm}; empty where it cannot be backed up as it is
     * @param agent the socket of the guest agent, for {@code --guest-agent}; empty where that is not needed, or there is none
     * @param problem why it cannot be backed up; empty where it can
     * @param next what to do about it
     */
    public record Found(
            String name,
            String uuid,
            Manager manager,
            boolean running,
            Optional<String> source,
            Optional<Path> agent,
            String problem,
            String next) {
        private static Found usable(QemuProcess process, Manager manager, String source, Optional<Path> agent) {
            return new Found(process.name(), process.uuid(), manager, true, Optional.of(source), agent, "", "");
        }

        private static Found unusable(QemuProcess process, Manager manager, String problem, String next) {
            return new Found(
                    process.name(), process.uuid(), manager, true, Optional.empty(), Optional.empty(), problem, next);
        }
    }

    /**
     * All that this user may see.
     *
     * @param warn takes why some may be missing
     */
    public static List<Found> find(Consumer<String> warn) throws IOException {
        List<Found> found = new ArrayList<>();
        if (Virsh.installed()) {
            try {
                ofLibvirt(Virsh.find(), found);
            } catch (IOException e) {
                warn.accept("libvirt cannot be asked for its machines: " + e.getMessage());
            }
        }
        Set<String> known = new HashSet<>();
        found.forEach(each -> known.add(each.uuid()));
        for (QemuProcess each : QemuProcess.all()) {
            if (!known.contains(each.uuid())) {
                found.add(process(each));
            }
        }
        return found;
    }

    private static void ofLibvirt(Virsh virsh, List<Found> found) throws IOException {
        for (Map.Entry<String, String> each : LibvirtDomain.all(virsh).entrySet()) {
            try {
                Xml xml = Xml.parse(virsh.run("dumpxml", Virsh.domain(each.getKey())));
                found.add(ofLibvirt(LibvirtDomain.of(xml, Map.of(), "")));
            } catch (IOException e) {
                // It may have been removed meanwhile.
                found.add(new Found(
                        each.getValue(),
                        each.getKey(),
                        Manager.LIBVIRT,
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        String.valueOf(e.getMessage()),
                        "list the machines again"));
            }
        }
    }

    private static Found ofLibvirt(LibvirtDomain domain) {
        Machine machine = domain.machine();
        String problem = "";
        String next = "";
        if (!domain.active()) {
            problem = "does not run";
            next = "start it, or back up its disk images with backup --image";
        } else if (machine.disks().stream().noneMatch(MachineDisk::usual)) {
            problem = "has no disk that it can write to";
            next = "back up what it uses where that is";
        }
        return new Found(
                machine.name(),
                machine.uuid(),
                Manager.LIBVIRT,
                domain.active(),
                problem.isEmpty() ? Optional.of(LIBVIRT + machine.name()) : Optional.empty(),
                Optional.empty(),
                problem,
                next);
    }

    private static Found process(QemuProcess process) {
        Optional<String> proxmox = process.proxmox();
        Manager manager = proxmox.isPresent() ? Manager.PROXMOX : process.ofLibvirt() ? Manager.LIBVIRT : Manager.QEMU;
        List<Path> monitors =
                process.monitors().stream().filter(each -> !ofProxmox(each)).toList();
        String failure = "";
        for (Path each : monitors) {
            Optional<String> problem = problem(each);
            if (problem.isEmpty()) {
                return Found.usable(process, manager, each.toString(), process.agent());
            }
            failure = "does not answer: " + problem.get();
        }
        if (!failure.isEmpty()) {
            return Found.unusable(
                    process, manager, failure, "end the program that uses the monitor, or give the machine one more");
        }
        return switch (manager) {
            case PROXMOX ->
                Found.unusable(
                        process,
                        manager,
                        NO_MONITOR + " beside that of Proxmox VE",
                        "add one, and stop and start the machine: " + addMonitor(proxmox.orElse("")));
            case LIBVIRT ->
                Found.unusable(
                        process,
                        manager,
                        "belongs to a libvirt that cannot be asked here",
                        "run this as the user who runs the machine, with virsh installed");
            case QEMU ->
                Found.unusable(
                        process, manager, NO_MONITOR, "start it with -qmp unix:/run/NAME.qmp,server=on,wait=off");
        };
    }

    private static Optional<String> problem(Path monitor) {
        try {
            Qmp.connect(monitor, SHORT).close();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Whether a monitor is the one that Proxmox VE itself asks every few seconds, and which serves one program at a time. */
    private static boolean ofProxmox(Path monitor) {
        return proxmoxNumber(monitor).isPresent();
    }

    private static Optional<String> proxmoxNumber(Path monitor) {
        String path = monitor.toString().replaceFirst("^/var/run/", "/run/");
        return path.matches("/run/qemu-server/[0-9]+\\.qmp")
                ? Optional.of(path.replaceAll("\\D", ""))
                : Optional.empty();
    }

    private static String addMonitor(String number) {
        return "qm set " + number + " --args '-qmp unix:/run/holdfast-" + number
                + ".qmp,server=on,wait=off' (with the args" + " that it has already)";
    }

    /**
     * Refuses a monitor that a backup would keep from the programs that need it.
     *
     * @throws IllegalArgumentException with what to do
     */
    public static void requireFree(Path monitor) {
        Optional<String> number = proxmoxNumber(monitor.toAbsolutePath().normalize());
        if (number.isPresent()) {
            throw new IllegalArgumentException("Proxmox VE needs the monitor " + monitor
                    + " itself all the time; add one to the machine, stop and start it, and name the socket of that: "
                    + addMonitor(number.get()));
        }
    }
}
