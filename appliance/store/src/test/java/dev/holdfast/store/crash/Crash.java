package dev.holdfast.store.crash;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.crash.SimulatedDisk.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Random;

/**
 * A crash of a recorded run: behind which step, what it lost, and what had been promised before the run. Can be kept in a
 * directory with everything that it needs, and made from it again.
 *
 * @param seed of what is lost by chance
 */
record Crash(Run run, Promises before, int step, Loss loss, long seed, String label) {
    private static final String BASE = "base";
    private static final String LOG = "trace";
    private static final String MARKS = "marks";
    private static final String CRASHED = "crashed";
    private static final String DESCRIPTION = "crash.properties";

    /**
     * A recorded run of a store process.
     *
     * @param root the directory that it used
     * @param base a copy of that directory from before the run
     * @param markers the file that it wrote its marks to
     * @param log of strace
     */
    record Run(Path root, Path base, Path markers, Path log, IoTrace trace) {
        List<IoTrace.Event> events() {
            return trace.events;
        }
    }

    /** Writes what the crash leaves to {@code target}. */
    void leave(Path target) throws IOException {
        new SimulatedDisk(run.base, run.events()).crash(step, loss, new Random(seed), target);
    }

    /** What had been promised when it happened. */
    Promises promises() {
        return before.copy().with(run.events().subList(0, step));
    }

    /** Fails where the store does not keep its promises after the crash; keeps the crash then, below {@code failures}. */
    void survives(Path state, Path failures) throws IOException {
        leave(state);
        try {
            Promises.survives(state, promises(), label);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; kept in " + keep(failures), e);
        }
    }

    /** Keeps all that it takes to make it again in a new directory below {@code failures}, which is returned. */
    Path keep(Path failures) throws IOException {
        Files.createDirectories(failures);
        Path to = Files.createTempDirectory(failures, "crash-");
        StoreFixture.copy(run.base, to.resolve(BASE));
        Files.copy(run.log, to.resolve(LOG));
        Files.write(to.resolve(MARKS), before.marks);
        leave(to.resolve(CRASHED));
        Properties description = new Properties();
        description.setProperty("root", run.root.toString());
        description.setProperty("markers", run.markers.toString());
        description.setProperty("step", Integer.toString(step));
        description.setProperty("loss", loss.name());
        description.setProperty("seed", Long.toString(seed));
        description.setProperty("label", label);
        try (var out = Files.newBufferedWriter(to.resolve(DESCRIPTION))) {
            description.store(out, null);
        }
        return to;
    }

    /** The crash that was kept in a directory. */
    static Crash kept(Path directory) throws IOException {
        Properties description = new Properties();
        try (var in = Files.newBufferedReader(directory.resolve(DESCRIPTION))) {
            description.load(in);
        }
        Path root = Path.of(description.getProperty("root"));
        Path markers = Path.of(description.getProperty("markers"));
        Path base = directory.resolve(BASE);
        Path log = directory.resolve(LOG);
        Promises before = new Promises();
        Files.readAllLines(directory.resolve(MARKS)).forEach(before::add);
        return new Crash(
                new Run(root, base, markers, log, IoTrace.read(log, root, markers, base)),
                before,
                Integer.parseInt(description.getProperty("step")),
                Loss.valueOf(description.getProperty("loss")),
                Long.parseLong(description.getProperty("seed")),
                description.getProperty("label"));
    }
}
