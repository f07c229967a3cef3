package dev.holdfast.control.rescue;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeIdentity;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A data directory that stands for another one, which is only read. What is never changed in place is a link: containers,
 * manifests, tables of the index, keys. What an appliance changes is a copy: databases, logs of the index, heads of the audit
 * log, containers that a crash left open. What is missing in the index is added to the copy. The owner closes it, which removes
 * it; links are removed, and never what they lead to.
 */
public final class Mirror implements AutoCloseable {
    private static final long MARGIN_BYTES = 64 << 20;
    private static final long INDEX_CACHE_BYTES = 8 << 20;
    private static final int COPIES_OF_CONTROL = 2;

    private final Path root;
    private final AutoCloseable lock;
    private final List<Copy> copies = new ArrayList<>();
    private DataDirectory directory;

    /** A file that is copied rather than linked. */
    private record Copy(Path from, Path to) {}

    private Mirror(Path root, AutoCloseable lock, DataDirectory source) {
        this.root = root;
        this.lock = lock;
        this.directory = source;
    }

    /**
     * Makes it.
     *
     * @param source the directory that is read
     * @param scratch a directory elsewhere, where the mirror is made; should be on memory or a local disk
     * @param warnings told what is missing, and what is made again
     */
    public static Mirror of(Path source, Path scratch, Consumer<String> warnings) throws IOException {
        DataDirectory real = DataDirectory.look(source);
        requireElsewhere(scratch, real);
        AutoCloseable lock = real.lockToRead();
        Mirror mirror;
        try {
            Path root = Files.createTempDirectory(
                    scratch.toRealPath(),
                    "holdfast-rescue-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            mirror = new Mirror(root, lock, real);
        } catch (IOException | RuntimeException e) {
            close(lock);
            throw e;
        }
        try {
            mirror.make(real, warnings);
            return mirror;
        } catch (IOException | RuntimeException e) {
            mirror.close();
            throw e;
        }
    }

    private static void close(AutoCloseable lock) throws IOException {
        try {
            lock.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static void requireElsewhere(Path scratch, DataDirectory real) throws IOException {
        Path there = scratch.toRealPath();
        List<Path> read = new ArrayList<>(real.volumes());
        read.add(real.root());
        for (Path each : read) {
            if (Files.exists(each) && there.startsWith(each.toRealPath())) {
                throw new IllegalArgumentException("the scratch directory " + scratch + " is inside " + each
                        + ", where nothing may be written; name another one with --scratch");
            }
        }
    }

    /** The data directory to work in. */
    public DataDirectory directory() {
        return directory;
    }

    private void make(DataDirectory real, Consumer<String> warnings) throws IOException {
        Path source = real.root();
        Map<Integer, String> missing = missing(real);
        missing.forEach((number, why) -> warnings.accept("volume " + number + " is missing: " + why
                + ". Files whose data is there cannot be restored, unless a vault has it"));
        for (String name : List.of(
                "profile.json",
                "releases.json",
                "index.rebuilding",
                "index.recovering",
                "index.unlisted",
                "index.owners-unknown",
                "control.db",
                "control.db-wal")) {
            copy(source.resolve(name), root.resolve(name));
        }
        link(source.resolve("keys"), root.resolve("keys"), name -> !name.endsWith(".tmp") && !name.endsWith(".lock"));
        each(source.resolve("vault"), root.resolve("vault"), Mirror::isDatabase, this::copy);
        link(source.resolve("audit"), root.resolve("audit"), name -> name.endsWith(".hfa"));
        copy(source.resolve("audit/heads"), root.resolve("audit/heads"));
        controlCopies(source);
        manifests(source.resolve("manifests"));
        for (Volume each : real.volumeList().readable()) {
            if (!missing.containsKey(each.number())) {
                volume(each, root.resolve("volumes/" + each.number()));
            }
        }
        index(source.resolve("index"));
        copyAll();
        directory = real.mirrored(root, missing);
        openIndex(warnings);
    }

    private static Map<Integer, String> missing(DataDirectory real) throws IOException {
        UUID vault = real.keyring().vault();
        Map<Integer, String> missing = new TreeMap<>();
        for (Volume each : real.volumeList().readable()) {
            try {
                Optional<VolumeIdentity> found = VolumeIdentity.read(each.root());
                if (found.isEmpty()) {
                    missing.put(each.number(), each.root() + " has no " + VolumeIdentity.NAME + "; is it mounted?");
                } else if (!found.get().vault().equals(vault) || found.get().number() != each.number()) {
                    missing.put(each.number(), each.root() + " is another volume");
                } else if (!Files.isReadable(each.root().resolve("containers"))) {
                    missing.put(each.number(), each.root() + " has no containers that can be read");
                }
            } catch (IOException e) {
                missing.put(each.number(), each.root() + " cannot be read: " + e.getMessage());
            }
        }
        return missing;
    }

    // ---- links and copies

    private interface Step {
        void run(Path from, Path to) throws IOException;
    }

    private static boolean isDatabase(String name) {
        return name.endsWith(".db") || name.endsWith(".db-wal");
    }

    /** Copied at the end, once it is known how much room all copies need. */
    private void copy(Path from, Path to) {
        if (Files.isRegularFile(from)) {
            copies.add(new Copy(from, to));
        }
    }

    private void link(Path from, Path to, Predicate<String> names) throws IOException {
        each(from, to, names, Mirror::link);
    }

    private static void link(Path from, Path to) throws IOException {
        Files.createSymbolicLink(to, from.toRealPath());
    }

    /** Makes a directory, and does something with each file of another one that has such a name. */
    private static void each(Path from, Path to, Predicate<String> names, Step step) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        Files.createDirectories(to);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (names.test(name) && Files.isRegularFile(file)) {
                    step.run(file, to.resolve(name));
                }
            }
        }
    }

