package dev.holdfast.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HardwareProfileTest {
    @Test
    void modelsKeepTheirPromises() throws IOException {
        HardwareProfile small = HardwareProfile.load("hdr-1000");
        assertThat(small.nodes()).isEqualTo(20);
        assertThat(small.capacity().bytes()).isEqualTo(20_000_000_000_000L);
        assertThat(small.throughputPerHour().bytes()).isEqualTo(500_000_000_000L);
        HardwareProfile large = HardwareProfile.load("hdr-2000");
        assertThat(large.nodes()).isEqualTo(100);
        assertThat(large.capacity().bytes()).isEqualTo(50_000_000_000_000L);
        assertThat(large.throughputPerHour().bytes()).isEqualTo(1_500_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hdr-1000", "hdr-2000", "dev"})
    void shippedProfilesFollowTheSchema(String name) throws IOException {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(resource("profile.schema.json"), InputFormat.JSON);
        assertThat(schema.validate(resource(name + ".json"), InputFormat.JSON)).isEmpty();
        assertThat(schema.validate(resource(name + ".json").replace("\"nodes\"", "\"nods\""), InputFormat.JSON))
                .isNotEmpty();
        assertThat(HardwareProfile.load(name).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"nodes\": 8|\"nodes\": 0|nodes must be at least 1",
                "\"heap\": \"512 MiB\"|\"heap\": \"5 GiB\"|exceed memory.budget",
                "\"ingest\": \"96 MiB\"|\"ingest\": \"500 MiB\"|exceed half of memory.heap",
                "\"nodes\": 8,||'nodes'",
                "200 GB|200 elephants|is not a size",
                "\"nodes\"|\"nods\"|nod",
            })
    void mistakesAreNamed(String from, String to, String message, @TempDir Path dir) throws IOException {
        Path file = dir.resolve("mine.json");
        Files.writeString(file, resource("dev.json").replace(from, to == null ? "" : to));
        assertThatThrownBy(() -> HardwareProfile.load(file.toString()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("mine.json")
                .hasMessageContaining(message);
    }

    @Test
    void unknownNameListsTheKnown() {
        assertThatThrownBy(() -> HardwareProfile.load("hdr-9000"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("hdr-1000, hdr-2000, dev");
    }

    @ParameterizedTest
    @CsvSource({"1 B,1", "20 TB,20000000000000", "512MiB,536870912", "0.5 TB,500000000000", "1.5 KiB,1536"})
    void sizes(String text, long bytes) {
        assertThat(DataSize.parse(text).bytes()).isEqualTo(bytes);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = HardwareProfile.class.getResourceAsStream(name)) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Found by fuzzing. */
    @Test
    void sizesBeyondAllBytesAreRefusedInWords() {
        assertThatThrownBy(() -> DataSize.parse("9".repeat(40) + " B"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too large");
        assertThatThrownBy(() -> DataSize.parse("0.0001 B"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("whole number");
    }
}
