package dev.holdfast.control.upgrade;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.journal.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** File {@code releases.json} of a data directory: which releases ran an appliance on it, the newest last. For people alone. */
public final class WrittenBy {
    static final String NAME = "releases.json";
    private static final int VERSION = 1;
    private static final int MOST = 20;
    private static final int MOST_BYTES = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private WrittenBy() {}

    /**
     * A release that ran.
     *
     * @param control the schema version of its control database
     * @param journal the schema version of its journals of vaults
     * @param since when it started first, ISO 8601 in UTC
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Run(String release, int control, int journal, String since) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Content(int version, @Nullable List<Run> releases) {}

    /** The newest last; empty where none is known, as in directories of releases that wrote no such file. */
    public static List<Run> read(Path data) {
        Path file = data.resolve(NAME);
        try {
            if (Files.size(file) > MOST_BYTES) {
                return List.of();
            }
            List<Run> runs = JSON.readValue(Files.readAllBytes(file), Content.class).releases;
            return runs == null ? List.of() : List.copyOf(runs);
        } catch (NoSuchFileException | JacksonException e) {
            return List.of();
        } catch (IOException e) {
            // It is only told.
            return List.of();
        }
    }

    /** Notes that this release runs, where it did not run last. */
    public static void note(Path data, Instant now) throws IOException {
        List<Run> runs = new ArrayList<>(read(data));
        Run own = new Run(
                Release.NUMBER,
                ControlDb.schema().versions().last(),
                Journal.schema().versions().last(),
                now.toString());
        if (!runs.isEmpty()) {
            Run last = runs.getLast();
            if (last.release.equals(own.release) && last.control == own.control && last.journal == own.journal) {
                return;
            }
        }
        runs.add(own);
        List<Run> kept = runs.subList(Math.max(0, runs.size() - MOST), runs.size());
        AtomicFile.write(data.resolve(NAME), JSON.writeValueAsBytes(new Content(VERSION, kept)), false);
    }
}
