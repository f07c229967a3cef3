package dev.holdfast.agent.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Partitions of a disk, as sfdisk finds them. */
final class Partitions {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** They hold others. */
    private static final Set<String> EXTENDED = Set.of("5", "f", "85");

    private static final int MAX = 4096;

    private Partitions() {}

    /**
     * Those of a disk, in order; empty where it has no table.
     *
     * @throws IOException where the table makes no sense
     */
    static Optional<List<Range>> of(Path disk, long bytes) throws IOException {
        Path program = Command.find("sfdisk")
                .orElseThrow(() -> new IOException("sfdisk (package fdisk or util-linux) is not installed"));
        Command.Result result = Command.output(List.of(program.toString(), "--json", disk.toString()));
        return result.code() == 0 ? Optional.of(parse(result.output(), bytes)) : Optional.empty();
    }

    static List<Range> parse(String json, long bytes) throws IOException {
        JsonNode table = JSON.readTree(json).path("partitiontable");
        String label = table.path("label").asText();
        long sector = table.path("sectorsize").asLong(512);
        if (!(label.equals("gpt") || label.equals("dos"))
                || !table.path("unit").asText().equals("sectors")
                || sector < 512
                || sector > 1 << 16) {
            throw new IOException("its partition table is not known here: " + label);
        }
        List<Range> ranges = new ArrayList<>();
        for (JsonNode each : table.path("partitions")) {
            long start = each.path("start").asLong(-1);
            long size = each.path("size").asLong(-1);
            if (start < 0
                    || size <= 0
                    || start > bytes / sector
                    || size > bytes / sector - start
                    || ranges.size() == MAX) {
                throw new IOException("its partition table has a partition that is not on it");
            }
            if (!(label.equals("dos")
                    && EXTENDED.contains(each.path("type").asText().toLowerCase(Locale.ROOT)))) {
                ranges.add(new Range(start * sector, size * sector));
            }
        }
        ranges.sort(Comparator.comparingLong(Range::start));
        for (int i = 1; i < ranges.size(); i++) {
            if (ranges.get(i).start() < ranges.get(i - 1).end()) {
                throw new IOException("its partitions overlap");
            }
        }
        return ranges;
    }
}
