package dev.holdfast.agent.chunk;

/** In Java, for systems without {@link NativeCutSearch}. */
final class JavaCutSearch implements CutSearch {
    @Override
    public String name() {
        return "Java";
    }

    @Override
    public int first(byte[] data, long[] table, int from, int to, long mask) {
        long hash = 0;
        for (int at = from - WINDOW_BYTES; at < from; at++) {
            hash = (hash << 1) + table[data[at] & 0xFF];
        }
        for (int at = from; at < to; at++) {
            hash = (hash << 1) + table[data[at] & 0xFF];
            if ((hash & mask) == 0) {
                return at + 1;
            }
        }
        return -1;
    }
}
