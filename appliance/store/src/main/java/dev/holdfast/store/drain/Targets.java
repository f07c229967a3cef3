package dev.holdfast.store.drain;

import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the containers of a volume go.
 *
 * @param from the volume that they leave
 * @param only the number of the one volume that takes them; null for all active ones
 */
record Targets(Volumes volumes, int from, @Nullable Integer only) {
    /** The target with the most room above its reserve, or -1 where none has room for a container. */
    int next(long bytes) throws IOException {
        while (true) {
            int best = -1;
            long most = bytes;
            for (Volume each : all()) {
                long room = volumes.room(each.number());
                if (room > most) {
                    most = room;
                    best = each.number();
                }
            }
            if (best < 0 || volumes.isPresent(best)) {
                return best;
            }
        }
    }

    /** Bytes that the targets can take, beside the room that the next container of a backup needs. */
    long roomBytes(long moving) throws IOException {
        List<Volume> counted = new ArrayList<>();
        long room = 0;
        for (Volume each : all()) {
            if (counted.stream().noneMatch(other -> share(each.number(), other.number()))) {
                counted.add(each);
                room += Math.max(0, volumes.room(each.number()) - ContainerWriter.TARGET_BYTES);
                // What moves within a file system leaves as much room as it takes.
                room += volumes.isReadable(from) && share(from, each.number()) ? moving : 0;
            }
        }
        return room;
    }

    private boolean share(int first, int second) {
        try {
            return volumes.shareFileSystem(first, second);
        } catch (IOException e) {
            return false;
        }
    }

    private List<Volume> all() {
        return volumes.list().active().stream()
                .filter(each -> each.number() != from && (only == null || each.number() == only))
                .toList();
    }
}
