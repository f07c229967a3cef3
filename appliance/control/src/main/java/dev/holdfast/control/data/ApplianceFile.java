package dev.holdfast.control.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * File {@code appliance.json}: a directory with it is an appliance.
 *
 * @param profile the name of a profile that ships, or {@code profile.json} for the one in the data directory
 * @param volumes by their numbers
 * @param nextVolume a number above that of every volume so far
 * @param hash label of the hash that names chunks, as in the keyring; null for SHA-256
 */
record ApplianceFile(
        String profile,
        List<Entry> volumes,
        int nextVolume,
        @Nullable String hash) {
    static final String NAME = "appliance.json";
    static final String PROFILE = "profile.json";
    private static final int FIRST_VERSION = 1;
    private static final int HASH_VERSION = 2;
    private static final int VERSION = 3;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a volume is used for, as it is stored. */
    enum State {
        @JsonProperty("active")
        ACTIVE,
        @JsonProperty("draining")
        DRAINING,
        @JsonProperty("lost")
        LOST,
        /** Is not used any more; what makes a volume of the directory is still to be removed. */
        @JsonProperty("retired")
        RETIRED
    }

    /**
     * A volume.
     *
     * @param path absolute, or relative to the data directory
     */
    record Entry(
            @JsonProperty(required = true) int number,
            @JsonProperty(required = true) String path,
            @JsonProperty(required = true) State state) {}

    /** Versions 1 and 2: all volumes are active, and numbered from 0. */
    private record Plain(
            @JsonProperty(required = true) int version,
            @JsonProperty(required = true) String profile,
            @JsonProperty(required = true) List<String> volumes,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String hash) {}

    /** Version 3. */
    private record Numbered(
            @JsonProperty(required = true) int version,
            @JsonProperty(required = true) String profile,
            @JsonProperty(required = true) List<Entry> volumes,
            @JsonProperty(required = true) int nextVolume,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String hash) {}

    static ApplianceFile of(Path root, String profile, List<Path> volumes, Keyring keyring) {
        return plain(profile, volumes.stream().map(each -> relative(root, each)).toList(), keyring.hash());
    }

    private static ApplianceFile plain(String profile, List<String> paths, @Nullable String hash) {
        List<Entry> entries = new ArrayList<>();
        for (String path : paths) {
            entries.add(new Entry(entries.size(), path, State.ACTIVE));
        }
        return new ApplianceFile(profile, List.copyOf(entries), entries.size(), hash);
    }

    static boolean exists(Path root) {
        return Files.exists(root.resolve(NAME));
    }

    /** @throws JacksonException where it is damaged */
    static ApplianceFile parse(byte[] content) throws IOException {
        JsonNode json = JSON.readTree(content);
        int version = json.path("version").asInt();
        FormatException.requireVersion(NAME, version, VERSION);
        if (version == VERSION) {
            Numbered read = JSON.treeToValue(json, Numbered.class);
            return new ApplianceFile(read.profile, List.copyOf(read.volumes), read.nextVolume, read.hash).checked();
        }
        Plain read = JSON.treeToValue(json, Plain.class);
        if ((read.hash == null) != (version == FIRST_VERSION)) {
            throw new IOException(NAME + " is damaged: it is of version " + version + " and "
                    + (read.hash == null ? "names no hash" : "names a hash"));
        }
        return plain(read.profile, read.volumes, read.hash);
    }

    private ApplianceFile checked() throws IOException {
        Set<Integer> numbers = new HashSet<>();
        for (Entry each : volumes) {
            if (each.number < 0 || each.number >= nextVolume || !numbers.add(each.number)) {
                throw new IOException(NAME + " is damaged: volume number " + each.number + " is not valid");
            }
        }
        return this;
    }

    static ApplianceFile read(Path root) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(root.resolve(NAME));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    root + " is no appliance; make one with: "
                            + TypedCommand.appliance(root, "init", "--profile", "dev"),
                    e);
        }
        try {
            return parse(content);
        } catch (JacksonException e) {
            throw new IOException(root.resolve(NAME) + " is damaged: " + e.getOriginalMessage(), e);
        } catch (FormatException e) {
            throw e.problem() == FormatException.Problem.TOO_NEW
                    ? FormatException.tooNew(root.resolve(NAME) + " was written by a newer release: " + e.getMessage())
                    : new IOException(root + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException(root + ": " + e.getMessage(), e);
        }
    }

    /** In the lowest version that can say it, so that earlier releases read it where they can. */
    void write(Path root) throws IOException {
        Object content;
        if (isPlain()) {
            content = new Plain(
                    hash == null ? FIRST_VERSION : HASH_VERSION,
                    profile,
                    volumes.stream().map(Entry::path).toList(),
                    hash);
        } else {
            content = new Numbered(VERSION, profile, volumes, nextVolume, hash);
        }
        AtomicFile.write(
                root.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(content), false);
    }

    private boolean isPlain() {
        for (int i = 0; i < volumes.size(); i++) {
            if (volumes.get(i).number != i || volumes.get(i).state != State.ACTIVE) {
                return false;
            }
        }
        return nextVolume == volumes.size();
    }

    // ---- volumes

    /** The volumes of the store: those that are not retired. */
    VolumeList volumeList(Path root) {
        return new VolumeList(volumes.stream()
                .filter(each -> each.state != State.RETIRED)
                .map(each -> new Volume(each.number, root.resolve(each.path), state(each.state)))
                .toList());
    }

    private static Volume.State state(State stored) {
        return switch (stored) {
            case ACTIVE -> Volume.State.ACTIVE;
            case DRAINING -> Volume.State.DRAINING;
            case LOST -> Volume.State.LOST;
            case RETIRED -> throw new IllegalArgumentException("a retired volume is none of the store");
        };
    }

    /** With one more volume, which has the next number. */
    ApplianceFile adding(Path root, Path volume) {
        List<Entry> entries = new ArrayList<>(volumes);
        entries.add(new Entry(nextVolume, relative(root, volume), State.ACTIVE));
        return new ApplianceFile(profile, List.copyOf(entries), nextVolume + 1, hash);
    }

    /** With another state of a volume. */
    ApplianceFile with(int number, State state) {
        return replacing(number, each -> new Entry(number, each.path, state));
    }

    /** With another place of a volume. */
    ApplianceFile with(int number, Path root, Path volume) {
        return replacing(number, each -> new Entry(number, relative(root, volume), each.state));
    }

    private ApplianceFile replacing(int number, UnaryOperator<Entry> change) {
        return new ApplianceFile(
                profile,
                volumes.stream()
                        .map(each -> each.number == number ? change.apply(each) : each)
                        .toList(),
                nextVolume,
                hash);
    }

    /** Without a volume. */
    ApplianceFile without(int number) {
        return new ApplianceFile(
                profile, volumes.stream().filter(each -> each.number != number).toList(), nextVolume, hash);
    }

    /** For a directory in which volume N is {@code volumes/N}. */
    ApplianceFile mirrored(Set<Integer> missing) {
        return new ApplianceFile(
                profile,
                volumes.stream()
                        .map(each -> new Entry(
                                each.number,
                                "volumes/" + each.number,
                                missing.contains(each.number) ? State.LOST : each.state))
                        .toList(),
                nextVolume,
                hash);
    }

    /** With another profile. */
    ApplianceFile withProfile(String name) {
        return new ApplianceFile(name, volumes, nextVolume, hash);
    }

    /** A volume inside the data directory moves with it. */
    private static String relative(Path root, Path volume) {
        Path absolute = volume.toAbsolutePath().normalize();
        Path data = root.toAbsolutePath().normalize();
        return absolute.startsWith(data) ? data.relativize(absolute).toString() : absolute.toString();
    }

    /** The volumes that were named, or else one inside the data directory. */
    static List<Path> volumes(Path root, List<Path> named) {
        return named.isEmpty() ? List.of(root.resolve("volumes/0")) : named;
    }

    static HardwareProfile profile(Path root, String name) throws IOException {
        return HardwareProfile.load(name.equals(PROFILE) ? root.resolve(PROFILE).toString() : name);
    }

    /** File {@code jvm.options}. */
    static byte[] jvmOptions(HardwareProfile profile) {
        long heap = profile.memory().heap().bytes() >>> 20;
        return ("-Xmx" + heap + "m\n-XX:MaxDirectMemorySize=" + Math.max(64, heap / 8) + "m\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
