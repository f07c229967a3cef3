package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are unplugged and plugged in again. */
class VolumeWatchTest {
    @TempDir
    private Path work;

    private static List<String> open(ControlDb control) throws Exception {
        return control.events().list(true, 100).stream()
                .map(each -> each.kind() + ": " + each.message())
                .toList();
    }

    @Test
    void missingVolumeIsToldOnceAndClosesWhenItIsBack() throws Exception {
        Map<Integer, String> missing = new TreeMap<>();
        try (ControlDb control =
                new ControlDb(work.resolve("control.db"), () -> Instant.parse("2026-11-02T10:00:00Z"))) {
            VolumeWatch watch = new VolumeWatch(control, () -> missing);
            watch.look();
            assertThat(open(control)).isEmpty();
            missing.put(1, "volume /mnt/disk1 is not there");
            watch.look();
            watch.look();
            assertThat(open(control))
                    .singleElement()
                    .satisfies(told -> assertThat(told)
                            .contains("volume-missing: Volume 1 is missing: volume /mnt/disk1 is not there")
                            .contains("volume retire 1 --lost --dry-run --data " + work));
            missing.put(2, "volume /mnt/disk2 is not there");
            watch.look();
            assertThat(open(control)).hasSize(2);
            missing.clear();
            watch.look();
            assertThat(open(control)).isEmpty();
        }
    }
}
