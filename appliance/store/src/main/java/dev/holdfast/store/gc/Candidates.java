package dev.holdfast.store.gc;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.lease.Leases;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The containers that a collection would delete.
 *
 * @param go to be deleted, those with the least alive first, so that what costs nothing makes room for what must be copied
 * @param young those that the grace alone keeps
 */
record Candidates(List<Census.Container> go, List<Census.Container> young) {
    /** Dead frames of one collection, eight bytes each in memory; the rest is for the next. */
    private static final long MOST_DEAD_FRAMES = 8_000_000;

    /** Picks the candidates of a collection. */
    record Selection(
            Leases leases,
            ContainerContents contents,
            InstantSource clock,
            GarbageCollector.Rules rules,
            int firstInUse) {
        Candidates of(Census census) {
            List<Census.Container> found = new ArrayList<>();
            List<Census.Container> young = new ArrayList<>();
            long frames = 0;
            for (Census.Container each : census.containers().stream()
                    .sorted(Comparator.comparingDouble(Census.Container::liveShare))
                    .toList()) {
                int dead = each.info().frames() - each.liveFrames();
                if (isWanted(each, dead)
                        && each.number() < firstInUse
                        && !leases.isCondemned(each.number())
                        && frames + dead <= MOST_DEAD_FRAMES) {
                    // Chunks of a damaged one are unknown to backups already: waiting would save nothing.
                    if (leases.isSuspect(each.number()) || isOld(each)) {
                        found.add(each);
                        frames += dead;
                    } else {
                        young.add(each);
                    }
                }
            }
            return new Candidates(found, young);
        }

        private boolean isWanted(Census.Container each, int dead) {
            return each.liveFrames() == 0
                    || !each.info().archived()
                            && (dead > 0 && each.liveShare() * 100 < rules.liveBelowPercent()
                                    // What is whole in it moves, and once the rest was stored anew it goes.
                                    || leases.isSuspect(each.number()));
        }

        private boolean isOld(Census.Container container) {
            if (rules.graceMillis() == 0) {
                return true;
            }
            try (ContainerReader open = contents.open(container)) {
                return clock.millis() - open.header().created() >= rules.graceMillis();
            } catch (IOException e) {
                // Its deletion will report what is wrong.
                return true;
            }
        }
    }

    /** Of which nothing is alive. */
    List<Census.Container> dead() {
        return go.stream().filter(each -> each.liveFrames() == 0).toList();
    }

    /** Of which something must be copied. */
    List<Census.Container> partlyAlive() {
        return go.stream().filter(each -> each.liveFrames() > 0).toList();
    }

    GarbageCollector.Survey survey(Census census, int snapshots, long usedBytes) {
        long copied = liveBytes(go);
        long freed = onVolumes(go);
        long youngBytes = onVolumes(young) - liveBytes(young);
        return new GarbageCollector.Survey(
                snapshots,
                census.chunks(),
                usedBytes,
                census.deadBytes(),
                go.size(),
                Math.max(0, freed - copied),
                copied,
                Math.max(0, youngBytes));
    }

    private static long liveBytes(List<Census.Container> containers) {
        return containers.stream().mapToLong(Census.Container::liveBytes).sum();
    }

    private static long onVolumes(List<Census.Container> containers) {
        return containers.stream()
                .filter(each -> !each.info().archived())
                .mapToLong(each -> each.info().bytes())
                .sum();
    }
}
