package dev.holdfast.agent.allocation;

/** A partition, or a whole disk; in bytes. */
record Range(long start, long bytes) {
    long end() {
        return start + bytes;
    }
}
