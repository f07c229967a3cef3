package dev.holdfast.control.data;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Whose the data directory is, and who may enter it. */
final class Ownership {
    /** Belongs to the user that this process runs as; there on Linux. */
    private static final Path SELF = Path.of("/proc/self");

    private static final String UID = "unix:uid";

    private Ownership() {}

    /**
     * The appliance's user could not open what a process of another user writes: the administrator's rebuild of the index would
     * keep the unit from starting.
     */
    static void require(Path root) throws IOException {
        if (!Files.isDirectory(root) || !Files.isDirectory(SELF)) {
            return;
        }
        if (!Files.getAttribute(root, UID).equals(Files.getAttribute(SELF, UID))) {
            String owner = Files.getOwner(root).getName();
            throw new IOException("the data directory " + root + " belongs to " + owner + ", and this process runs as "
                    + Files.getOwner(SELF).getName() + ": what it writes there, " + owner
                    + " could not open. Run the command as " + owner + ": runuser -u " + owner
                    + " -- holdfast appliance ...");
        }
    }

    /** A volume must belong to the user that this process runs as, or it could not be closed to others. */
    static void requireOwn(Path volume) throws IOException {
        if (Files.isDirectory(SELF) && !Files.getAttribute(volume, UID).equals(Files.getAttribute(SELF, UID))) {
            String self = Files.getOwner(SELF).getName();
            throw new VolumeRefusedException(Phrase.of("volume.of-other-user")
                    .with("path", volume.toString())
                    .with("owner", Files.getOwner(volume).getName())
                    .with("user", self)
                    .with("command", "chown " + self + " " + volume));
        }
    }

    /**
     * Takes a directory's permissions from everybody but its owner.
     *
     * @throws IOException where it belongs to somebody else and is open to others
     */
    static void closeToOthers(Path directory) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        Set<PosixFilePermission> owners = EnumSet.of(
                PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
        if (owners.containsAll(permissions)) {
            return;
        }
        try {
            Files.setPosixFilePermissions(directory, owners);
        } catch (FileSystemException e) {
            throw new IOException(
                    directory + " is open to others (" + PosixFilePermissions.toString(permissions)
                            + ") and belongs to "
                            + Files.getOwner(directory).getName()
                            + ": keys and logs lie there. Run: chown it to the appliance's user, then chmod 700 "
                            + directory,
                    e);
        }
    }
}
