package dev.holdfast.protocol.nbd;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of an export, and what a metadata context says of it.
 *
 * @param offset where it begins, in bytes
 * @param length in bytes, at least 1
 * @param flags of the context. For {@code base:allocation}: {@link #HOLE}, {@link #ZERO}. For {@code qemu:dirty-bitmap:NAME}:
 *     {@link #DIRTY}
 */
public record NbdExtent(long offset, long length, int flags) {
    /** In {@code base:allocation}: nothing is allocated there, and writing may fail for lack of space. */
    public static final int HOLE = 1;
    /** In {@code base:allocation}: it reads as zeros. */
    public static final int ZERO = 1 << 1;
    /** In {@code qemu:dirty-bitmap:NAME}: it was written since the bitmap was made or cleared. */
    public static final int DIRTY = 1;

    public NbdExtent {
        if (offset < 0 || length < 1 || offset + length < 0) {
            throw new IllegalArgumentException("no extent: " + length + " bytes at offset " + offset);
        }
    }

    /** Data, or what nothing is known of. */
    public static NbdExtent data(long offset, long length) {
        return new NbdExtent(offset, length, 0);
    }

    /** A hole that reads as zeros. */
    public static NbdExtent hole(long offset, long length) {
        return new NbdExtent(offset, length, HOLE | ZERO);
    }

    /** The offset of the first byte behind it. */
    public long end() {
        return offset + length;
    }

    /** Whether it reads as zeros; for extents of {@code base:allocation}. */
    public boolean isZero() {
        return (flags & ZERO) != 0;
    }

    /** Whether it was written; for extents of {@code qemu:dirty-bitmap:NAME}. */
    public boolean isDirty() {
        return (flags & DIRTY) != 0;
    }

    /** Adds an extent to a list, as part of the last one if it follows that and has the same flags. */
    public static void append(List<NbdExtent> extents, NbdExtent next) {
        NbdExtent last = extents.isEmpty() ? null : extents.getLast();
        if (last != null && last.end() == next.offset && last.flags == next.flags) {
            extents.set(extents.size() - 1, new NbdExtent(last.offset, last.length + next.length, last.flags));
        } else {
            extents.add(next);
        }
    }

    /** Extents in a range of what these cover, without what lies outside, and merged. */
    static List<NbdExtent> within(List<NbdExtent> extents, long offset, long length) {
        List<NbdExtent> within = new ArrayList<>();
        for (NbdExtent each : extents) {
            long start = Math.max(offset, each.offset);
            long end = Math.min(offset + length, each.end());
            if (start < end) {
                append(within, new NbdExtent(start, end - start, each.flags));
            }
        }
        return within;
    }
}
