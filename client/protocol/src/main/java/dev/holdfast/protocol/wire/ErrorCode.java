package dev.holdfast.protocol.wire;

/** Why the appliance refused a request. The code is part of the protocol. */
public enum ErrorCode {
    INTERNAL(1),
    MALFORMED(2),
    VERSION(3),
    UNAUTHENTICATED(4),
    REVOKED(5),
    TOKEN_REFUSED(6),
    NODE_LIMIT(7),
    CAPACITY(8),
    NOT_FOUND(9),
    DIGEST_MISMATCH(10),
    UNKNOWN_CHUNK(11),
    DAMAGED(12),
    BUSY(13),
    STORAGE_FAILED(14),
    /** The appliance was recovered to read only: it restores and takes no backups. */
    READ_ONLY(15),
    /** No node is permitted to do this. */
    FORBIDDEN(16),
    /** The data is in an archive class of the vault and must be thawed first. */
    FROZEN(17);

    private final int code;

    ErrorCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Codes of newer releases count as {@link #INTERNAL}: the message still says what happened. */
    public static ErrorCode of(int code) {
        for (ErrorCode candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        return INTERNAL;
    }
}
