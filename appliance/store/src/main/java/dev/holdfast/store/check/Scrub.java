package dev.holdfast.store.check;

import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.gc.Pace;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.snapshot.ManifestFiles;
import dev.holdfast.store.snapshot.Manifests;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Reads containers again, some at a time and round after round, and manifests: compares them with their hashes, parses every
 * frame, and unpacks and rehashes the content of a sample of them. What is bad is replaced from the archive at once, where
 * that has it whole. Used by one thread.
 */
public final class Scrub {
    /** In each round the content of one frame in so many is read; after as many rounds, of all. */
    private static final int SAMPLE_ONE_IN = 8;

    private static final long ROUND_MILLIS = Duration.ofDays(30).toMillis();

    private final Disk disk;
    private final VaultKeys vault;
    private final InstantSource clock;
    private final Archiving archiving;
    private final Manifests manifests;
    private final Pace pace;

    public Scrub(StoreParts parts, Archiving archiving, Manifests manifests, Pace pace) {
        this.clock = parts.clock();
        this.pace = pace;
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.archiving = archiving;
        this.manifests = manifests;
    }

    /**
     * What a stretch of the round found.
     *
     * @param last the number of the last container that was read; the next stretch begins after it, 0 where this one ended
     *     the round
     * @param healed containers that were replaced
     * @param damaged containers that were not
     * @param healedManifests files of manifests that were replaced
     * @param manifests those that are damaged or missing, and were not
     */
    public record Outcome(
            int last,
            long containers,
            long bytes,
            List<Integer> healed,
            List<Integer> damaged,
            List<String> healedManifests,
            List<String> manifests) {
        /** With what was read besides; the round is where this one left it. */
        public Outcome and(Outcome other) {
            return new Outcome(
                    last,
                    containers + other.containers,
                    bytes + other.bytes,
                    concat(healed, other.healed),
                    concat(damaged, other.damaged),
                    concat(healedManifests, other.healedManifests),
                    concat(manifests, other.manifests));
        }

        private static <T> List<T> concat(List<T> one, List<T> other) {
            return Stream.concat(one.stream(), other.stream()).distinct().toList();
        }
    }

    /**
     * Reads on.
     *
     * @param after where the last stretch ended
     * @param most containers
     */
    public Outcome run(int after, int most, Checker.Progress progress, BooleanSupplier stopping) throws IOException {
        List<Archiving.Local> round = archiving.local().stream()
                .filter(each -> each.number() > after)
                .sorted(Comparator.comparingInt(Archiving.Local::number))
                .toList();
        List<Archiving.Local> now = round.subList(0, Math.min(most, round.size()));
        Outcome read = read(now, after, sample(), progress, stopping);
        if (stopping.getAsBoolean()) {
            return read;
        }
        Found found = manifests();
        return new Outcome(
                now.size() == round.size() ? 0 : read.last,
                read.containers,
                read.bytes,
                read.healed,
                read.damaged,
                found.healed,
                found.damaged);
    }

    /** Reads all content of suspect containers; the round stays where it is. */
    public Outcome run(Set<Integer> numbers, Checker.Progress progress, BooleanSupplier stopping) throws IOException {
        List<Archiving.Local> named = archiving.local().stream()
                .filter(each -> numbers.contains(each.number()))
                .toList();
        return read(named, 0, each -> true, progress, stopping);
    }

    private Outcome read(
            List<Archiving.Local> containers,
            int after,
            IntPredicate contents,
            Checker.Progress progress,
            BooleanSupplier stopping)
            throws IOException {
        List<Integer> healed = new ArrayList<>();
        List<Integer> damaged = new ArrayList<>();
        int last = after;
        long done = 0;
        long bytes = 0;
        for (Archiving.Local each : containers) {
            if (stopping.getAsBoolean()) {
                break;
            }
            pace.work(() -> {
                if (!isWhole(each.number(), each.file(), contents)) {
                    (heal(each.number()) ? healed : damaged).add(each.number());
                }
            });
            last = each.number();
            bytes += each.bytes();
            progress.step("containers", ++done, containers.size());
        }
        return new Outcome(last, done, bytes, healed, damaged, List.of(), List.of());
    }

    private IntPredicate sample() {
        int turn = (int) (clock.millis() / ROUND_MILLIS % SAMPLE_ONE_IN);
        return ordinal -> ordinal % SAMPLE_ONE_IN == turn;
    }

    /** Whether a container on a volume is as it was sealed, and everything in it can be read. */
    public boolean isWhole(int number) {
        try {
            return isWhole(number, archiving.file(number), each -> true);
        } catch (IOException e) {
            // Evicted, collected, or its volume is away.
            return false;
        }
    }

    private boolean isWhole(int number, Path file, IntPredicate contents) throws IOException {
        try (ContainerReader reader = ContainerReader.open(disk, file, vault, false)) {
            reader.verifyHash();
            return reader.badFrames(contents).isEmpty();
        } catch (NoSuchFileException e) {
            archiving.requireVolumes();
            // Unless it was evicted or collected since it was listed.
            return !archiving.isOnVolume(number) || !archiving.file(number).equals(file);
        } catch (IOException e) {
            return false;
        }
    }

    private boolean heal(int number) {
        try {
            archiving.heal(number);
            return true;
        } catch (IOException e) {
            System.getLogger(Scrub.class.getName())
                    .log(
                            System.Logger.Level.ERROR,
                            String.format("container %08x is damaged and could not be replaced", number),
                            e);
            return false;
        }
    }

    /** All of them each time: they are small beside the containers, and without one a snapshot is lost. */
    private Found manifests() throws IOException {
        Found found = new Found(new ArrayList<>(), new ArrayList<>());
        for (Map.Entry<ManifestFiles.Name, IOException> each :
                manifests.damaged().entrySet()) {
            String file = each.getKey().file().toString();
            try {
                archiving.heal(each.getKey());
                found.healed.add(file);
            } catch (IOException e) {
                found.damaged.add(file + ": " + each.getValue().getMessage());
            }
        }
        return found;
    }

    private record Found(List<String> healed, List<String> damaged) {}
}
