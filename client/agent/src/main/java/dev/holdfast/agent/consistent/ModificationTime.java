package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.TreeSet;

/**
 * The modification time of a directory in which a snapshot is made or deleted, which users see and backups keep. It is put back if
 * nothing but the snapshot came or went.
 */
final class ModificationTime {
    private final TreePath directory;
    private final FileTime time;
    private final Set<String> names;

    private ModificationTime(TreePath directory, FileTime time, Set<String> names) {
        this.directory = directory;
        this.time = time;
        this.names = names;
    }

    /** As it is now. */
    static ModificationTime of(TreePath directory) throws IOException {
        return new ModificationTime(directory, Files.getLastModifiedTime(path(directory)), names(directory));
    }

    /** After a name was made. */
    void restoreWith(byte[] made) throws IOException {
        Set<String> now = names(directory);
        now.remove(key(made));
        restore(now);
    }

    /** After a name was deleted. */
    void restoreWithout(byte[] deleted) throws IOException {
        Set<String> now = names(directory);
        now.add(key(deleted));
        restore(now);
    }

    private void restore(Set<String> now) throws IOException {
        if (now.equals(names)) {
            Files.setLastModifiedTime(path(directory), time);
        }
    }

    private static Path path(TreePath directory) {
        return Path.of(new String(View.absolute(directory), StandardCharsets.UTF_8));
    }

    private static String key(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    private static Set<String> names(TreePath directory) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Directory open = Platform.current().open(View.absolute(directory))) {
            open.names().forEach(each -> names.add(key(each)));
        }
        return names;
    }
}
