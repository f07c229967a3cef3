package dev.holdfast.agent.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.image.Command;
import dev.holdfast.agent.image.Disks;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** Disks without what their file systems have not allocated. */
public final class AllocatedDisks implements Disks {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Disks disks;
    private final List<Disk> all;
    /** By the name that the description has. */
    private final Map<String, List<Survey.Found>> found;

    private AllocatedDisks(Disks disks, List<Disk> all, Map<String, List<Survey.Found>> found) {
        this.disks = disks;
        this.all = all;
        this.found = found;
    }

    /**
     * Looks for what is free. Without partclone, all disks are as they were.
     *
     * @param disks just opened, and closed with what is returned, or if it fails
     * @param tell takes a line for whatever is read in full because it is in doubt
     * @throws InterruptedIOException where the backup is to end
     */
    public static Disks of(Disks disks, Consumer<String> tell) throws IOException {
        if (Command.find(FileSystem.Kind.EXT.program).isEmpty()) {
            return disks;
        }
        try {
            return surveyed(disks, tell);
        } catch (IOException | RuntimeException e) {
            disks.close();
            throw e;
        }
    }

    private static Disks surveyed(Disks disks, Consumer<String> tell) throws IOException {
        List<Disk> all = new ArrayList<>();
        Map<String, List<Survey.Found>> found = new LinkedHashMap<>();
        for (Disk each : disks.all()) {
            Optional<Path> place = each.blocks().place();
            if (place.isEmpty()) {
                all.add(each);
                continue;
            }
            Survey survey = Survey.of(place.get(), each.blocks(), why -> tell.accept(each.source() + ": " + why));
            found.put(each.name().toString().substring(DIRECTORY.length() + 1), survey.found());
            all.add(new Disk(each.name(), each.source(), new AllocatedBlocks(each.blocks(), survey.free())));
        }
        return new AllocatedDisks(disks, List.copyOf(all), found);
    }

    @Override
    public List<Disk> all() {
        return all;
    }

    @Override
    public byte[] describe(String host, Instant begun) throws IOException {
        ObjectNode machine = (ObjectNode) JSON.readTree(disks.describe(host, begun));
        for (JsonNode each : machine.path("disks")) {
            List<Survey.Found> free = found.getOrDefault(each.path("name").asText(), List.of());
            if (!free.isEmpty()) {
                ArrayNode told = ((ObjectNode) each).putArray("unallocated");
                free.forEach(one -> told.addObject()
                        .put("type", one.fileSystem().kind().text)
                        .put("start", one.range().start())
                        .put("bytes", one.fileSystem().bytes())
                        .put("leftOut", one.leftOut()));
            }
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(machine);
    }

    @Override
    public void stored(UUID snapshot) {
        disks.stored(snapshot);
    }

    @Override
    public void close() throws IOException {
        disks.close();
    }
}
