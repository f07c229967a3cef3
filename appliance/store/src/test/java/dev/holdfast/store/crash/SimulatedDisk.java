package dev.holdfast.store.crash;

import dev.holdfast.store.crash.IoTrace.Event;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a power failure may leave of a recorded run. What a finished fsync covers is there; of what came later, each
 * write is there, or missing, or torn into sectors, whatever became of those before it; and each directory
 * remembers some of its latest changes, in order, but not necessarily all.
 */
final class SimulatedDisk {
    private static final int SECTOR = 512;

    /** How much of what was not synced a crash leaves. */
    enum Loss {
        ALL,
        NONE,
        RANDOM,
        TORN
    }

    private final Path base;
    private final List<Event> events;

    /** @param base the files before the run, which are all safe */
    SimulatedDisk(Path base, List<Event> events) {
        this.base = base;
        this.events = events;
    }

    private static final class Inode {
        final Path original;
        final List<Change> changes = new ArrayList<>();
        long size;
        int syncedBefore;

        Inode(Path original, long size) {
            this.original = original;
            this.size = size;
        }
    }

    /** A write, or with {@code data} null a truncation to {@code position}. */
    private record Change(int event, long position, byte[] data) {}

    private interface NameChange {
        void apply(Map<String, Inode> names, Set<String> directories);
    }

    private record Pending(int event, NameChange change) {}

    private static final class Names {
        final List<Pending> changes = new ArrayList<>();
        int syncedBefore;
    }

    /** Writes the state of the disk after a crash behind the first {@code count} events to {@code target}. */
    void crash(int count, Loss loss, Random random, Path target) throws IOException {
        Map<String, Inode> now = new HashMap<>();
        Set<String> directories = new HashSet<>();
        directories.add("");
        try (var files = Files.walk(base)) {
            for (Path file : files.toList()) {
                String path = base.relativize(file).toString();
                if (Files.isDirectory(file)) {
                    directories.add(path);
                } else {
                    now.put(path, new Inode(file, Files.size(file)));
                }
            }
        }
        Map<String, Inode> before = new HashMap<>(now);
        Set<String> directoriesBefore = new HashSet<>(directories);
        Map<String, Names> names = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            play(i, events.get(i), now, directories, names);
        }
        Map<String, Inode> left = new HashMap<>(before);
        Set<String> leftDirectories = new HashSet<>(directoriesBefore);
        for (Names directory : names.values()) {
            int kept = 0;
            while (kept < directory.changes.size() && directory.changes.get(kept).event < directory.syncedBefore) {
                kept++;
            }
            int unsure = directory.changes.size() - kept;
            kept += switch (loss) {
                case ALL -> 0;
                case NONE -> unsure;
                case RANDOM, TORN -> random.nextInt(unsure + 1);
            };
            directory.changes.subList(0, kept).forEach(change -> change.change.apply(left, leftDirectories));
        }
        for (String directory : leftDirectories) {
            if (reachable(directory, leftDirectories)) {
                Files.createDirectories(target.resolve(directory));
            }
        }
        for (Map.Entry<String, Inode> file : left.entrySet()) {
            if (reachable(parent(file.getKey()), leftDirectories)) {
                write(file.getValue(), loss, random, target.resolve(file.getKey()));
            }
        }
    }

    private static boolean reachable(String directory, Set<String> directories) {
        for (String at = directory; !at.isEmpty(); at = parent(at)) {
            if (!directories.contains(at)) {
                return false;
            }
        }
        return true;
    }

    private static String parent(String path) {
        return path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
    }

    private static void play(
            int number, Event event, Map<String, Inode> now, Set<String> directories, Map<String, Names> names) {
        switch (event) {
            case Event.Create(String path, boolean truncate) -> {
                Inode inode = new Inode(null, 0);
                change(number, path, (files, dirs) -> files.put(path, inode), now, directories, names);
            }
            case Event.MakeDirectory(String path) ->
                change(number, path, (files, dirs) -> dirs.add(path), now, directories, names);
            case Event.Rename(String from, String to) ->
                change(
                        number,
                        to,
                        (files, dirs) -> {
                            Inode moved = files.remove(from);
                            if (moved != null) {
                                files.put(to, moved);
                            }
                        },
                        now,
                        directories,
                        names);
            case Event.Remove(String path) ->
                change(
                        number,
                        path,
                        (files, dirs) -> {
                            files.remove(path);
                            dirs.remove(path);
                        },
                        now,
                        directories,
                        names);
            case Event.Write(String path, long position, byte[] data) -> {
                Inode inode = now.get(path);
                if (inode != null) {
                    long at = position < 0 ? inode.size : position;
                    inode.changes.add(new Change(number, at, data));
                    inode.size = Math.max(inode.size, at + data.length);
                }
            }
            case Event.Truncate(String path, long size) -> {
                Inode inode = now.get(path);
                if (inode != null) {
                    inode.changes.add(new Change(number, size, null));
                    inode.size = size;
                }
            }
            case Event.Sync(String path, int from) -> {
                Inode inode = now.get(path);
                if (inode != null) {
                    inode.syncedBefore = Math.max(inode.syncedBefore, from);
                } else {
                    Names directory = names.computeIfAbsent(path, p -> new Names());
                    directory.syncedBefore = Math.max(directory.syncedBefore, from);
                }
            }
            case Event.Mark mark -> {}
        }
    }

    private static void change(
            int number,
            String path,
            NameChange change,
            Map<String, Inode> now,
            Set<String> directories,
            Map<String, Names> names) {
        change.apply(now, directories);
        names.computeIfAbsent(parent(path), p -> new Names()).changes.add(new Pending(number, change));
    }

    private static void write(Inode inode, Loss loss, Random random, Path target) throws IOException {
        if (inode.original != null) {
            Files.copy(inode.original, target);
        } else {
            Files.createFile(target);
        }
        if (inode.changes.isEmpty()) {
            return;
        }
        try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
            for (Change change : inode.changes) {
                boolean safe = change.event < inode.syncedBefore;
                boolean kept = safe
                        || switch (loss) {
                            case ALL -> false;
                            case NONE -> true;
                            case RANDOM, TORN -> random.nextBoolean();
                        };
                if (!kept) {
                    continue;
                }
                if (change.data == null) {
                    file.setLength(change.position);
                } else if (safe || loss != Loss.TORN) {
                    file.seek(change.position);
                    file.write(change.data);
                } else {
                    torn(file, change, random);
                }
            }
        }
    }

    private static void torn(RandomAccessFile file, Change change, Random random) throws IOException {
        for (int at = 0; at < change.data.length; ) {
            int end = Math.min(change.data.length, at + SECTOR - (int) ((change.position + at) % SECTOR));
            if (random.nextBoolean()) {
                file.seek(change.position + at);
                file.write(change.data, at, end - at);
            }
            at = end;
        }
    }
}
