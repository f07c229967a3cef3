package dev.holdfast.store.volume;

import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;

/** Makes directories volumes, and volumes directories again. Each step may be repeated after a crash. */
public final class VolumeDirectory {
    static final String CONTAINERS = "containers";
    private static final String LOST_AND_FOUND = "lost+found";

    private VolumeDirectory() {}

    /** Prepares a directory, which must be empty or new, as a volume. */
    static void initialise(Path root, UUID vault, int number) throws IOException {
        AtomicFile.createDirectory(root);
        try (DirectoryStream<Path> content = Files.newDirectoryStream(root)) {
            for (Path entry : content) {
                if (!begunOnly(entry)) {
                    throw new IOException("volume directory " + root + " is not empty");
                }
            }
        }
        mark(root, vault, number);
    }

    /** As {@link #initialise}, of a directory whose content the caller has checked. */
    public static void mark(Path root, UUID vault, int number) throws IOException {
        AtomicFile.createDirectory(root);
        AtomicFile.createDirectory(root.resolve(CONTAINERS));
        new VolumeIdentity(vault, number).write(root);
    }

    /** What an initialisation leaves that was interrupted before the identity was written. */
    private static boolean begunOnly(Path entry) throws IOException {
        String name = String.valueOf(entry.getFileName());
        if (name.equals(CONTAINERS) && Files.isDirectory(entry)) {
            return isEmpty(entry);
        }
        // The root of a new file system may have this.
        return name.equals(VolumeIdentity.NAME + ".tmp") || name.equals(LOST_AND_FOUND);
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }

    /** Whether there is anything in the groups of containers, whatever it is. */
    public static boolean holdsContainers(Path root) throws IOException {
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(root.resolve(CONTAINERS))) {
            for (Path group : groups) {
                if (!Files.isDirectory(group) || !isEmpty(group)) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether there is anything besides what makes a volume of it, without containers. */
    public static boolean holdsOthers(Path root, String... known) throws IOException {
        try (DirectoryStream<Path> content = Files.newDirectoryStream(root)) {
            for (Path entry : content) {
                if (!isKnown(String.valueOf(entry.getFileName()), known)) {
                    return true;
                }
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        return holdsContainers(root);
    }

    private static boolean isKnown(String name, String... known) {
        if (name.equals(CONTAINERS)
                || name.equals(VolumeIdentity.NAME)
                || name.equals(VolumeIdentity.NAME + ".tmp")
                || name.equals(LOST_AND_FOUND)) {
            return true;
        }
        for (String each : known) {
            if (name.equals(each) || name.equals(each + ".tmp")) {
                return true;
            }
        }
        return false;
    }

    /** Takes away the identity of a volume that holds nothing, and empty directories. Other files stay. */
    public static void unmark(Path root) throws IOException {
        Files.deleteIfExists(root.resolve(VolumeIdentity.NAME));
        AtomicFile.syncDirectory(root);
        Path containers = root.resolve(CONTAINERS);
        if (!Files.isDirectory(containers)) {
            return;
        }
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(containers)) {
            for (Path group : groups) {
                // A container that a crash damaged is kept for a person to look at.
                if (Files.isDirectory(group) && isEmpty(group)) {
                    Files.delete(group);
                }
            }
        }
        if (isEmpty(containers)) {
            Files.delete(containers);
        }
    }
}
