package dev.holdfast.protocol.chunk;

import dev.holdfast.protocol.bytes.FormatException;

/** How a chunk's bytes are packed, on the wire and in a container. The code is part of both formats. */
public enum Codec {
    /** Not compressed yet. Never stored. */
    RAW(0),
    /** One Zstandard frame. */
    ZSTD(1),
    /** Not compressed, since that would not save enough. */
    INCOMPRESSIBLE(2);

    private final int code;

    Codec(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    public static Codec of(int code) throws FormatException {
        return switch (code) {
            case 0 -> RAW;
            case 1 -> ZSTD;
            case 2 -> INCOMPRESSIBLE;
            default -> throw FormatException.corrupt("codec " + code + " is unknown");
        };
    }
}
