package dev.holdfast.store.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.FormatException;
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
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directories that hold containers, usually one file system each. A container with number n lies in {@code
 * containers/<n/4096>/<n>.hfc}, both in hexadecimal. Safe for use by several threads.
 */
public final class Volumes {
    private static final System.Logger LOG = System.getLogger(Volumes.class.getName());
    private static final Pattern CONTAINER = Pattern.compile("([0-9a-f]{8})\\.hfc(\\.open)?");
    private static final String MARKER = "volume.json";
    private static final String FORMAT = "holdfast-volume";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Disk disk;
    private final List<Path> roots;
    private final int reservePercent;

    /**
     * @param roots the volumes in their configured order; the index refers to them by position
     * @param reservePercent share of each file system that stays free
     */
    public Volumes(Disk disk, List<Path> roots, int reservePercent) {
        this.disk = disk;
        this.roots = List.copyOf(roots);
        this.reservePercent = reservePercent;
    }

    /** Prepares a directory, which must be empty or new, as a volume of a vault. */
    public static void initialise(Path root, UUID vault, int position) throws IOException {
        AtomicFile.createDirectory(root);
        try (DirectoryStream<Path> content = Files.newDirectoryStream(root)) {
            for (Path entry : content) {
                if (!begunOnly(entry)) {
                    throw new IOException("volume directory " + root + " is not empty");
                }
            }
        }
        AtomicFile.createDirectory(root.resolve("containers"));
        byte[] marker = JSON.writeValueAsBytes(
                Map.of("format", FORMAT, "version", 1, "vault", vault.toString(), "position", position));
        AtomicFile.write(root.resolve(MARKER), marker, false);
    }

    /** What an initialisation leaves that was interrupted before the marker was written. */
    private static boolean begunOnly(Path entry) throws IOException {
        String name = String.valueOf(entry.getFileName());
        if (name.equals("containers") && Files.isDirectory(entry)) {
            try (DirectoryStream<Path> groups = Files.newDirectoryStream(entry)) {
                return !groups.iterator().hasNext();
            }
        }
        return name.equals(MARKER + ".tmp");
    }

    /** Checks that every volume is there and belongs to this vault: a missing mount must not look like lost data. */
    public void requirePresent(UUID vault) throws IOException {
        for (int i = 0; i < roots.size(); i++) {
            Path marker = roots.get(i).resolve(MARKER);
            if (!Files.exists(marker)) {
                throw new IOException("volume " + roots.get(i) + " is not there (no " + MARKER
                        + "); mount it before starting the appliance");
            }
            JsonNode json = JSON.readTree(marker.toFile());
            if (!json.path("vault").asText().equals(vault.toString())
                    || json.path("position").asInt(-1) != i) {
                throw FormatException.corrupt("volume " + roots.get(i) + " belongs to vault "
                        + json.path("vault").asText() + ", position "
                        + json.path("position").asText());
            }
        }
    }

    public List<Path> roots() {
        return roots;
    }

    /** The volume with the most room above its reserve, or -1 where none has any. */
    public int emptiest() throws IOException {
        int best = -1;
        long most = 0;
        for (int i = 0; i < roots.size(); i++) {
            long room = room(i) - ContainerWriter.TARGET_BYTES;
            if (room > most) {
                most = room;
                best = i;
            }
        }
        return best;
    }

    /** The volume with the most room, its reserve included: for what makes room. */
    public int roomiest() throws IOException {
        int best = 0;
        for (int i = 1; i < roots.size(); i++) {
            if (disk.freeBytes(roots.get(i)) > disk.freeBytes(roots.get(best))) {
                best = i;
            }
        }
        return best;
    }

    /** Bytes that backups may still write to a volume. */
    public long room(int volume) throws IOException {
        Path root = roots.get(volume);
        return disk.freeBytes(root) - disk.totalBytes(root) / 100 * reservePercent;
    }

    /**
     * Bytes that backups may still write to all volumes; those on one file system share its room. A volume that cannot be
     * asked has none.
     */
    public long freeBytes() {
        Map<Object, Long> rooms = new HashMap<>();
        for (int i = 0; i < roots.size(); i++) {
            try {
                rooms.put(disk.fileSystem(roots.get(i)), Math.max(0, room(i) - ContainerWriter.TARGET_BYTES));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "no room is counted on a volume", e);
            }
        }
        return rooms.values().stream().mapToLong(Long::longValue).sum();
    }

    public Path containerPath(int volume, int number) {
        return roots.get(volume)
                .resolve("containers")
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

    /** A container's file as found on a volume. */
    public record Found(int volume, int number, Path finalPath, boolean open) {}

    /** Everything that looks like a container, open ones included, in the order of numbers within each volume. */
    public List<Found> list() throws IOException {
        List<Found> found = new ArrayList<>();
        for (int volume = 0; volume < roots.size(); volume++) {
            try (DirectoryStream<Path> groups =
                    Files.newDirectoryStream(roots.get(volume).resolve("containers"))) {
                for (Path group : groups) {
                    listGroup(volume, group, found);
                }
            }
        }
        found.sort((a, b) -> a.volume != b.volume
                ? Integer.compare(a.volume, b.volume)
                : Integer.compareUnsigned(a.number, b.number));
        return found;
    }

    private void listGroup(int volume, Path group, List<Found> found) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(group)) {
            for (Path file : files) {
                Matcher name = CONTAINER.matcher(String.valueOf(file.getFileName()));
                if (name.matches()) {
                    int number = Integer.parseUnsignedInt(name.group(1), 16);
                    found.add(new Found(volume, number, containerPath(volume, number), name.group(2) != null));
                }
            }
        }
    }
}
