package dev.holdfast.control.data;

import java.nio.file.Path;
import java.util.List;

/**
 * A directory that may become a volume.
 *
 * @param number that it has or gets
 * @param warnings what is unwise about it
 */
public record NewVolume(Path root, Kind kind, int number, List<String> warnings) {
    /** What adding it means. */
    public enum Kind {
        /** Becomes a volume. */
        NEW,
        /** Is a volume that is configured at another path, where it is not. */
        MOVED,
        /** Is a volume already, and takes no containers; it takes some again. */
        DRAINING,
        /** Is a volume already. */
        PRESENT
    }
}
