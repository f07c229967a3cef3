package dev.holdfast.e2e;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that changes in every way that programs change files, and remembers which content each path ever had. A
 * content is noted before it is there, so that no reader can see one that is not noted. One thread changes it; what it
 * remembers is asked for when it is at rest.
 */
final class MutatingTree {
    private final Path root;
    private final Random random;
    /** Every file by its path; hard links share one object. */
    private final TreeMap<Path, Body> files = new TreeMap<>();

    private final Set<Path> directories = new HashSet<>();
    private final Map<Path, Map<Digest, String>> history = new HashMap<>();
    private int made;
    /** File systems in memory keep no times for stores through mappings, and FUSE drivers none that a reader can rely on. */
    private final boolean timesOfMappings;
    /** FAT and exFAT have none; FUSE drivers that go by path (ntfs-3g) show under each name what was last cached of it. */
    private final boolean hardLinks;

    /** What one inode holds. */
    private static final class Body {
        byte[] content;
        /** Stays for as long as the file, as that of a database does. */
        @Nullable
        MappedByteBuffer mapping;

        Body(byte[] content) {
            this.content = content;
        }
    }

    MutatingTree(Path root, Random random) throws IOException {
        this.root = root;
        this.random = random;
        directories.add(root);
        String type = Files.getFileStore(root).type();
        timesOfMappings = !type.equals("tmpfs")
                && !type.startsWith("fuse")
                // A file that is mapped keeps its file system from being unmounted.
                && System.getProperty("holdfast.capture.remount") == null;
        hardLinks = !type.startsWith("fuse") && takesLinks(root);
    }

    private static boolean takesLinks(Path root) throws IOException {
        Path one = Files.createFile(root.resolve("one"));
        Path other = root.resolve("other");
        try {
            Files.createLink(other, one);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        } finally {
            Files.deleteIfExists(other);
            Files.delete(one);
        }
    }

    void populate() throws IOException {
        for (int i = 0; i < 6; i++) {
            makeDirectory();
        }
        for (int i = 0; i < 40; i++) {
            create();
        }
        for (int i = 0; i < 15; i++) {
            link();
        }
    }

    /** What was before counts no more. */
    void forget() {
        history.clear();
        files.forEach((path, body) -> note(path, body.content));
    }

    private void note(Path path, byte[] content) {
        history.computeIfAbsent(path, each -> new LinkedHashMap<>())
                .put(HashAlgorithm.NEWEST.digest(content), brief(content));
    }

    private void noteAll(Body body, byte[] content) {
        files.forEach((path, each) -> {
            if (each == body) {
                note(path, content);
            }
        });
    }

    boolean lived(TreePath path, byte[] content) {
        return history.getOrDefault(Path.of(path.toString()), Map.of())
                .containsKey(HashAlgorithm.NEWEST.digest(content));
    }

    String history(TreePath path) {
        return String.join(
                "; ", history.getOrDefault(Path.of(path.toString()), Map.of()).values());
    }

    /** The length, and the pieces of {@link #content(int)} that it begins with: the byte that fills each, its number. */
    static String brief(byte[] content) {
        StringBuilder text = new StringBuilder().append(content.length).append(" bytes");
        int shown = 0;
        for (int i = 0; i < content.length && shown < 8; i += i == 0 ? 4 : 1) {
            if (i == 0 || content[i] != content[i - 1]) {
                text.append(", ").append(i).append(": ").append(Byte.toUnsignedInt(content[i]));
                if (i + 4 <= content.length) {
                    text.append(" (").append(ByteBuffer.wrap(content).getInt(i)).append(')');
                }
                shown++;
            }
        }
        return text.toString();
    }

    /** Every file as it is. */
    SortedMap<TreePath, byte[]> present() throws FormatException {
        SortedMap<TreePath, byte[]> found = new TreeMap<>();
        for (Map.Entry<Path, Body> each : files.entrySet()) {
            byte[] path = each.getKey().toString().substring(1).getBytes(StandardCharsets.UTF_8);
            found.put(TreePath.of(path), each.getValue().content);
        }
        return found;
    }

