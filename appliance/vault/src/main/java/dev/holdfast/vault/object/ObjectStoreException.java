package dev.holdfast.vault.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A store refused or failed; the kind tells what may help. */
public final class ObjectStoreException extends IOException {
    private final Kind kind;

    /** What may help. */
    public enum Kind {
        NOT_FOUND,
        /** Something has this key already. */
        EXISTS,
        /** Credentials or permissions. */
        DENIED,
        /** It may go better in a while. */
        TRANSIENT,
        /** Thaw it first. */
        FROZEN,
        /** What came back is not what was stored or sent. */
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
