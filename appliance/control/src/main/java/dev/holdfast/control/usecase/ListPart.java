package dev.holdfast.control.usecase;

import dev.holdfast.control.db.Part;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is wanted, the newest first.
 *
 * @param oldest whether the oldest come first instead
 * @param beyond {@code next} of the part before; null for the beginning
 */
public record ListPart(boolean oldest, @Nullable Long beyond, int limit) {
    Part part() {
        Part first = oldest ? Part.oldest(limit) : Part.newest(limit);
        return beyond == null ? first : first.behind(beyond);
    }
}
