package dev.holdfast.agent.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Kernel modules that disks of this machine need, and whether the kernels of an installed system have them: those for virtual machines
 * lack the drivers of most controllers.
 */
final class Drivers {
    private static final Path BLOCK = Path.of("/sys/class/block");
    private static final Path DEVICES = Path.of("/sys/devices");

    /** A list of all modules of a kernel has less than 1 MiB. */
    private static final long MOST_BYTES = 64 << 20;

    private Drivers() {}

    /** Of the disk's driver and of all that it is attached to; without those that the running kernel has built in. */
    static Set<String> of(Path disk) throws IOException {
        Set<String> modules = new TreeSet<>();
        Path name = disk.toRealPath().getFileName();
        Path device = name == null ? DEVICES : BLOCK.resolve(name.toString());
        if (!Files.exists(device)) {
            return modules;
        }
        for (Path at = device.toRealPath(); at != null && at.startsWith(DEVICES); at = at.getParent()) {
            Path module = at.resolve("driver/module");
            Path file = Files.exists(module) ? module.toRealPath().getFileName() : null;
            if (file != null) {
                modules.add(plain(file.toString()));
            }
        }
        return modules;
    }

    /**
     * Those of some modules that no kernel of a system has.
     *
     * @param kernels its directory of modules, by version
     */
    static List<String> missing(Set<String> modules, Path kernels) throws IOException {
        if (!Files.isDirectory(kernels)) {
            return List.of();
        }
        Set<String> there = new HashSet<>();
        try (Stream<Path> versions = Files.list(kernels)) {
            for (Path version : versions.toList()) {
                there.addAll(names(version.resolve("modules.dep")));
                there.addAll(names(version.resolve("modules.builtin")));
            }
        }
        List<String> missing = new ArrayList<>(modules);
        missing.removeAll(there);
        return there.isEmpty() ? List.of() : missing;
    }

    private static List<String> names(Path list) throws IOException {
        // A link may lead to a file of this machine whose end never comes.
        if (!Files.isRegularFile(list, LinkOption.NOFOLLOW_LINKS) || Files.size(list) > MOST_BYTES) {
            return List.of();
        }
        try (Stream<String> lines = Files.lines(list, StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> line.split(":", 2)[0])
                    .map(path -> path.substring(path.lastIndexOf('/') + 1))
                    .map(Drivers::plain)
                    .toList();
        }
    }

    /** The kernel takes both signs for the same. */
    private static String plain(String module) {
        return module.replaceFirst("\\.ko.*$", "").replace('-', '_');
    }
}
