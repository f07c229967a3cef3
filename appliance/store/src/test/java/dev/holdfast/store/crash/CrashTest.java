package dev.holdfast.store.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.crash.SimulatedDisk.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Power failures, simulated: a store process is recorded system call by system call, and the disk is put into states
 * that a crash at any of them may leave, containers, manifests and RocksDB together. From each the store must come up
 * by itself with everything that was promised. {@code -Dholdfast.crash.trials=N} makes more of them, {@code
 * -Dholdfast.crash.seed=N} others.
 */
class CrashTest {
    private static final int TRIALS = Integer.getInteger("holdfast.crash.trials", 150);
    private static final long SEED = Long.getLong("holdfast.crash.seed", 1);
    /** Of the states after a crash, one in this many is crashed again while it recovers. */
    private static final int AGAIN = 25;

    private Path dir;

    @BeforeEach
    void directory() throws IOException {
        // In memory where possible: what fsync does is simulated here, and need not be waited for.
        Path memory = Path.of("/dev/shm");
        dir = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "holdfast-crash-")
                : Files.createTempDirectory("holdfast-crash-");
    }

    @AfterEach
    void clean() throws IOException {
        delete(dir);
    }

    private static void delete(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private IoTrace record(Path data, long seed, int rounds, String name) throws IOException, InterruptedException {
        Path markers = dir.resolve(name + ".marks");
        return IoTrace.record(
                StoreWorkload.command(data, markers, seed, rounds), data, markers, dir.resolve(name + ".trace"));
    }

    @Test
    void aCrashAtAnyStepLosesNothingThatWasPromised() throws Exception {
        StoreFixture fixture = new StoreFixture(dir.resolve("store"));
        Path base = dir.resolve("base");
        StoreFixture.copy(fixture.data, base);
        IoTrace trace = record(fixture.data, SEED, 3, "run");
        assertThat(trace.events).hasSizeGreaterThan(100);
        SimulatedDisk disk = new SimulatedDisk(base, trace.events);
        // A disk that loses nothing must look as the real one does, or the simulation proves nothing.
        Path whole = dir.resolve("whole");
        disk.crash(trace.events.size(), Loss.NONE, new Random(SEED), whole);
        assertThat(contents(whole)).isEqualTo(contents(fixture.data));
        int done = 0;
        for (int trial = 0; done < TRIALS; trial++) {
            // Every step in turn, spread over the run, until there have been enough.
            int step = (int) ((trial * 7919L) % (trace.events.size() + 1));
            Promises promises = new Promises().with(trace.events.subList(0, step));
            Path state = dir.resolve("state");
            crash(disk, step, trial, state);
            if (trial % AGAIN == AGAIN - 1) {
                done += crashedAgain(state, promises, trial, Math.min(AGAIN, TRIALS - done));
            } else {
                Promises.survives(state, promises, "seed " + SEED + ", trial " + trial + ", step " + step);
                done++;
            }
            delete(state);
        }
        System.out.println(done + " crashes over " + trace.events.size() + " steps, seed " + SEED);
    }

    private static Map<String, Digest> contents(Path tree) throws IOException {
        Map<String, Digest> contents = new TreeMap<>();
        try (var files = Files.walk(tree)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(tree.relativize(file).toString(), Digest.of(Files.readAllBytes(file)));
            }
        }
        return contents;
    }

    private static void crash(SimulatedDisk disk, int step, int trial, Path state) throws IOException {
        Loss loss = Loss.values()[trial % Loss.values().length];
        disk.crash(step, loss, new Random(SEED * 1_000_003 + trial), state);
    }

    /** The recovery from a crash is itself recorded, and crashed at some of its steps. */
    private int crashedAgain(Path state, Promises promises, int trial, int count)
            throws IOException, InterruptedException {
        Path base = dir.resolve("again-base");
        StoreFixture.copy(state, base);
        IoTrace trace = record(state, SEED + trial, 1, "again");
        SimulatedDisk disk = new SimulatedDisk(base, trace.events);
        Random random = new Random(SEED + trial);
        for (int i = 0; i < count; i++) {
            int step = random.nextInt(trace.events.size() + 1);
            Promises all = promises.copy().with(trace.events.subList(0, step));
            Path second = dir.resolve("again");
            crash(disk, step, trial + i, second);
            Promises.survives(second, all, "seed " + SEED + ", trial " + trial + ", again " + i + ", step " + step);
            delete(second);
        }
        delete(base);
        return count;
    }
}
