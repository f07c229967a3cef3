package dev.holdfast.store.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.crash.SimulatedDisk.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Power failures, simulated: a store process is recorded system call by system call, and the disk is put into states
 * that a crash at any of them may leave, containers, manifests and RocksDB together. From each the store must come up
 * by itself with everything that was promised. Half of the crashes are those of a store with SHA-256, half with BLAKE3. {@code -Dholdfast.crash.trials=N} makes more of them, {@code
 * -Dholdfast.crash.seed=N} others. A failure keeps the trace and the state of the disk in {@code target/crashes}; {@code
 * -Dholdfast.crash.replay=DIRECTORY} makes that crash again.
 */
class CrashTest {
    private static final int TRIALS = Integer.getInteger("holdfast.crash.trials", 150);
    private static final long SEED = Long.getLong("holdfast.crash.seed", 1);
    /** Of the states after a crash, one in this many is crashed again while it recovers. */
    private static final int AGAIN = 25;

    /** Where crashes are kept that a store did not survive. */
    private static final Path FAILURES = Path.of("target", "crashes").toAbsolutePath();

    private Path dir;

    @BeforeEach
    void directory() throws IOException {
        dir = CrashDirectory.make();
    }

    @AfterEach
    void clean() throws IOException {
        CrashDirectory.delete(dir);
    }

    /** Runs a store process on {@code data} and records it. */
    private Crash.Run record(Path data, long seed, int rounds, String name) throws IOException, InterruptedException {
        Path base = dir.resolve(name + "-base");
        StoreFixture.copy(data, base);
        Path markers = dir.resolve(name + ".marks");
        Path log = dir.resolve(name + ".trace");
        IoTrace trace = IoTrace.record(StoreWorkload.command(data, markers, seed, rounds), data, markers, log);
        return new Crash.Run(data, base, markers, log, trace);
    }

    @ParameterizedTest
    @EnumSource
    void aCrashAtAnyStepLosesNothingThatWasPromised(HashAlgorithm hash) throws Exception {
        StoreFixture fixture = new StoreFixture(dir.resolve("store"), hash);
        Crash.Run run = record(fixture.data, SEED, 3, "run");
        assertThat(run.events()).hasSizeGreaterThan(100);
        requireFaithful(run);
        int trials = TRIALS / HashAlgorithm.values().length;
        int done = 0;
        for (int trial = 0; done < trials; trial++) {
            // Every step in turn, spread over the run, until there have been enough.
            int step = (int) ((trial * 7919L) % (run.events().size() + 1));
            Crash crash = crash(run, new Promises(), step, trial, hash + ", trial " + trial);
            Path state = dir.resolve("state");
            crash.survives(state, FAILURES);
            CrashDirectory.delete(state);
            done++;
            if (trial % AGAIN == AGAIN - 1) {
                crash.leave(state);
                done += crashedAgain(state, crash.promises(), trial, Math.min(AGAIN, trials - done));
                CrashDirectory.delete(state);
            }
        }
        System.out.println(hash + ": " + done + " crashes over " + run.events().size() + " steps, seed " + SEED);
    }

    /** A disk that loses nothing must look as the real one does, or the simulation proves nothing. */
    private void requireFaithful(Crash.Run run) throws IOException {
        Path whole = dir.resolve("whole");
        new Crash(run, new Promises(), run.events().size(), Loss.NONE, SEED, "").leave(whole);
        assertThat(contents(whole)).isEqualTo(contents(run.root()));
        CrashDirectory.delete(whole);
    }

    /** A crash that a failed test kept, {@code -Dholdfast.crash.replay=DIRECTORY}; without one, a crash of a short run is kept. */
    @Test
    void aKeptCrashIsMadeAgainAndLosesNothing() throws Exception {
        String given = System.getProperty("holdfast.crash.replay");
        Crash again = given == null ? keptAndRead() : Crash.kept(Path.of(given));
        again.survives(dir.resolve("state"), FAILURES);
    }

    private Crash keptAndRead() throws Exception {
        StoreFixture fixture = new StoreFixture(dir.resolve("short"));
        Crash.Run run = record(fixture.data, SEED, 1, "short-run");
        Crash crash = crash(run, new Promises(), run.events().size() / 2, Loss.TORN.ordinal(), "kept");
        Crash again = Crash.kept(crash.keep(dir.resolve("kept")));
        Path first = dir.resolve("first");
        Path second = dir.resolve("second");
        crash.leave(first);
        again.leave(second);
        assertThat(contents(second)).isEqualTo(contents(first)).isNotEmpty();
        return again;
    }

    private static Map<String, Digest> contents(Path tree) throws IOException {
        Map<String, Digest> contents = new TreeMap<>();
        try (var files = Files.walk(tree)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(tree.relativize(file).toString(), HashAlgorithm.NEWEST.digest(Files.readAllBytes(file)));
            }
        }
        return contents;
    }

    private static Crash crash(Crash.Run run, Promises before, int step, int trial, String name) {
        Loss loss = Loss.values()[trial % Loss.values().length];
        String label = "seed " + SEED + ", " + name + ", step " + step + ", loss " + loss;
        return new Crash(run, before, step, loss, SEED * 1_000_003 + trial, label);
    }

    /** The recovery from a crash is itself recorded, and crashed at some of its steps. */
    private int crashedAgain(Path state, Promises promises, int trial, int count)
            throws IOException, InterruptedException {
        Crash.Run run = record(state, SEED + trial, 1, "again");
        requireFaithful(run);
        Random random = new Random(SEED + trial);
        for (int i = 0; i < count; i++) {
            int step = random.nextInt(run.events().size() + 1);
            Path second = dir.resolve("again");
            crash(run, promises, step, trial + i, "trial " + trial + ", again " + i)
                    .survives(second, FAILURES);
            CrashDirectory.delete(second);
        }
        CrashDirectory.delete(run.base());
        return count;
    }
}
