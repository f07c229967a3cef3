package dev.holdfast.vault.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A store refused a request or failed; the kind tells how to react. */
public final class ObjectStoreException extends IOException {
    private final Kind kind;

    /** How to react. */
    public enum Kind {
        NOT_FOUND,
        /** An object has this key already. */
        EXISTS,
        /** Credentials or permissions. */
        DENIED,
        /** A later attempt may succeed. */
        TRANSIENT,
        /** Thaw it first. */
        FROZEN,
        /** The content differs from what was stored or sent. */
        CORRUPT,
        /** Anything that will fail again. */
        REFUSED
    }

    public ObjectStoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public ObjectStoreException(Kind kind, String message) {
        this(kind, message, null);
    }

    public Kind kind() {
        return kind;
    }

    public static boolean is(IOException e, Kind kind) {
        return e instanceof ObjectStoreException found && found.kind == kind;
    }
}
