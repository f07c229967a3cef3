package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
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
        Map<Integer, Phrase> missing = new TreeMap<>();
        try (ControlDb control =
                new ControlDb(work.resolve("control.db"), () -> Instant.parse("2026-11-02T10:00:00Z"))) {
            VolumeWatch watch = new VolumeWatch(control, () -> missing);
            watch.look();
            assertThat(open(control)).isEmpty();
            missing.put(1, Phrase.of("volume.absent").with("path", "/mnt/disk1").with("file", "volume.json"));
            watch.look();
            watch.look();
            assertThat(open(control))
                    .singleElement()
                    .satisfies(told -> assertThat(told)
                            .contains("volume-missing: Volume 1 is missing: volume /mnt/disk1 is not there")
                            .contains("volume retire 1 --lost --dry-run --data " + work));
            assertThat(control.events().list(true, 1).getFirst().said().in(Language.ZH, ZoneId.of("UTC")))
                    .contains("存储卷 /mnt/disk1 不存在");
            missing.put(2, Phrase.of("volume.absent").with("path", "/mnt/disk2").with("file", "volume.json"));
            watch.look();
            assertThat(open(control)).hasSize(2);
            missing.clear();
            watch.look();
            assertThat(open(control)).isEmpty();
        }
    }
}