    /** One change. */
    void mutate() throws IOException {
        switch (random.nextInt(15)) {
            case 0 -> create();
            case 1 -> overwrite();
            case 2 -> truncate();
            case 3 -> append();
            case 4 -> remove();
            case 5 -> rename();
            case 6, 7 -> link();
            case 8 -> replace();
            case 9 -> replaceByLinked();
            case 10 -> moveDirectory();
            case 11 -> swapDirectories();
            case 12 -> sameSizeAndTime();
            default -> store();
        }
    }

    private byte[] content() {
        int size = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1, 2 -> 70_000 + random.nextInt(400_000);
            default -> 1 + random.nextInt(2_000);
        };
        return content(size);
    }

    private byte[] content(int size) {
        byte[] content = new byte[size];
        Arrays.fill(content, (byte) (1 + random.nextInt(255)));
        for (int i = 0; i + 4 <= size; i += 1000) {
            ByteBuffer.wrap(content).putInt(i, ++made);
        }
        return content;
    }

    private Path anyDirectory() {
        return directories.stream()
                .sorted()
                .skip(random.nextInt(directories.size()))
                .findFirst()
                .orElse(root);
    }

    private Path anyFile() {
        return files.isEmpty()
                ? null
                : files.keySet().stream()
                        .skip(random.nextInt(files.size()))
                        .findFirst()
                        .orElseThrow();
    }

    private Path newName() {
        return anyDirectory().resolve(String.valueOf((char) ('a' + random.nextInt(26))) + random.nextInt(4));
    }

    private boolean taken(Path path) {
        return files.containsKey(path) || directories.contains(path);
    }

    private void makeDirectory() throws IOException {
        Path path = anyDirectory().resolve("d" + random.nextInt(100));
        if (!taken(path) && path.getNameCount() < root.getNameCount() + 5) {
            Files.createDirectory(path);
            directories.add(path);
        }
    }

    private void create() throws IOException {
        Path path = newName();
        if (taken(path) || files.size() > 120) {
            return;
        }
        byte[] content = content();
        note(path, new byte[0]);
        note(path, content);
        Body body = new Body(content);
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(content));
        }
        files.put(path, body);
    }

    private void overwrite() throws IOException {
        Path path = anyFile();
        if (path == null) {
            return;
        }
        Body body = files.get(path);
        byte[] fresh = content();
        byte[] mixed = fresh.length >= body.content.length ? fresh : body.content.clone();
        System.arraycopy(fresh, 0, mixed, 0, fresh.length);
        noteAll(body, mixed);
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(fresh));
        }
        body.content = mixed;
    }

    private void truncate() throws IOException {
        Path path = anyFile();
        if (path == null) {
            return;
        }
        Body body = files.get(path);
        byte[] shorter = Arrays.copyOf(body.content, random.nextInt(body.content.length + 1));
        noteAll(body, shorter);
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
            out.truncate(shorter.length);
        }
        body.content = shorter;
    }

    private void append() throws IOException {
        Path path = anyFile();
        if (path == null || files.get(path).content.length > 1_000_000) {
            return;
        }
        Body body = files.get(path);
        byte[] more = content();
        byte[] longer = Arrays.copyOf(body.content, body.content.length + more.length);
        System.arraycopy(more, 0, longer, body.content.length, more.length);
        noteAll(body, longer);
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.APPEND)) {
            out.write(ByteBuffer.wrap(more));
        }
        body.content = longer;
    }

    private void remove() throws IOException {
        Path path = anyFile();
        if (path != null && files.size() > 20) {
            Files.delete(path);
            files.remove(path);
        }
    }

    private void rename() throws IOException {
        Path from = anyFile();
        Path to = random.nextBoolean() ? newName() : anyFile();
        if (from == null || to == null || directories.contains(to) || files.get(to) == files.get(from)) {
            return;
        }
        Body body = files.get(from);
        note(to, body.content);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        files.remove(from);
        files.put(to, body);
    }

    private void link() throws IOException {
        Path from = anyFile();
        Path to = newName();
        if (hardLinks && from != null && !taken(to) && files.size() < 120) {
            Body body = files.get(from);
            note(to, body.content);
            Files.createLink(to, from);
            files.put(to, body);
        }
    }

    /** As editors save: a new file takes the name. */
    private void replace() throws IOException {
        Path path = anyFile();
        if (path == null) {
            return;
        }
        byte[] content = content();
        Path draft = root.resolveSibling(root.getFileName() + ".draft");
        Files.write(draft, content);
        note(path, content);
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        files.put(path, new Body(content));
    }

    /** A file goes, the next one gets its inode number, and has two names from the beginning. */
    private void replaceByLinked() throws IOException {
        Path path = anyFile();
        Path second = newName();
        if (!hardLinks || path == null || taken(second) || files.size() > 120) {
            return;
        }
        Files.delete(path);
        byte[] content = content();
        Body body = new Body(content);
        Path draft = root.resolveSibling(root.getFileName() + ".draft");
        Files.write(draft, content);
        note(path, content);
        note(second, content);
        Files.createLink(second, draft);
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        files.put(path, body);
        files.put(second, body);
    }

    private void moveDirectory() throws IOException {
        Path from = anyDirectory();
        Path to = anyDirectory().resolve("d" + random.nextInt(100));
        if (!from.equals(root) && !taken(to) && !to.startsWith(from)) {
            moveTree(from, to);
        }
    }

    private void swapDirectories() throws IOException {
        Path one = anyDirectory();
        Path other = anyDirectory();
        if (one.startsWith(other) || other.startsWith(one)) {
            return;
        }
        Path aside = root.resolve("aside");
        moveTree(one, aside);
        moveTree(other, one);
        moveTree(aside, other);
    }

    private void moveTree(Path from, Path to) throws IOException {
        Map<Path, Body> moved = new TreeMap<>();
        files.forEach((path, body) -> {
            if (path.startsWith(from)) {
                Path there = to.resolve(from.relativize(path));
                moved.put(there, body);
                note(there, body.content);
            }
        });
        Set<Path> below = new HashSet<>();
        for (Path each : directories) {
            if (each.startsWith(from)) {
                below.add(to.resolve(from.relativize(each).toString()));
            }
        }
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        files.keySet().removeIf(path -> path.startsWith(from));
        directories.removeIf(path -> path.startsWith(from));
        files.putAll(moved);
        directories.addAll(below);
    }

    /** What a check of size and modification time alone cannot see. */
    private void sameSizeAndTime() throws IOException {
        Path path = anyFile();
        if (path == null) {
            return;
        }
        Body body = files.get(path);
        FileTime time = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
        byte[] fresh = content(body.content.length);
        noteAll(body, fresh);
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(fresh));
        }
        Files.setLastModifiedTime(path, time);
        body.content = fresh;
    }

    /** Changes a byte through a mapping, of which the file's times tell only for the first one since it was written back. */
    private void store() throws IOException {
        Path path = anyFile();
        if (path == null || files.get(path).content.length == 0 || !timesOfMappings) {
            return;
        }
        Body body = files.get(path);
        MappedByteBuffer mapping = body.mapping;
        if (mapping == null) {
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                mapping = file.map(FileChannel.MapMode.READ_WRITE, 0, body.content.length);
                body.mapping = mapping;
            }
        }
        byte[] fresh = body.content.clone();
        int at = random.nextInt(Math.min(fresh.length, mapping.capacity()));
        fresh[at]++;
        noteAll(body, fresh);
        mapping.put(at, fresh[at]);
        body.content = fresh;
    }

    static void delete(Path top) throws IOException {
        try (Stream<Path> all = Files.walk(top)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
