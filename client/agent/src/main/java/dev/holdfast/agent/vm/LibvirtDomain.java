package dev.holdfast.agent.vm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A machine of libvirt.
 *
 * @param id of the running machine; empty where it does not run
 * @param runner the user who runs it, as libvirt tells: a number, or a name; empty where it does not tell
 * @param agent the state of the channel of the guest agent: connected, disconnected, or empty where the machine has none
 * @param targets the names of all its disks
 * @param threaded those whose input and output a thread of its own does
 */
record LibvirtDomain(
        Machine machine, String id, String runner, String agent, List<String> targets, Set<String> threaded) {
    private static final String AGENT = "org.qemu.guest_agent.0";
    private static final int UUID_LENGTH = 36;

    /** All machines of this libvirt: their names by their UUIDs. */
    static Map<String, String> all(Virsh virsh) throws IOException {
        Map<String, String> names = new LinkedHashMap<>();
        for (String line : virsh.run("list", "--all", "--uuid", "--name").split("\n", -1)) {
            if (line.length() > UUID_LENGTH) {
                names.put(
                        line.substring(0, UUID_LENGTH),
                        line.substring(UUID_LENGTH + 1).strip());
            }
        }
        return names;
    }

    /**
     * The machine of this name or UUID.
     *
     * @throws IllegalArgumentException where there is none
     */
    static String find(Virsh virsh, String name) throws IOException {
        Map<String, String> all = all(virsh);
        if (all.containsKey(name)) {
            return name;
        }
        return all.entrySet().stream()
                .filter(each -> each.getValue().equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("libvirt has no machine " + name + "; see "
                        + virsh.shown() + " list --all; it has: " + String.join(", ", all.values())));
    }

    /** As it is now. */
    static LibvirtDomain of(Virsh virsh, String uuid) throws IOException {
        Xml xml = Xml.parse(virsh.run("dumpxml", Virsh.domain(uuid)));
        boolean active = !xml.at("id").isEmpty();
        return of(xml, active ? sizes(virsh.run("domstats", "--block", uuid)) : Map.of(), version(virsh));
    }

    /** @param sizes of the disks, by their names */
    static LibvirtDomain of(Xml xml, Map<String, Long> sizes, String version) {
        Xml devices = xml.one("devices").orElse(xml);
        Xml os = xml.one("os").orElse(xml);
        boolean uefi =
                os.at("firmware").equals("efi") || os.at("loader", "type").equals("pflash");
        boolean busThread = devices.all("controller").stream()
                .anyMatch(each -> each.at("type").equals("scsi") && inThread(each));
        List<MachineDisk> disks = new ArrayList<>();
        List<String> targets = new ArrayList<>();
        Set<String> threaded = new HashSet<>();
        for (Xml each : devices.all("disk")) {
            String target = each.at("target", "dev");
            targets.add(target);
            if (inThread(each) || busThread && each.at("target", "bus").equals("scsi")) {
                threaded.add(target);
            }
            if (each.has("source")) {
                disks.add(disk(each, sizes.getOrDefault(target, 0L)));
            }
        }
        Machine machine = new Machine(
                xml.text("name"),
                xml.text("uuid"),
                version,
                os.one("type").map(type -> type.at("arch")).orElse(""),
                uefi,
                disks);
        String agent = devices.all("channel").stream()
                .flatMap(each -> each.one("target").stream())
                .filter(each -> each.at("name").equals(AGENT))
                .map(each -> each.at("state").isEmpty() ? "disconnected" : each.at("state"))
                .findFirst()
                .orElse("");
        String runner = xml.all("seclabel").stream()
                .filter(each -> each.at("model").equals("dac"))
                .map(each -> each.text("label").replaceFirst(":.*", "").replace("+", ""))
                .findFirst()
                .orElse("");
        return new LibvirtDomain(machine, xml.at("id"), runner, agent, targets, threaded);
    }

    /** Whether it runs. */
    boolean active() {
        return !id.isEmpty();
    }

    private static boolean inThread(Xml device) {
        return device.one("driver")
                .filter(each -> !each.at("iothread").isEmpty() || each.has("iothreads"))
                .isPresent();
    }

    private static MachineDisk disk(Xml disk, long size) {
        String target = disk.at("target", "dev");
        String device = disk.at("device");
        String source = disk.one("source").map(LibvirtDomain::source).orElse("");
        String below = disk.one("backingStore")
                .flatMap(each -> each.one("source"))
                .map(LibvirtDomain::source)
                .orElse("");
        String driver = disk.at("driver", "type");
        String alias = disk.at("alias", "name");
        return new MachineDisk(
                target,
                target,
                alias.isEmpty() ? target : alias,
                "",
                driver,
                source,
                source + "\n" + below,
                size,
                disk.has("readonly") || device.equals("cdrom"),
                !device.isEmpty() && !device.equals("disk"),
                driver.equals("qcow2"),
                List.of());
    }

    /** Where a disk is: of a file or device its path, of others all that libvirt tells. */
    private static String source(Xml source) {
        for (String each : List.of("file", "dev", "dir")) {
            if (!source.at(each).isEmpty()) {
                return source.at(each);
            }
        }
        List<String> parts = new ArrayList<>();
        for (String each : List.of("protocol", "pool", "volume", "name", "query")) {
            if (!source.at(each).isEmpty()) {
                parts.add(source.at(each));
            }
        }
        source.all("host").forEach(each -> parts.add(each.at("name") + ":" + each.at("port")));
        return String.join(" ", parts);
    }

    private static Map<String, Long> sizes(String stats) {
        Map<String, String> names = new HashMap<>();
        Map<String, Long> byNumber = new HashMap<>();
        for (String line : stats.split("\n", -1)) {
            String[] pair = line.strip().split("=", 2);
            String[] key = pair[0].split("\\.", -1);
            if (pair.length == 2 && key.length == 3 && key[0].equals("block")) {
                if (key[2].equals("name")) {
                    names.put(key[1], pair[1]);
                } else if (key[2].equals("capacity")) {
                    byNumber.put(key[1], Long.parseLong(pair[1]));
                }
            }
        }
        Map<String, Long> sizes = new HashMap<>();
        names.forEach((number, name) -> sizes.putIfAbsent(name, Objects.requireNonNullElse(byNumber.get(number), 0L)));
        return sizes;
    }

    private static String version(Virsh virsh) throws IOException {
        return virsh.run("version")
                .lines()
                .filter(each -> each.startsWith("Running hypervisor: QEMU "))
                .map(each -> each.substring(each.lastIndexOf(' ') + 1))
                .findFirst()
                .orElse("");
    }

    /** Why libvirt does not know for sure what changed on a disk; empty where it can. */
    Optional<String> untracked(MachineDisk disk) {
        if (!disk.storesBitmaps()) {
            return Optional.of("libvirt notes changes of qcow2 disks only");
        }
        if (threaded.contains(disk.name())) {
            return Optional.of(
                    "an I/O thread writes to it, and libvirt's list of changes may miss a write at the moment of"
                            + " the backup");
        }
        return Optional.empty();
    }
}
