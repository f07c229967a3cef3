package dev.holdfast.control.instant;

import java.util.BitSet;

/** Pages of states that changed since they were made durable. Safe for use by several threads. */
final class DirtyPages {
    private final int pages;
    private BitSet dirty = new BitSet();

    DirtyPages(int pages) {
        this.pages = pages;
    }

    /** Those of a range of blocks. */
    synchronized void add(long from, long to) {
        dirty.set((int) (from / BlockStates.BLOCKS_PER_PAGE), (int) ((to - 1) / BlockStates.BLOCKS_PER_PAGE) + 1);
    }

    /** Whatever the process before may have changed. */
    synchronized void addAll() {
        dirty.set(0, pages);
    }

    /** Those there are, and none are left. */
    synchronized int[] take() {
        int[] taken = dirty.stream().toArray();
        dirty = new BitSet();
        return taken;
    }
}
