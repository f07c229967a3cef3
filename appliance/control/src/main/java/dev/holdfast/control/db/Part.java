package dev.holdfast.control.db;

/**
 * Which part of a numbered list is wanted.
 *
 * @param oldest whether the oldest come first, otherwise the newest
 * @param beyond the number of the last entry of the part before; {@link #newest} and {@link #oldest} begin a list
 */
public record Part(boolean oldest, long beyond, int limit) {
    public static Part newest(int limit) {
        return new Part(false, Long.MAX_VALUE, limit);
    }

    public static Part oldest(int limit) {
        return new Part(true, 0, limit);
    }

    /** What follows behind an entry. */
    public Part behind(long number) {
        return new Part(oldest, number, limit);
    }
}
