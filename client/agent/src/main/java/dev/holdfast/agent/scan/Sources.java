package dev.holdfast.agent.scan;

import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/** What a backup begins at. */
public final class Sources {
    private Sources() {}

    /**
     * Absolute, in order, each once; with symlinks on the way resolved but not the last name: a symlink given is backed
     * up as one.
     *
     * @throws IllegalArgumentException naming the path that is not there
     */
    public static List<TreePath> resolve(Platform platform, List<byte[]> paths) throws IOException {
        TreeSet<TreePath> sources = new TreeSet<>();
        for (byte[] path : paths) {
            try {
                sources.add(resolve(platform, path));
            } catch (OsException e) {
                throw new IllegalArgumentException(
                        "cannot back up " + new String(path, StandardCharsets.UTF_8) + ": " + e.getMessage(), e);
            }
        }
        return List.copyOf(sources);
    }

    private static TreePath resolve(Platform platform, byte[] path) throws IOException {
        int end = path.length;
        while (end > 1 && path[end - 1] == '/') {
            end--;
        }
        byte[] trimmed = Arrays.copyOf(path, end);
        int slash = end - 1;
        while (slash >= 0 && trimmed[slash] != '/') {
            slash--;
        }
        byte[] name = Arrays.copyOfRange(trimmed, slash + 1, end);
        String nameText = new String(name, StandardCharsets.ISO_8859_1);
        boolean special = nameText.isEmpty() || nameText.equals(".") || nameText.equals("..");
        byte[] parent = slash < 0 ? new byte[] {'.'} : slash == 0 ? new byte[] {'/'} : Arrays.copyOf(trimmed, slash);
        ByteArrayOutputStream resolved = new ByteArrayOutputStream();
        resolved.writeBytes(platform.resolve(special ? trimmed : parent));
        if (!special) {
            resolved.write('/');
            resolved.writeBytes(name);
            try (var directory = platform.open(parent)) {
                Stat present = directory.stat(name);
                Objects.requireNonNull(present);
            }
        }
        return treePath(resolved.toByteArray());
    }

    private static TreePath treePath(byte[] absolute) throws IOException {
        int from = 0;
        while (from < absolute.length && absolute[from] == '/') {
            from++;
        }
        return TreePath.of(Arrays.copyOfRange(absolute, from, absolute.length));
    }
}
