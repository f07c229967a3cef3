package dev.holdfast.protocol.chunk;

import dev.holdfast.protocol.bytes.FormatException;

/** What a chunk holds; metadata lives in containers of its own, so that browsing touches no bulk data. */
public enum ChunkKind {
    /** File content. */
    DATA(1),
    /** A manifest page: file names and attributes, referring to data chunks. */
    PAGE(2),
    /** A page of a snapshot's fidelity report. */
    REPORT(3),
    /** Part of a snapshot's root; exists in manifest files only and never on the wire. */
    ROOT(4);

    private final int code;

    ChunkKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    public boolean metadata() {
        return this != DATA;
    }

    public static ChunkKind of(int code) throws FormatException {
        return switch (code) {
            case 1 -> DATA;
            case 2 -> PAGE;
            case 3 -> REPORT;
            case 4 -> ROOT;
            default -> throw FormatException.corrupt("chunk kind " + code + " is unknown");
        };
    }
}
