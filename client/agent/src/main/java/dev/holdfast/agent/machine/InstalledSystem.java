package dev.holdfast.agent.machine;

import dev.holdfast.agent.image.Command;
import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A Linux that was restored, mounted with what belongs to it. Closing it unmounts everything. */
final class InstalledSystem implements AutoCloseable {
    private static final Set<String> SYSTEMS = Set.of("ext2", "ext3", "ext4", "xfs", "btrfs");
    /** Where distributions put the root of a btrfs; the top level first. */
    private static final List<String> SUBVOLUMES = List.of("", "@", "root", "@rootfs", "@/.snapshots/1/snapshot");
    /** Of the system itself; everything else is not needed to make it start. */
    private static final Set<String> OWN = Set.of("/boot", "/boot/efi", "/efi", "/usr", "/var");

    private final Part root;
    private final Path place;
    private final List<Path> mounted = new ArrayList<>();

    private InstalledSystem(Part root, Path place) {
        this.root = root;
        this.place = place;
    }

    /** Looks for one on these devices; empty where none is. */
    static Optional<InstalledSystem> find(List<Part> parts, Told told) {
        for (Part each : parts) {
            try {
                Optional<InstalledSystem> found = SYSTEMS.contains(each.type()) ? look(each, parts) : Optional.empty();
                if (found.isPresent()) {
                    return found;
                }
            } catch (IOException e) {
                told.warning("cannot look for the installed system on " + each.device() + ": " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static Optional<InstalledSystem> look(Part part, List<Part> parts) throws IOException {
        InstalledSystem system = new InstalledSystem(part, Files.createTempDirectory("holdfast-system-"));
        boolean is = false;
        try {
            system.mount(part.device().toString(), "", List.of());
            String subvolume = SUBVOLUMES.stream()
                    .filter(each -> isRoot(system.place.resolve(each)))
                    .findFirst()
                    .orElse(null);
            if (subvolume == null) {
                return Optional.empty();
            }
            if (!subvolume.isEmpty()) {
                system.unmount();
                system.mount(part.device().toString(), "", List.of("-o", "subvol=" + subvolume));
            }
            system.mountOthers(parts);
            is = true;
            return Optional.of(system);
        } finally {
            if (!is) {
                system.close();
            }
        }
    }

    private static boolean isRoot(Path directory) {
        return Files.isRegularFile(directory.resolve("etc/fstab"))
                && (Files.exists(directory.resolve("etc/os-release")) || Files.isDirectory(directory.resolve("usr")));
    }

    private void mountOthers(List<Part> parts) throws IOException {
        for (FstabLine line : fstab()) {
            if (OWN.contains(line.place())) {
                Optional<Part> part = line.find(parts);
                if (part.isPresent()) {
                    String subvolume = line.option("subvol");
                    mount(
                            part.get().device().toString(),
                            line.place(),
                            subvolume.isEmpty() ? List.of() : List.of("-o", "subvol=" + subvolume));
                }
            }
        }
        for (String each : List.of("/dev", "/proc", "/sys")) {
            if (Files.isDirectory(at(each))) {
                Tools.run("mount", "--rbind", "--make-rslave", each, at(each).toString());
                mounted.add(at(each));
            }
        }
        if (Files.isDirectory(at("/run"))) {
            Tools.run("mount", "-t", "tmpfs", "tmpfs", at("/run").toString());
            mounted.add(at("/run"));
        }
    }

    private void mount(String device, String where, List<String> options) throws IOException {
        List<String> words = new ArrayList<>(options);
        Path to = where.isEmpty() ? place : at(where);
        if (!Files.isDirectory(to)) {
            return;
        }
        words.add(device);
        words.add(to.toString());
        Tools.run("mount", words.toArray(String[]::new));
        mounted.add(to);
    }

    /** The lines of its table of file systems that name something. */
    List<FstabLine> fstab() throws IOException {
        List<FstabLine> lines = new ArrayList<>();
        for (String each : Files.readAllLines(at("/etc/fstab"), StandardCharsets.ISO_8859_1)) {
            FstabLine.parse(each).ifPresent(lines::add);
        }
        return lines;
    }

    Part root() {
        return root;
    }

    /**
     * A path of the system, here.
     *
     * @throws IOException where a symbolic link of the system leads out of it: absolute ones are meant within it
     */
    Path at(String path) throws IOException {
        Path inside = place.resolve(path.substring(1));
        if (Files.isSymbolicLink(inside) && !Files.exists(inside)) {
            throw new IOException(path + " of the restored system is a symbolic link to nowhere");
        }
        Path parent = inside;
        while (parent != null && !Files.exists(parent)) {
            parent = parent.getParent();
        }
        if (parent == null || !parent.toRealPath().startsWith(place.toRealPath())) {
            throw new IOException(path + " of the restored system leads out of it by a symbolic link");
        }
        return inside;
    }

    boolean has(String program) throws IOException {
        for (String each : List.of("/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/")) {
            Path found = place.resolve((each + program).substring(1));
            if (Files.exists(found)) {
                return true;
            }
        }
        return false;
    }

    /** Runs a program of the system in it. */
    void run(String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                place.toString(),
                "/usr/bin/env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL=C",
                "HOME=/root"));
        words.addAll(List.of(command));
        Command.Result result = Tools.tried("chroot", "", words.toArray(String[]::new));
        if (result.code() != 0) {
            throw new IOException(String.join(" ", command) + " in the restored system failed with exit code "
                    + result.code() + ": " + Tools.told(result.output()));
        }
    }

    private void unmount() throws IOException {
        while (!mounted.isEmpty()) {
            Tools.run("umount", "--recursive", mounted.removeLast().toString());
        }
    }

    @Override
    public void close() throws IOException {
        unmount();
        Files.delete(place);
    }
}
