package dev.holdfast.profile;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What one model of appliance has and promises; every limit and memory budget of the engine comes from here. The fields
 * are explained in {@code profile.schema.json}.
 */
public record HardwareProfile(
        @JsonProperty(required = true) String name,
        @JsonProperty(required = true) String description,
        @JsonProperty(required = true) int nodes,
        @JsonProperty(required = true) DataSize capacity,
        @JsonProperty(required = true) DataSize throughputPerHour,
        @JsonProperty(required = true) int reservePercent,
        @JsonProperty(required = true) int maxVolumes,
        @JsonProperty(required = true) Memory memory,
        @JsonProperty(required = true) Workers workers,
        @JsonProperty(required = true) Connections connections,
        @JsonProperty(required = true) int compressionLevel) {

    /** The profiles that ship with the product. */
    public static final List<String> BUILT_IN = List.of("hdr-1000", "hdr-2000", "dev");

    private static final long LEAST_MEMORY = 16L << 20;

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

    public record Memory(
            @JsonProperty(required = true) DataSize budget,
            @JsonProperty(required = true) DataSize heap,
            @JsonProperty(required = true) DataSize indexCache,
            @JsonProperty(required = true) DataSize indexWriteBuffers,
            @JsonProperty(required = true) DataSize ingest,
            @JsonProperty(required = true) DataSize restore,
            @JsonProperty(required = true) DataSize nativeOverhead) {}

    public record Workers(
            @JsonProperty(required = true) int ingest,
            @JsonProperty(required = true) int restore,
            @JsonProperty(required = true) int openContainers) {}

    public record Connections(
            @JsonProperty(required = true) int total,
            @JsonProperty(required = true) int perNode) {}

    /**
     * Loads a built-in profile by name, or a profile file by its path (anything with a slash or ending in .json).
     *
     * @throws IOException saying what is wrong with the profile, and where
     */
    public static HardwareProfile load(String nameOrPath) throws IOException {
        if (nameOrPath.contains("/") || nameOrPath.endsWith(".json")) {
            return parse(nameOrPath, readFile(Path.of(nameOrPath)));
        }
        if (!BUILT_IN.contains(nameOrPath)) {
            throw new NoSuchFileException(
                    nameOrPath,
                    null,
                    "no such hardware profile; there are " + String.join(", ", BUILT_IN)
                            + ", or give the path of a profile file");
        }
        try (InputStream in = HardwareProfile.class.getResourceAsStream(nameOrPath + ".json")) {
            if (in == null) {
                throw new NoSuchFileException(nameOrPath + ".json");
            }
            return parse(nameOrPath, in.readAllBytes());
        }
    }

    private static byte[] readFile(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("hardware profile " + file + " does not exist", e);
        }
    }

    public static HardwareProfile parse(String file, byte[] json) throws IOException {
        return parse(Phrase.plain(file), json);
    }

    /** @param source where it is from */
    public static HardwareProfile parse(Phrase source, byte[] json) throws IOException {
        HardwareProfile profile;
        try {
            profile = JSON.readValue(json, HardwareProfile.class);
        } catch (JacksonException e) {
            throw new PhrasedException(
                    Phrase.of("profile.wrong")
                            .with("source", source)
                            .with("faults", List.of(Phrase.plain(e.getOriginalMessage()))),
                    e);
        }
        List<Phrase> faults = profile.faults();
        if (!faults.isEmpty()) {
            throw new PhrasedException(
                    Phrase.of("profile.wrong").with("source", source).with("faults", faults));
        }
        return profile;
    }

    /** Everything that a schema cannot say, and the essentials of what it does. */
    private List<Phrase> faults() {
        List<Phrase> faults = new ArrayList<>();
        check(faults, name.matches("[a-z0-9][a-z0-9-]{0,31}"), Phrase.of("profile.name"));
        least(faults, "nodes", nodes, 1);
        least(faults, "maxVolumes", maxVolumes, 1);
        range(faults, "reservePercent", reservePercent, 0, 50);
        least(faults, "workers.ingest", workers.ingest, 1);
        least(faults, "workers.restore", workers.restore, 1);
        least(faults, "workers.openContainers", workers.openContainers, 1);
        least(faults, "connections.perNode", connections.perNode, 1);
        check(faults, connections.total >= connections.perNode, Phrase.of("profile.connections"));
        range(faults, "compressionLevel", compressionLevel, -7, 19);
        long parts = memory.heap.bytes()
                + memory.indexCache.bytes()
                + memory.indexWriteBuffers.bytes()
                + memory.nativeOverhead.bytes();
        check(faults, parts <= memory.budget.bytes(), Phrase.of("profile.budget"));
        check(
                faults,
                memory.ingest.bytes() + memory.restore.bytes() <= memory.heap.bytes() / 2,
                Phrase.of("profile.heap"));
        check(faults, memory.ingest.bytes() >= LEAST_MEMORY, leastMemory("memory.ingest"));
        check(faults, memory.restore.bytes() >= LEAST_MEMORY, leastMemory("memory.restore"));
        return faults;
    }

    private static void least(List<Phrase> faults, String field, int value, int least) {
        check(
                faults,
                value >= least,
                Phrase.of("profile.least").with("field", field).with("least", least));
    }

    private static void range(List<Phrase> faults, String field, int value, int least, int most) {
        check(
                faults,
                value >= least && value <= most,
                Phrase.of("profile.range")
                        .with("field", field)
                        .with("least", least)
                        .with("most", most));
    }

    private static Phrase leastMemory(String field) {
        return Phrase.of("profile.least").with("field", field).with("least", "16 MiB");
    }

    private static void check(List<Phrase> faults, boolean right, Phrase fault) {
        if (!right) {
            faults.add(fault);
        }
    }
}
