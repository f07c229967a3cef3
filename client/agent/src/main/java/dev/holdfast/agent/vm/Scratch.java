package dev.holdfast.agent.vm;

import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;

/** Directories in which the machine, whoever runs it, makes files and a socket that nobody else can reach. */
final class Scratch {
    /** Before a disk that is full fails a write of the machine, the backup ends. */
    private static final long RESERVE_BYTES = 1L << 30;

    private static final int PARTS = 10;

    private Scratch() {}

    /** @param runner who runs the machine */
    static Path make(Optional<Path> parent, String prefix, Optional<UserPrincipal> runner) throws IOException {
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Path made = parent.isPresent()
                ? Files.createTempDirectory(parent.get(), prefix, mode)
                : Files.createTempDirectory(prefix, mode);
        try {
            give(made, runner);
            return made;
        } catch (IOException e) {
            Files.deleteIfExists(made);
            throw e;
        }
    }

    /** Makes a file or directory that of the user who runs the machine. */
    static void give(Path made, Optional<UserPrincipal> user) throws IOException {
        try {
            // Not of what a link leads to: others may write to the directory in which it was made.
            FileOwnerAttributeView owner =
                    Files.getFileAttributeView(made, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (user.isPresent() && !owner.getOwner().equals(user.get())) {
                owner.setOwner(user.get());
            }
        } catch (FileSystemException e) {
            throw new IOException(
                    made + " cannot be given to the user who runs the machine: " + e.getMessage()
                            + "; run this as root or as that user",
                    e);
        }
    }

    /** @throws IOException where there is so little space that the machine's writes might fail soon */
    static void requireSpace(Path directory) throws IOException {
        long total = Files.getFileStore(directory).getTotalSpace();
        long left = Files.getFileStore(directory).getUsableSpace();
        long reserve = Math.min(RESERVE_BYTES, total / PARTS);
        if (left < reserve) {
            throw new IOException("the directory for what the machine overwrites meanwhile, " + directory + ", has "
                    + ByteText.of(left) + " left, and must have " + ByteText.of(reserve)
                    + "; free some space, or name another directory with --scratch");
        }
    }
}
