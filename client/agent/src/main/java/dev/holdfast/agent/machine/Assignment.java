package dev.holdfast.agent.machine;

import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which disk of a snapshot is restored to which disk of this machine.
 *
 * @param pairs in the order of the snapshot's disks
 */
public record Assignment(List<Pair> pairs) {
    /** A disk and where it goes. */
    public record Pair(SourceDisk source, TargetDisk target) {
        /** By how many bytes the target is larger. */
        public long larger() {
            return target.bytes() - source.bytes();
        }
    }

    /**
     * Takes the targets that were named, and for the others the smallest free disk that is large enough.
     *
     * @param named by the name or the former path of a disk; a name that is empty stands for the only disk
     * @throws IllegalArgumentException where a disk has no place, or a name is no disk's, with the reason and what to do
     */
    public static Assignment of(List<SourceDisk> disks, Map<String, Path> named, Source free) throws IOException {
        for (SourceDisk each : disks) {
            if (!each.type().isEmpty()
                    && !each.type().equals("disk")
                    && !each.type().equals("loop")) {
                throw new IllegalArgumentException(each.path() + " in the snapshot is no whole disk (" + each.type()
                        + "); restore it with 'restore-disk'");
            }
        }
        Map<String, Path> left = new TreeMap<>(named);
        List<Pair> pairs = new ArrayList<>();
        for (SourceDisk each : disks) {
            Path path = take(left, each, disks.size() == 1);
            if (path != null) {
                pairs.add(fitting(each, free.named(path)));
            }
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("the snapshot has no disk '"
                    + left.keySet().iterator().next() + "'; it has "
                    + String.join(", ", disks.stream().map(Assignment::title).toList()));
        }
        requireDistinct(pairs);
        choose(disks, pairs, free);
        pairs.sort(Comparator.comparingInt(pair -> disks.indexOf(pair.source())));
        return new Assignment(List.copyOf(pairs));
    }

    /** Where the disks of this machine are found. */
    public interface Source {
        List<TargetDisk> free() throws IOException;

        TargetDisk named(Path path) throws IOException;
    }

    private static @Nullable Path take(Map<String, Path> named, SourceDisk disk, boolean only) {
        for (String key : List.of(
                disk.name().toString(), disk.path(), disk.name().toString().replaceFirst("^/", ""))) {
            Path path = named.remove(key);
            if (path != null) {
                return path;
            }
        }
        return only ? named.remove("") : null;
    }

    private static void choose(List<SourceDisk> disks, List<Pair> pairs, Source source) throws IOException {
        List<SourceDisk> open = disks.stream()
                .filter(disk -> pairs.stream().noneMatch(pair -> pair.source().equals(disk)))
                .sorted(Comparator.comparingLong(SourceDisk::bytes).reversed())
                .toList();
        if (open.isEmpty()) {
            return;
        }
        List<TargetDisk> free = new ArrayList<>(source.free());
        Set<Path> taken =
                Set.copyOf(pairs.stream().map(pair -> pair.target().device()).toList());
        free.removeIf(disk -> taken.contains(disk.device()));
        for (SourceDisk each : open) {
            Optional<TargetDisk> best = free.stream()
                    .filter(disk -> objection(each, disk).isEmpty())
                    .min(Comparator.comparingLong(TargetDisk::bytes).thenComparing(TargetDisk::device));
            TargetDisk target =
                    best.orElseThrow(() -> new IllegalArgumentException("no free disk of this machine can take "
                            + title(each) + " of " + ByteText.of(each.bytes()) + ". Free: "
                            + (free.isEmpty() ? "none" : listed(free)) + ". To choose a disk: --disk "
                            + each.name() + "=DEVICE"));
            free.remove(target);
            pairs.add(new Pair(each, target));
        }
    }

    private static String listed(List<TargetDisk> free) {
        return String.join(
                ", ",
                free.stream()
                        .map(disk -> disk.device() + " (" + ByteText.of(disk.bytes()) + ")")
                        .toList());
    }

    private static Pair fitting(SourceDisk disk, TargetDisk target) {
        objection(disk, target).ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
        return new Pair(disk, target);
    }

    private static Optional<String> objection(SourceDisk disk, TargetDisk target) {
        if (target.bytes() < disk.bytes()) {
            return Optional.of(target.device() + " has " + target.bytes() + " bytes, and " + title(disk) + " "
                    + disk.bytes() + "; restore to a disk that is as large at least");
        }
        if (disk.sectorBytes() > 0 && target.sectorBytes() > 0 && disk.sectorBytes() != target.sectorBytes()) {
            return Optional.of(target.device() + " has sectors of " + target.sectorBytes() + " bytes, and "
                    + title(disk) + " of " + disk.sectorBytes()
                    + ": its partition table would point elsewhere; restore to another disk");
        }
        return Optional.empty();
    }

    private static void requireDistinct(List<Pair> pairs) {
        for (Pair each : pairs) {
            if (pairs.stream()
                            .filter(other ->
                                    other.target().device().equals(each.target().device()))
                            .count()
                    > 1) {
                throw new IllegalArgumentException(each.target().device() + " is given for two disks");
            }
        }
    }

    /** How a disk of a snapshot is called. */
    public static String title(SourceDisk disk) {
        return disk.path().isEmpty() ? disk.name().toString() : disk.path();
    }
}
