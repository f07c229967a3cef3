package dev.holdfast.store.volume;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The directories that hold containers, usually one file system each. A container with number n lies in {@code
 * containers/<n/4096>/<n>.hfc}, both in hexadecimal. The list of volumes may change while they are in use. Safe for use by
 * several threads.
 */
public final class Volumes {
    private static final System.Logger LOG = System.getLogger(Volumes.class.getName());
    private static final Pattern CONTAINER = Pattern.compile("([0-9a-f]{8})\\.hfc(\\.open)?");
    /** Behind the name of a container that is being moved to a volume. */
    private static final String DRAFT_SUFFIX = ".moved";

    private final Disk disk;
    private final int reservePercent;
    private volatile VolumeList list;
    /** Whose volumes these must be; null where nobody asks. */
    private volatile @Nullable UUID vault;
    /** Numbers of volumes that were not there when they were looked for last. */
    private final Set<Integer> absent = ConcurrentHashMap.newKeySet();

    /**
     * @param roots the volumes, all active, numbered from 0
     * @param reservePercent share of each file system that stays free
     */
    public Volumes(Disk disk, List<Path> roots, int reservePercent) {
        this(disk, VolumeList.of(roots), reservePercent);
    }

    /** @param reservePercent share of each file system that stays free */
    public Volumes(Disk disk, VolumeList list, int reservePercent) {
        this.disk = disk;
        this.list = list;
        this.reservePercent = reservePercent;
    }

    /** Prepares a directory, which must be empty or new, as a volume of a vault. */
    public static void initialise(Path root, UUID vault, int number) throws IOException {
        VolumeDirectory.initialise(root, vault, number);
    }

    // ---- which there are

    public VolumeList list() {
        return list;
    }

    /** From now on these are the volumes. */
    public void change(VolumeList volumes) {
        list = volumes;
        absent.removeIf(number -> volumes.find(number).isEmpty());
    }

    /** Checks that every volume is there and belongs to this vault: a missing mount must not look like lost data. */
    public void requirePresent(UUID wanted) throws IOException {
        vault = wanted;
        List<Volume> missing = new ArrayList<>();
        List<String> told = new ArrayList<>();
        for (Volume each : list.readable()) {
            try {
                requirePresent(each, wanted);
            } catch (ForeignVolumeException e) {
                throw FormatException.corrupt(e.phrase().english());
            } catch (FormatException e) {
                throw e;
            } catch (IOException e) {
                missing.add(each);
                told.add("volume " + each.number() + ": " + e.getMessage());
            }
        }
        if (!missing.isEmpty()) {
            throw new IOException(String.join("; ", told) + ". " + ways(missing));
        }
    }

    /** What an administrator can do about a missing volume, the harmless way first. */
    private static String ways(List<Volume> missing) {
        String lost = missing.stream()
                .map(each -> TypedCommand.elsewhere(
                        "appliance", "volume", "retire", Integer.toString(each.number()), "--lost", "--data", "DIR"))
                .collect(Collectors.joining(", "));
        return "Mount it and start again. To restore what is there without it, start with "
                + TypedCommand.elsewhere("appliance", "run", "--read-only", "--data", "DIR")
                + ". If its disk is dead, give it up: " + lost;
    }

    private static void requirePresent(Volume volume, UUID wanted) throws IOException {
        Path root = volume.root();
        Optional<VolumeIdentity> found = VolumeIdentity.read(root);
        if (found.isEmpty()) {
            throw new PhrasedException(
                    Phrase.of("volume.absent").with("path", root.toString()).with("file", VolumeIdentity.NAME));
        }
        if (!found.get().vault().equals(wanted) || found.get().number() != volume.number()) {
            throw new ForeignVolumeException(Phrase.of("volume.foreign")
                    .with("path", root.toString())
                    .with("vault", found.get().vault().toString())
                    .with("number", found.get().number()));
        }
    }

    /** Another volume is where one of these should be. */
    private static final class ForeignVolumeException extends PhrasedException {
        ForeignVolumeException(Phrase phrase) {
            super(phrase);
        }
    }

    /** As {@link #look()}, for volumes of this vault. */
    public Map<Integer, Phrase> look(UUID wanted) {
        vault = wanted;
        return look();
    }

    /** Looks for all volumes; returns what is wrong with those that are missing, by their numbers. */
    public Map<Integer, Phrase> look() {
        Map<Integer, Phrase> wrong = new TreeMap<>();
        for (Volume each : list.readable()) {
            Phrase problem = problem(each);
            if (problem != null) {
                wrong.put(each.number(), problem);
            }
        }
        return wrong;
    }

    /** What is wrong with a volume; null where it is there. It is written to only while nothing is wrong. */
    private @Nullable Phrase problem(Volume volume) {
        UUID wanted = vault;
        if (wanted == null) {
            return null;
        }
        try {
            requirePresent(volume, wanted);
            absent.remove(volume.number());
            return null;
        } catch (IOException e) {
            absent.add(volume.number());
            return Phrase.why(e);
        }
    }

    // ---- room

    /** The active volume with the most room above its reserve, or -1 where none has any. */
    public int emptiest() throws IOException {
        int best = -1;
        long most = 0;
        for (Volume each : usable()) {
            long room = room(each) - ContainerWriter.TARGET_BYTES;
            if (room > most) {
                most = room;
                best = each.number();
            }
        }
        return best;
    }

    /** As {@link #emptiest}, of a volume that is there: one that is not mounted any more is left out. */
    public int emptiestPresent() throws IOException {
        while (true) {
            int number = emptiest();
            if (number < 0 || isPresent(number)) {
                return number;
            }
        }
    }

