package dev.holdfast.store.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.crash.IoTrace.Event;
import dev.holdfast.store.crash.SimulatedDisk.Loss;
import dev.holdfast.store.volume.VolumeIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Power failures while volumes are added, drained, retired and replaced: at any step the appliance comes up with every
 * snapshot, and repeating the commands completes them. {@code -Dholdfast.crash.trials=N} makes more of them, {@code
 * -Dholdfast.crash.seed=N} others.
 */
class VolumeCrashTest {
    private static final int TRIALS = Integer.getInteger("holdfast.crash.trials", 30);
    private static final long SEED = Long.getLong("holdfast.crash.seed", 1);

    private Path dir;

    @BeforeEach
    void directory() throws IOException {
        dir = CrashDirectory.make();
    }

    @AfterEach
    void clean() throws IOException {
        CrashDirectory.delete(dir);
    }

    @Test
    void crashAtAnyStepLosesNothingAndTheCommandsComplete() throws Exception {
        Path data = dir.resolve("data");
        DataDirectory.init(
                data, "dev", VolumeWorkload.FIRST.stream().map(data::resolve).toList(), null);
        Path base = dir.resolve("base");
        StoreFixture.copy(data, base);
        Path markers = dir.resolve("marks");
        IoTrace trace = IoTrace.record(VolumeWorkload.command(data, markers), data, markers, dir.resolve("trace"));
        assertThat(trace.events).hasSizeGreaterThan(100);
        Random random = new Random(SEED);
        for (int trial = 0; trial < TRIALS; trial++) {
            int step = trial == 0 ? trace.events.size() : random.nextInt(trace.events.size() + 1);
            Loss loss = Loss.values()[trial % Loss.values().length];
            String label = "seed " + SEED + ", trial " + trial + ", step " + step + ", loss " + loss;
            Path state = dir.resolve("state" + trial);
            new SimulatedDisk(base, trace.events).crash(step, loss, new Random(SEED * 1_000_003 + trial), state);
            try {
                survives(state, promised(trace.events.subList(0, step)));
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError(label + ": " + e.getMessage(), e);
            }
            CrashDirectory.delete(state);
        }
        System.out.println(TRIALS + " crashes over " + trace.events.size() + " steps, seed " + SEED);
    }

    /** Seeds of the snapshots that were committed. */
    private static Map<UUID, Integer> promised(List<Event> events) {
        Map<UUID, Integer> committed = new LinkedHashMap<>();
        for (Event event : events) {
            if (event instanceof Event.Mark(String text)) {
                String[] words = text.split(" ");
                committed.put(UUID.fromString(words[1]), Integer.valueOf(words[2]));
            }
        }
        return committed;
    }

    private static void survives(Path state, Map<UUID, Integer> committed) throws IOException {
        try (VolumeWorkload work = new VolumeWorkload(state)) {
            assertWhole(work, committed);
            work.complete();
            assertWhole(work, committed);
        }
        try (VolumeWorkload work = new VolumeWorkload(state)) {
            assertWhole(work, committed);
            assertThat(work.volumes())
                    .containsExactlyElementsOf(
                            VolumeWorkload.LAST.stream().map(state::resolve).toList());
        }
        for (String volume : VolumeWorkload.FIRST) {
            assertThat(VolumeIdentity.read(state.resolve(volume))).isEmpty();
            assertThat(state.resolve(volume).resolve("keyring.json")).doesNotExist();
        }
        for (String volume : VolumeWorkload.LAST) {
            assertThat(state.resolve(volume).resolve("keyring.json"))
                    .hasSameBinaryContentAs(state.resolve("keys/keyring.json"));
        }
    }

    private static void assertWhole(VolumeWorkload work, Map<UUID, Integer> committed) throws IOException {
        for (Map.Entry<UUID, Integer> each : committed.entrySet()) {
            assertThat(work.store.manifests().find(1, each.getKey()))
                    .as("snapshot " + each.getKey())
                    .isPresent();
            StoreReads.assertReadable(work.store, 1, VolumeWorkload.files(each.getValue()));
        }
        assertThat(work.store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }
}
