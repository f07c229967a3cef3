package dev.holdfast.hardware.collect;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Stand-ins for the tools, in a directory: scripts that print a recorded output. */
public final class FakeTools {
    private final Path directory;
    private final Path root;

    /** Healthy: two power supplies, an array behind a RAID controller, three disks. */
    public FakeTools(Path work) throws IOException {
        this.directory = Files.createDirectories(work.resolve("tools"));
        this.root = Files.createDirectories(work.resolve("root"));
        ipmi("ipmi-healthy.txt");
        storcli("healthy", "", "", "none", "");
        smart("smart-healthy.json");
    }

    public Collector collector() {
        return new Collector(root, new Tools(List.of(directory), Duration.ofSeconds(10)));
    }

    public void ipmi(String file) throws IOException {
        ipmi(file, "sel-cleared.txt");
    }

    /** @param log what is printed of the event log at 21:00 */
    public void ipmi(String file, String log) throws IOException {
        script(
                "ipmitool",
                "case \"$*\" in\n'sdr elist') exec cat " + copy(file) + " ;;\n'sel elist last 500') exec cat "
                        + copy(log) + " ;;\n'sel time get') echo '11/27/2026 21:00:00' ;;\n*) exit 9 ;;\nesac");
    }

    public void storcli(String show, String volumes, String drives, String bbu, String cv) throws IOException {
        storcli("storcli64", show, volumes, drives, bbu, cv);
    }

    /** @param tool or perccli64, which prints the same */
    public void storcli(String tool, String show, String volumes, String drives, String bbu, String cv)
            throws IOException {
        Map<String, String> answers = Map.of(
                "/call show all J", "storcli-show-" + show,
                "/call/vall show all J", "storcli-volumes" + volumes,
                "/call/eall/sall show all J", "storcli-drives" + drives,
                "/call/bbu show all J", "storcli-bbu-" + bbu,
                "/call/cv show all J", "storcli-cv" + cv);
        StringBuilder cases = new StringBuilder("case \"$*\" in\n");
        for (Map.Entry<String, String> each : answers.entrySet()) {
            cases.append("'").append(each.getKey()).append("') exec cat ");
            cases.append(copy(each.getValue() + ".json")).append(" ;;\n");
        }
        script(tool, cases + "*) exit 9 ;;\nesac");
    }

    /** @param file what is said of {@code /dev/sda} */
    public void smart(String file) throws IOException {
        smart(file, "smart-nvme-healthy.json", "smart-healthy.json");
    }

    /** Of {@code /dev/sda}, an NVMe disk, and a disk behind a controller. */
    public void smart(String sda, String nvme, String behind) throws IOException {
        script(
                "smartctl",
                "case \"$*\" in\n'--scan -j') exec cat " + copy("smart-scan.json")
                        + " ;;\n'-j -a -d nvme /dev/nvme0') exec cat "
                        + copy(nvme) + " ;;\n*/dev/bus/0) exec cat " + copy(behind) + " ;;\n*) cat " + copy(sda)
                        + "; exit 8 ;;\nesac");
    }

    public void ssacli(String file) throws IOException {
        script("ssacli", "[ \"$*\" = 'ctrl all show config detail' ] || exit 9\nexec cat " + copy(file));
    }

    public void mdstat(String file) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.write(root.resolve("proc/mdstat"), Files.readAllBytes(copy(file)));
    }

    /** mdadm prints this of every array. */
    public void mdadm(String file) throws IOException {
        script("mdadm", "[ \"$*\" = '--detail /dev/md0' ] || exit 4\ncat " + copy(file) + "; exit 1");
    }

    public void remove(String tool) throws IOException {
        Files.deleteIfExists(directory.resolve(tool));
    }

    public Path root() {
        return root;
    }

    /** A file below the root that the kernel would show. */
    public void kernel(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    public void script(String name, String body) throws IOException {
        Path script = directory.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Path copy(String name) throws IOException {
        Path file = directory.resolve(name);
        try (InputStream in = FakeTools.class.getResourceAsStream("/outputs/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }
}