    /** The active volume with the most room, its reserve included: for what makes room. */
    public int roomiest() throws IOException {
        while (true) {
            int best = -1;
            long most = -1;
            for (Volume each : usable()) {
                long free = disk.freeBytes(each.root());
                if (free > most) {
                    most = free;
                    best = each.number();
                }
            }
            if (best < 0) {
                throw new IOException("no volume can take a container: " + list.roots());
            }
            if (isPresent(best)) {
                return best;
            }
        }
    }

    /** Whether a volume is there at this moment, as its identity tells. */
    public boolean isPresent(int number) {
        return list.find(number).filter(each -> problem(each) == null).isPresent();
    }

    /** Whether a volume is read: it was not given up. */
    public boolean isReadable(int number) {
        return list.find(number)
                .filter(each -> each.state() != Volume.State.LOST)
                .isPresent();
    }

    private List<Volume> usable() {
        return list.active().stream()
                .filter(each -> !absent.contains(each.number()))
                .toList();
    }

    /** Bytes that backups may still write to a volume. */
    private long room(Volume volume) throws IOException {
        Path root = volume.root();
        return disk.freeBytes(root) - disk.totalBytes(root) / 100 * reservePercent;
    }

    /** Bytes that containers may still take on an active volume; 0 on any other. */
    public long room(int number) throws IOException {
        for (Volume each : usable()) {
            if (each.number() == number) {
                return Math.max(0, room(each));
            }
        }
        return 0;
    }

    /** Whether two volumes are on one file system. */
    public boolean shareFileSystem(int first, int second) throws IOException {
        return disk.fileSystem(root(first)).equals(disk.fileSystem(root(second)));
    }

    /**
     * Bytes that backups may still write to all volumes; those on one file system share its room. A volume that cannot be
     * asked has none.
     */
    public long freeBytes() {
        return sum(each -> Math.max(0, room(each) - ContainerWriter.TARGET_BYTES));
    }

    /** Bytes that the file systems of all volumes have in all, each counted once. */
    public long diskBytes() {
        return sum(each -> disk.totalBytes(each.root()));
    }

    private interface Bytes {
        long of(Volume volume) throws IOException;
    }

    private long sum(Bytes bytes) {
        Map<Object, Long> ofFileSystems = new HashMap<>();
        for (Volume each : usable()) {
            try {
                ofFileSystems.put(disk.fileSystem(each.root()), bytes.of(each));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "no room is counted on a volume", e);
            }
        }
        return ofFileSystems.values().stream().mapToLong(Long::longValue).sum();
    }

    // ---- files

    /** Of one that is not configured, a path at which nothing is. */
    private Path root(int number) {
        return list.find(number).map(Volume::root).orElseGet(() -> Path.of("no-volume-" + number));
    }

    public Path containerPath(int volume, int number) {
        return root(volume)
                .resolve(VolumeDirectory.CONTAINERS)
                .resolve(String.format("%05x", number >>> 12))
                .resolve(String.format("%08x.hfc", number));
    }

    /** As {@link #containerPath}, with the directory made. */
    public Path prepareContainer(int volume, int number) throws IOException {
        Path path = containerPath(volume, number);
        Path directory = path.getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            AtomicFile.createDirectory(directory);
        }
        return path;
    }

    /** What a container is called while it is being copied to a volume. */
    public static Path draft(Path container) {
        return container.resolveSibling(container.getFileName() + DRAFT_SUFFIX);
    }

    /** A container's file where one of the volumes has it, sealed. */
    public Optional<Path> sealed(int number) {
        return list.readable().stream()
                .map(each -> containerPath(each.number(), number))
                .filter(Files::exists)
                .findFirst();
    }

    /** A container's file as found on a volume. */
    public record Found(int volume, int number, Path finalPath, boolean open) {}

    /** Everything that looks like a container, open ones included, in the order of numbers within each volume. */
    public List<Found> containers() throws IOException {
        return containers(draft -> {});
    }

    /**
     * As above.
     *
     * @param drafts told of containers whose copying was interrupted
     */
    public List<Found> containers(Consumer<Path> drafts) throws IOException {
        List<Found> found = new ArrayList<>();
        for (Volume each : list.readable()) {
            collect(each, found, drafts);
        }
        found.sort((a, b) -> a.volume != b.volume
                ? Integer.compare(a.volume, b.volume)
                : Integer.compareUnsigned(a.number, b.number));
        return found;
    }

    /** What is on one volume. */
    public List<Found> containers(int number) throws IOException {
        List<Found> found = new ArrayList<>();
        Optional<Volume> volume = list.find(number);
        if (volume.isPresent()) {
            collect(volume.get(), found, draft -> {});
        }
        return found;
    }

    private void collect(Volume volume, List<Found> found, Consumer<Path> drafts) throws IOException {
        try (DirectoryStream<Path> groups =
                Files.newDirectoryStream(volume.root().resolve(VolumeDirectory.CONTAINERS))) {
            for (Path group : groups) {
                collectGroup(volume.number(), group, found, drafts);
            }
        }
    }

    private void collectGroup(int volume, Path group, List<Found> found, Consumer<Path> drafts) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(group)) {
            for (Path file : files) {
                String text = String.valueOf(file.getFileName());
                Matcher name = CONTAINER.matcher(text);
                if (name.matches()) {
                    int number = Integer.parseUnsignedInt(name.group(1), 16);
                    found.add(new Found(volume, number, containerPath(volume, number), name.group(2) != null));
                } else if (text.endsWith(".hfc" + DRAFT_SUFFIX)) {
                    drafts.accept(file);
                }
            }
        }
    }
}
