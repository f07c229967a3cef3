package dev.holdfast.agent.mount;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The directory that something is mounted on. */
public final class MountPoint {
    private static final Path PROCESSES = Path.of("/proc");
    private static final int MAX_USERS = 5;

    private final TreePath path;

    private MountPoint(TreePath path) {
        this.path = path;
    }

    /** Checks that a directory is there, and empty, and that nothing is mounted on it. */
    public static MountPoint of(byte[] directory) throws IOException {
        Platform platform = Platform.current();
        String name = LooseText.of(directory);
        try (Directory opened = platform.open(directory)) {
            byte[] real = platform.resolve(directory);
            TreePath path = TreePath.of(Arrays.copyOfRange(real, 1, real.length));
            boolean mounted = Mounts.read()
                    .onto(path)
                    .filter(mount -> mount.point().equals(path) && !path.isRoot())
                    .isPresent();
            if (mounted) {
                throw new IOException(name + ": something is mounted there already; unmount it first");
            }
            if (!opened.names().isEmpty()) {
                throw new IOException(name + ": the directory is not empty; give an empty one");
            }
            return new MountPoint(path);
        } catch (OsException e) {
            if (e.disconnected()) {
                throw new IOException(
                        name + ": something is mounted there whose process has ended; to unmount it: umount -l " + name,
                        e);
            }
            throw e;
        } catch (FormatException e) {
            throw new NotDirectoryException(name);
        }
    }

    byte[] bytes() {
        byte[] names = path.toBytes();
        byte[] all = new byte[names.length + 1];
        all[0] = '/';
        System.arraycopy(names, 0, all, 1, names.length);
        return all;
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** Some of the processes that use what is mounted: number and name, as far as this user may see them. */
    public List<String> users() {
        List<String> users = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : processes) {
                if (users.size() < MAX_USERS && uses(process)) {
                    String name = Files.readString(process.resolve("comm")).strip();
                    users.add(process.getFileName() + " (" + name + ")");
                }
            }
        } catch (IOException e) {
            // What can be told is told.
        }
        return users;
    }

    private boolean uses(Path process) {
        List<Path> links = new ArrayList<>(List.of(process.resolve("cwd"), process.resolve("root")));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            files.forEach(links::add);
        } catch (IOException e) {
            // The process has ended, or belongs to another user.
        }
        Path point = Path.of(LooseText.of(bytes()));
        for (Path link : links) {
            try {
                if (Files.readSymbolicLink(link).startsWith(point)) {
                    return true;
                }
            } catch (IOException e) {
                // Likewise.
            }
        }
        return false;
    }
}
