package dev.holdfast.profile;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
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

    public static HardwareProfile parse(String source, byte[] json) throws IOException {
        HardwareProfile profile;
        try {
            profile = JSON.readValue(json, HardwareProfile.class);
        } catch (JacksonException e) {
            throw new IOException("hardware profile " + source + ": " + e.getOriginalMessage(), e);
        }
        List<String> faults = profile.faults();
        if (!faults.isEmpty()) {
            throw new IOException("hardware profile " + source + ": " + String.join("; ", faults));
        }
        return profile;
    }

    /** Everything that a schema cannot say, and the essentials of what it does. */
    private List<String> faults() {
        List<String> faults = new ArrayList<>();
        check(faults, name.matches("[a-z0-9][a-z0-9-]{0,31}"), "name must be lower case letters, digits and dashes");
        check(faults, nodes >= 1, "nodes must be at least 1");
        check(faults, maxVolumes >= 1, "maxVolumes must be at least 1");
        check(faults, reservePercent >= 0 && reservePercent <= 50, "reservePercent must be from 0 to 50");
        check(faults, workers.ingest >= 1, "workers.ingest must be at least 1");
        check(faults, workers.restore >= 1, "workers.restore must be at least 1");
        check(faults, workers.openContainers >= 1, "workers.openContainers must be at least 1");
        check(faults, connections.perNode >= 1, "connections.perNode must be at least 1");
        check(faults, connections.total >= connections.perNode, "connections.total must be at least perNode");
        check(faults, compressionLevel >= -7 && compressionLevel <= 19, "compressionLevel must be from -7 to 19");
        long parts = memory.heap.bytes()
                + memory.indexCache.bytes()
                + memory.indexWriteBuffers.bytes()
                + memory.nativeOverhead.bytes();
        check(faults, parts <= memory.budget.bytes(), "heap, index and native memory exceed memory.budget");
        check(
                faults,
                memory.ingest.bytes() + memory.restore.bytes() <= memory.heap.bytes() / 2,
                "memory.ingest and memory.restore together exceed half of memory.heap");
        check(faults, memory.ingest.bytes() >= 16L << 20, "memory.ingest must be at least 16 MiB");
        check(faults, memory.restore.bytes() >= 16L << 20, "memory.restore must be at least 16 MiB");
        return faults;
    }

    private static void check(List<String> faults, boolean right, String fault) {
        if (!right) {
            faults.add(fault);
        }
    }
}
