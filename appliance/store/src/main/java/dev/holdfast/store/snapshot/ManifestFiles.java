package dev.holdfast.store.snapshot;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where manifests lie: {@code manifests/<node>/<snapshot>.hfs}, with {@code .open} behind until they are committed. Needs no
 * store.
 *
 * @param root the directory of manifests
 */
public record ManifestFiles(Path root) {
    static final String SUFFIX = ".hfs";

    private static final Pattern NAME = Pattern.compile("([0-9a-f]{8})/([0-9a-f-]{36})\\.hfs(\\.open)?");

    /** A committed snapshot, as far as its file's name tells. */
    public record Name(int node, UUID id, Path file) {}

    /** What a file's name tells: a committed manifest, one that is not committed yet, or neither. */
    record Parsed(@Nullable Name committed, boolean open) {}

    /** Of one node's manifests. */
    Path directory(int node) {
        return root.resolve(String.format("%08x", node));
    }

    /** Where a snapshot's manifest lies, or would. */
    public Path path(int node, UUID id) {
        return directory(node).resolve(id + SUFFIX);
    }

    /** All committed snapshots. */
    public List<Name> names() throws IOException {
        List<Name> names = new ArrayList<>();
        for (Path file : all()) {
            Name name = parse(file).committed;
            if (name != null) {
                names.add(name);
            }
        }
        return names;
    }

    static Parsed parse(Path file) {
        Path parent = file.getParent();
        Matcher name = NAME.matcher((parent == null ? "" : parent.getFileName()) + "/" + file.getFileName());
        if (!name.matches()) {
            return new Parsed(null, false);
        }
        return name.group(3) != null
                ? new Parsed(null, true)
                : new Parsed(
                        new Name(Integer.parseUnsignedInt(name.group(1), 16), UUID.fromString(name.group(2)), file),
                        false);
    }

    /** Every manifest file, uncommitted ones included. */
    public List<Path> all() throws IOException {
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return files;
        }
        try (DirectoryStream<Path> nodes = Files.newDirectoryStream(root)) {
            for (Path node : nodes) {
                if (!Files.isDirectory(node)) {
                    continue;
                }
                try (DirectoryStream<Path> manifests = Files.newDirectoryStream(node, "*" + SUFFIX + "{,.open}")) {
                    manifests.forEach(files::add);
                }
            }
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }
}
