package dev.holdfast.control.guestfs;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.image.ImageReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdServer;
import dev.holdfast.protocol.nbd.NbdServerSettings;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A small virtual machine that reads the file systems of one snapshot's disks. One thread's at a time. */
public final class ImageMachine implements Closeable {
    private static final int CONNECTIONS = 16;
    private static final int MOST_FILE_SYSTEMS = 1000;
    private static final Set<String> NO_FILES = Set.of("swap", "unknown", "");

    private final Path directory;
    private final NbdServer server;
    private final Guestfish guestfish;
    private final List<FileSystem> found = new ArrayList<>();
    private String mounted = "";

    private ImageMachine(Path directory, NbdServer server, Guestfish guestfish) {
        this.directory = directory;
        this.server = server;
        this.guestfish = guestfish;
    }

    /**
     * Starts a machine, which takes seconds, or longer where the processor does not help.
     *
     * @param longest how long that may take
     * @param starting is given its process as soon as there is one
     */
    static ImageMachine start(
            List<ImageReader> disks, Map<String, String> environment, Duration longest, Consumer<Guestfish> starting)
            throws IOException {
        // Paths of sockets are short.
        Path directory = Files.createTempDirectory("holdfast-images-");
        NbdServer server = null;
        Guestfish guestfish = null;
        ImageMachine started = null;
        try {
            Path socket = directory.resolve("nbd");
            server = NbdServer.listen(
                    NbdAddress.unix(socket), exports(disks), NbdServerSettings.DEFAULT.withConnections(CONNECTIONS));
            Map<String, String> all = new HashMap<>(environment);
            all.put("TMPDIR", directory.toString());
            guestfish = Guestfish.start(directory, all);
            starting.accept(guestfish);
            ImageMachine machine = new ImageMachine(directory, server, guestfish);
            machine.launch(disks.size(), socket, longest);
            started = machine;
            return machine;
        } finally {
            if (started == null) {
                close(guestfish, server, directory);
            }
        }
    }

    private static NbdExports exports(List<ImageReader> disks) {
        return new NbdExports() {
            @Override
            public List<Listed> list() {
                return List.of();
            }

            @Override
            public @Nullable NbdExport open(String name) {
                for (int i = 0; i < disks.size(); i++) {
                    if (name.equals("disk" + i)) {
                        return new ImageExport(disks.get(i));
                    }
                }
                return null;
            }
        };
    }

    private void launch(int disks, Path socket, Duration longest) throws IOException {
        for (int i = 0; i < disks; i++) {
            guestfish.run(
                    "add-drive",
                    "disk" + i,
                    "readonly:true",
                    "format:raw",
                    "protocol:nbd",
                    Guestfish.quoted("server:unix:" + socket));
        }
        guestfish.launch(longest);
        for (String line : lines("list-filesystems")) {
            int colon = line.lastIndexOf(": ");
            String type = colon < 0 ? "" : line.substring(colon + 2);
            if (!NO_FILES.contains(type) && found.size() < MOST_FILE_SYSTEMS) {
                String name = line.substring(0, colon);
                found.add(new FileSystem(name, type, label(name), bytes(name), "", ""));
            }
        }
        inspect();
    }

    /** Notes what operating systems say about their file systems; whatever is wrong with these costs only that. */
    private void inspect() throws IOException {
        try {
            for (String root : lines("inspect-os")) {
                String system = guestfish.text("inspect-get-product-name", Guestfish.quoted(root));
                for (String line : lines("inspect-get-mountpoints", Guestfish.quoted(root))) {
                    String[] words = line.split(": ", 2);
                    found.replaceAll(each -> words.length == 2 && words[1].equals(each.name())
                            ? new FileSystem(each.name(), each.type(), each.label(), each.bytes(), system, words[0])
                            : each);
                }
            }
        } catch (GuestfsException e) {
            requireAlive(e);
        }
    }

    private void requireAlive(GuestfsException failure) throws GuestfsException {
        if (!guestfish.isAlive()) {
            throw failure;
        }
    }

    private String label(String name) throws IOException {
        try {
            return guestfish.text("vfs-label", Guestfish.quoted(name));
        } catch (GuestfsException e) {
            requireAlive(e);
            return "";
        }
    }