    private void controlCopies(Path source) throws IOException {
        Path from = source.resolve("control-copies");
        if (!Files.isDirectory(from)) {
            return;
        }
        Path to = Files.createDirectory(root.resolve("control-copies"));
        try (Stream<Path> files = Files.list(from)) {
            files.filter(file -> file.getFileName().toString().matches("control-[0-9-]+\\.db"))
                    .sorted(Comparator.reverseOrder())
                    .limit(COPIES_OF_CONTROL)
                    .forEach(file -> copy(file, to.resolve(file.getFileName())));
        }
    }

    /** Those that were not committed are left out. */
    private void manifests(Path from) throws IOException {
        Path to = Files.createDirectory(root.resolve("manifests"));
        if (!Files.isDirectory(from)) {
            return;
        }
        try (DirectoryStream<Path> nodes = Files.newDirectoryStream(from)) {
            for (Path node : nodes) {
                link(node, to.resolve(node.getFileName()), name -> name.endsWith(".hfs"));
            }
        }
    }

    private void volume(Volume volume, Path to) throws IOException {
        Files.createDirectories(to);
        link(volume.root(), to, name -> name.equals(VolumeIdentity.NAME) || name.equals("keyring.json"));
        Path containers = Files.createDirectory(to.resolve("containers"));
        try (DirectoryStream<Path> groups =
                Files.newDirectoryStream(volume.root().resolve("containers"))) {
            for (Path group : groups) {
                group(group, containers.resolve(group.getFileName()));
            }
        }
    }

    /** A directory of sealed containers is one link; one with open containers has a link or a copy for each. */
    private void group(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            if (files.allMatch(file -> file.toString().endsWith(".hfc"))) {
                link(from, to);
                return;
            }
        }
        link(from, to, name -> name.endsWith(".hfc"));
        each(from, to, name -> name.endsWith(".hfc.open"), this::copy);
    }

    private void index(Path from) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        Path to = root.resolve("index");
        link(from, to, name -> name.endsWith(".sst"));
        each(from, to, name -> !name.endsWith(".sst") && !name.startsWith("LOG") && !name.equals("LOCK"), this::copy);
    }

    private void copyAll() throws IOException {
        long needed = MARGIN_BYTES;
        for (Copy each : copies) {
            needed += Files.size(each.from);
        }
        long free = Files.getFileStore(root).getUsableSpace();
        if (free < needed) {
            throw new IOException("the scratch directory needs " + ByteText.of(needed) + ", and " + root.getParent()
                    + " has " + ByteText.of(free) + " free; name another one with --scratch");
        }
        for (Copy each : copies) {
            Files.copy(each.from, each.to, StandardCopyOption.COPY_ATTRIBUTES);
            Files.setPosixFilePermissions(each.to, PosixFilePermissions.fromString("rw-------"));
        }
    }

    /** An index that does not open is made again, in the mirror. */
    private void openIndex(Consumer<String> warnings) throws IOException {
        Path index = root.resolve("index");
        if (!Files.isDirectory(index)) {
            warnings.accept("there is no index; it is made again in " + root + ", which reads all containers");
            return;
        }
        try {
            new ChunkIndex(index, INDEX_CACHE_BYTES, INDEX_CACHE_BYTES).close();
        } catch (IOException e) {
            warnings.accept("the index does not open (" + e.getMessage() + "); it is made again in " + root
                    + ", which reads all containers");
            remove(index);
        }
    }

    // ---- the end

    /** Removes a directory without following links. */
    private static void remove(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    remove(file);
                }
            }
        }
        Files.deleteIfExists(directory);
    }

    @Override
    public void close() throws IOException {
        try {
            remove(root);
        } finally {
            close(lock);
        }
    }
}
