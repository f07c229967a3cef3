package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets restores into one directory come one after another: two at once would each replace what the other made, and tie hard links to
 * each other's files. A lock on a file in the target, which goes with the process. Where the user who restores cannot make that
 * file, as in the root directory, nothing is locked; {@link WorkFiles} still keep apart. Used by one thread.
 */
final class TargetLock implements AutoCloseable {
    /** In upper and lower case, so that it shows whether the target keeps what it is given. */
    static final byte[] NAME = ".holdfast-Restore.lock".getBytes(StandardCharsets.US_ASCII);

    private static final int RETRY_MILLIS = 250;

    private final DirectoryNode top;
    private final Directory.@Nullable FileHandle locked;

    private TargetLock(DirectoryNode top, Directory.@Nullable FileHandle locked) {
        this.top = top;
        this.locked = locked;
    }

    /** Whether the target, in a listing made while this is locked, has the lock's name as it was given. */
    boolean spelledRight(List<byte[]> listing) {
        return locked == null || listing.stream().anyMatch(each -> Arrays.equals(each, NAME));
    }

    /** Waits as long as another restore has it, and says so once. */
    static TargetLock acquire(DirectoryNode top, Runnable waiting) throws IOException {
        for (boolean told = false; ; ) {
            Directory.FileHandle file;
            try {
                file = top.use(TargetLock::open).orElse(null);
            } catch (OsException e) {
                return new TargetLock(top, null);
            }
            if (file == null) {
                continue;
            }
            try {
                Stat stat = file.stat();
                if (stat.type() != Stat.Type.FILE || !Platform.current().owns(stat)) {
                    // Somebody else's: whoever waits for strangers waits for ever.
                    file.close();
                    return new TargetLock(top, null);
                }
                boolean got = file.tryLock();
                Stat named = got ? top.use(directory -> directory.stat(NAME)) : stat;
                if (got && named.inode() == stat.inode() && named.device() == stat.device()) {
                    return new TargetLock(top, file);
                }
                file.close();
                if (!got) {
                    if (!told) {
                        waiting.run();
                        told = true;
                    }
                    Thread.sleep(RETRY_MILLIS);
                }
            } catch (OsException e) {
                file.close();
                if (!e.vanished()) {
                    return new TargetLock(top, null);
                }
            } catch (InterruptedException e) {
                throw new IOException("interrupted while waiting for another restore", e);
            }
        }
    }

    /** Empty where it went between two looks. */
    private static Optional<Directory.FileHandle> open(Directory directory) throws IOException {
        try {
            return Optional.of(directory.createFile(NAME));
        } catch (OsException e) {
            if (!e.exists()) {
                throw e;
            }
        }
        try {
            return Optional.of(directory.openForUpdate(NAME));
        } catch (OsException e) {
            if (!e.vanished()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        Directory.FileHandle file = locked;
        if (file != null) {
            try {
                top.use(directory -> {
                    directory.remove(NAME, false);
                    return true;
                });
            } finally {
                file.close();
            }
        }
    }
}