    private long bytes(String name) throws IOException {
        if (!name.startsWith("/dev/")) {
            return 0;
        }
        try {
            return Long.parseLong(guestfish.text("blockdev-getsize64", Guestfish.quoted(name)));
        } catch (GuestfsException e) {
            requireAlive(e);
            return 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private List<String> lines(String command, Object... arguments) throws IOException {
        return guestfish.text(command, arguments).lines().toList();
    }

    boolean isAlive() {
        return guestfish.isAlive();
    }

    /** All file systems with files. */
    public List<FileSystem> fileSystems() {
        return List.copyOf(found);
    }

    /**
     * Files of a directory, in the order of names.
     *
     * @param after the last name before, null for the beginning
     * @throws GuestfsException where it cannot be read
     */
    public SnapshotTree.Found list(String fileSystem, TreePath place, @Nullable TreePath after, int limit)
            throws IOException {
        mount(fileSystem);
        List<TreePath> paths = new ArrayList<>();
        for (byte[] name : names(guestfish.run("ls0", path(place), "-"))) {
            TreePath each = place.child(name);
            if (after == null || each.compareTo(after) > 0) {
                paths.add(each);
            }
        }
        paths.sort(Comparator.naturalOrder());
        List<SnapshotTree.Entry> entries = new ArrayList<>();
        for (TreePath each : paths.subList(0, Math.min(limit, paths.size()))) {
            entries.add(look(each).entry());
        }
        return new SnapshotTree.Found(
                entries, paths.size() > limit ? entries.getLast().path() : "");
    }

    /**
     * Files below a directory whose names contain something, ignoring case; in no order.
     *
     * @param limit of those that are returned
     */
    public List<SnapshotTree.Entry> search(String fileSystem, TreePath place, String text, int limit)
            throws IOException {
        mount(fileSystem);
        String wanted = text.toLowerCase(Locale.ROOT);
        NameMatches matches = new NameMatches(
                name -> TreePath.escape(name).toLowerCase(Locale.ROOT).contains(wanted), limit);
        guestfish.run(matches, "find0", path(place), "-");
        List<SnapshotTree.Entry> entries = new ArrayList<>();
        for (byte[] below : matches.found()) {
            TreePath each = place.isRoot() ? TreePath.of(below) : TreePath.of(join(place.toBytes(), below));
            entries.add(look(each).entry());
        }
        return entries;
    }

    private static byte[] join(byte[] directory, byte[] below) {
        byte[] joined = new byte[directory.length + 1 + below.length];
        System.arraycopy(directory, 0, joined, 0, directory.length);
        joined[directory.length] = '/';
        System.arraycopy(below, 0, joined, directory.length + 1, below.length);
        return joined;
    }

    /** What a path is, without following a link at its end. */
    GuestFile look(TreePath path) throws IOException {
        return GuestFile.parse(path, guestfish.run("lstatns", path(path)));
    }

    /** Writes the content of a regular file, not following a link. */
    void content(GuestFile file, OutputStream out) throws IOException {
        if (!file.isRegular()) {
            throw new GuestfsException(
                    Phrase.of("image-files.no-file").with("path", file.path().toString()));
        }
        guestfish.run(out, "download", path(file.path()), "-");
    }

    /** Writes a directory and all below it as a tar archive of the machine's making. */
    void tar(TreePath directory, OutputStream out) throws IOException {
        guestfish.run(out, "tar-out", path(directory), "-", "numericowner:true");
    }

    void mount(String fileSystem) throws IOException {
        FileSystem known = found.stream()
                .filter(each -> each.name().equals(fileSystem))
                .findFirst()
                .orElseThrow(() -> new GuestfsException(
                        Phrase.of("image-files.no-file-system").with("name", fileSystem)));
        if (mounted.equals(fileSystem)) {
            return;
        }
        if (!mounted.isEmpty()) {
            mounted = "";
            guestfish.run("umount-all");
        }
        // XFS refuses two file systems of one identity, such as on disks that were copied.
        String options = known.type().equals("xfs") ? "ro,nouuid" : "ro";
        guestfish.run("mount-options", options, Guestfish.quoted(fileSystem), "/");
        mounted = fileSystem;
    }

    private static byte[] path(TreePath path) {
        return path.isRoot() ? new byte[] {'/'} : join(new byte[0], path.toBytes());
    }

    private static List<byte[]> names(byte[] listed) throws FormatException {
        List<byte[]> names = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < listed.length; i++) {
            if (listed[i] == 0) {
                byte[] name = Arrays.copyOfRange(listed, from, i);
                TreePath.requireName(name);
                names.add(name);
                from = i + 1;
            }
        }
        if (from < listed.length) {
            byte[] name = Arrays.copyOfRange(listed, from, listed.length);
            TreePath.requireName(name);
            names.add(name);
        }
        return names;
    }

    @Override
    public void close() throws IOException {
        close(guestfish, server, directory);
    }

    private static void close(@Nullable Guestfish guestfish, @Nullable NbdServer server, Path directory)
            throws IOException {
        try {
            if (guestfish != null) {
                guestfish.close();
            }
        } finally {
            if (server != null) {
                server.close();
            }
            List<Path> left;
            try (Stream<Path> tree = Files.walk(directory)) {
                left = tree.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path each : left) {
                Files.deleteIfExists(each);
            }
        }
    }
}
