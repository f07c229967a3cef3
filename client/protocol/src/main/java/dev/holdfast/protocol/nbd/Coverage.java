package dev.holdfast.protocol.nbd;

import java.util.TreeMap;

/** Which parts of a read have come, so that a server can neither send a part twice nor leave one out. */
final class Coverage {
    /** Parts that do not touch each other; servers send them nearly in order. */
    private static final int MAX_PARTS = 4096;

    private final long start;
    private final long end;
    /** Ends by beginnings. */
    private final TreeMap<Long, Long> parts = new TreeMap<>();

    Coverage(long offset, long length) {
        this.start = offset;
        this.end = offset + length;
    }

    /** Notes a part. */
    void add(long offset, long length) throws ProtocolViolation {
        if (length < 1 || offset < start || offset > end || length > end - offset) {
            throw new ProtocolViolation("a reply has " + length + " bytes at offset " + offset
                    + ", outside of the request from " + start + " to " + end);
        }
        long from = offset;
        long to = offset + length;
        var before = parts.floorEntry(offset);
        var after = parts.higherEntry(offset);
        if (before != null && before.getValue() > offset || after != null && after.getKey() < to) {
            throw new ProtocolViolation("a reply has " + length + " bytes at offset " + offset + " twice");
        }
        if (before != null && before.getValue() == offset) {
            from = before.getKey();
        }
        if (after != null && after.getKey() == to) {
            to = after.getValue();
            parts.remove(after.getKey());
        }
        parts.put(from, to);
        if (parts.size() > MAX_PARTS) {
            throw new ProtocolViolation("a reply comes in more than " + MAX_PARTS + " parts that do not touch");
        }
    }

    /** Whether all has come. */
    boolean complete() {
        return start == end
                || parts.size() == 1
                        && parts.firstKey() == start
                        && parts.firstEntry().getValue() == end;
    }
}
