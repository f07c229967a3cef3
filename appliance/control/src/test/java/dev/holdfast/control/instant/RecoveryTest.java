package dev.holdfast.control.instant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Descriptions of every version, as they are on the disks of appliances. */
class RecoveryTest {
    @TempDir
    private Path dir;

    @ParameterizedTest
    @CsvSource({"1, ''", "2, AAECAwQFBgcICQoL"})
    void everyVersionIsReadAndWrittenAgain(int version, String key) throws IOException {
        Path file = dir.resolve("recovery.json");
        try (InputStream golden = getClass().getResourceAsStream("/golden/recovery/v" + version + ".json")) {
            Files.copy(Objects.requireNonNull(golden), file);
        }
        Recovery read = Recovery.read(dir);
        assertThat(read)
                .isEqualTo(new Recovery(
                        UUID.fromString("11111111-2222-3333-4444-555555555555"),
                        new UUID(1, 2),
                        1,
                        2,
                        Instant.parse("2026-11-29T00:00:00Z"),
                        "admin",
                        3,
                        List.of(new Recovery.Disk(0, "/disks/dev/vda.raw", 3_167_442)),
                        key));
        String golden = Files.readString(file);
        read.write(dir);
        assertThat(Files.readString(file)).isEqualToNormalizingNewlines(golden.strip());
        read.nextGeneration().write(dir);
        assertThat(Recovery.read(dir).key()).isEqualTo(key);
    }
}
