package dev.holdfast.protocol.nbd;

/** The errors that a reply can have. The codes are the protocol's, whatever the system's errno values are. */
public enum NbdError {
    /** Not permitted, as writing to an export that is read-only. */
    PERMISSION(1, "EPERM"),
    /** Reading or writing failed. */
    IO(5, "EIO"),
    NO_MEMORY(12, "ENOMEM"),
    /** The request is wrong: flags, range, or a command that was not negotiated. */
    INVALID(22, "EINVAL"),
    /** No space is left, or a write would go beyond the end. */
    NO_SPACE(28, "ENOSPC"),
    /** The request is longer than the server takes. */
    TOO_LONG(75, "EOVERFLOW"),
    /** Zeros cannot be written any faster than data. */
    NOT_SUPPORTED(95, "ENOTSUP"),
    /** The server is ending. */
    SHUTDOWN(108, "ESHUTDOWN");

    private final int code;
    private final String symbol;

    NbdError(int code, String symbol) {
        this.code = code;
        this.symbol = symbol;
    }

    /** The code on the wire. */
    public int code() {
        return code;
    }

    /** The name in the specification, without its prefix: EIO. */
    public String symbol() {
        return symbol;
    }

    /** The error with a code; {@link #INVALID} for codes that the specification does not have, as it asks for. */
    public static NbdError of(int code) {
        for (NbdError each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        return INVALID;
    }
}
