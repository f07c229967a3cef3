package dev.holdfast.agent.machine;

import dev.holdfast.agent.image.Command;
import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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

    private static final long MOST_TEXT_BYTES = 1 << 20;
    /** To make the initramfs of all kernels takes minutes. */
    private static final int SECONDS = 3600;

    private final Part root;
    private final MountPlace mounts;
    private final Path place;
    private boolean entered;

    private InstalledSystem(Part root, MountPlace mounts) {
        this.root = root;
        this.mounts = mounts;
        this.place = mounts.root();
    }

    /** Looks for one on these devices; empty where none is. */
    static Optional<InstalledSystem> find(List<Part> parts, Told told) {
        for (Part each : parts) {
            try {
                Optional<InstalledSystem> found =
                        SYSTEMS.contains(each.type()) ? look(each, parts, told) : Optional.empty();
                if (found.isPresent()) {
                    return found;
                }
            } catch (IOException e) {
                told.warning("cannot look for the installed system on " + each.device() + ": " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static Optional<InstalledSystem> look(Part part, List<Part> parts, Told told) throws IOException {
        InstalledSystem system = new InstalledSystem(part, MountPlace.make("system"));
        boolean is = false;
        try {
            system.mounts.mount(part.device(), part.type(), system.place);
            String subvolume = SUBVOLUMES.stream()
                    .filter(each -> isRoot(system.place.resolve(each)))
                    .findFirst()
                    .orElse(null);
            if (subvolume == null) {
                return Optional.empty();
            }
            if (!subvolume.isEmpty()) {
                system.mounts.unmount();
                system.mounts.mount(part.device(), part.type(), system.place, "subvol=" + subvolume);
            }
            system.mountOthers(parts, told);
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

    private void mountOthers(List<Part> parts, Told told) throws IOException {
        List<FstabLine> lines = fstab().stream()
                .filter(each -> OWN.contains(each.place()))
                .sorted(Comparator.comparing(FstabLine::place))
                .toList();
        for (FstabLine line : lines) {
            Optional<Part> part = line.find(parts);
            try {
                if (part.isPresent() && Files.isDirectory(at(line.place()))) {
                    String subvolume = line.option("subvol");
                    mounts.mount(
                            part.get().device(),
                            part.get().type(),
                            at(line.place()),
                            subvolume.isEmpty() ? new String[0] : new String[] {"subvol=" + subvolume});
                }
            } catch (IOException e) {
                told.warning(line.place() + " of the restored system was left out: " + e.getMessage());
            }
        }
    }

    /**
     * What its programs need of this machine. Before, a symbolic link of the system leads nowhere else than into the system: files
     * of it are changed before its programs are run.
     */
    private void enter() throws IOException {
        if (entered) {
            return;
        }
        entered = true;
        for (String each : List.of("/dev", "/proc", "/sys")) {
            if (isOwnDirectory(each)) {
                mounts.add(at(each), "--rbind", "--make-rslave", each);
            }
        }
        if (isOwnDirectory("/run")) {
            mounts.add(at("/run"), "--types", "tmpfs", "tmpfs");
        }
    }

    private boolean isOwnDirectory(String path) {
        return Files.isDirectory(place.resolve(path.substring(1)), LinkOption.NOFOLLOW_LINKS);
    }

    /** The text of a file. */
    String read(String path) throws IOException {
        Path file = at(path);
        if (!Files.isRegularFile(file) || Files.size(file) > MOST_TEXT_BYTES) {
            throw new IOException(path + " of the restored system is no text file");
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /** Replaces a file, or makes it. */
    void write(String path, CharSequence text) throws IOException {
        Path file = at(path);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(path + " of the restored system is no text file");
        }
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
    }

    /** The lines of its table of file systems that name something. */
    List<FstabLine> fstab() throws IOException {
        List<FstabLine> lines = new ArrayList<>();
        read("/etc/fstab").lines().forEach(each -> FstabLine.parse(each).ifPresent(lines::add));
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
        enter();
        // Whatever it leaves running or mounted ends with it.
        List<String> words = new ArrayList<>(List.of(
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "chroot",
                place.toString(),
                "/usr/bin/env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL=C",
                "HOME=/root"));
        words.addAll(List.of(command));
        Command.Result result = Tools.within(SECONDS, "unshare", words.toArray(String[]::new));
        if (result.code() != 0) {
            throw new IOException(String.join(" ", command) + " in the restored system failed with exit code "
                    + result.code() + ": " + Tools.told(result.output()));
        }
    }

    @Override
    public void close() throws IOException {
        mounts.close();
    }
}
