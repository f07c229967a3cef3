package dev.holdfast.vault.format;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The newest root of a vault is there, and neither of its copies can be read. */
public final class DamagedRootException extends IOException {
    private final long sequence;
    private final transient Root.@Nullable Read older;

    DamagedRootException(String url, long sequence, Root.@Nullable Read older, IOException cause) {
        super(
                url + ": " + cause.getMessage() + ". "
                        + (older == null
                                ? "No older root can be read either"
                                : "Root " + older.root().sequence() + ", of "
                                        + Instant.ofEpochMilli(older.root().written())
                                        + ", is whole; what was published after it is not in it"),
                cause);
        this.sequence = sequence;
        this.older = older;
    }

    /** Of the damaged root. */
    public long sequence() {
        return sequence;
    }

    /** The newest root that can be read. */
    public Optional<Root.Read> older() {
        return Optional.ofNullable(older);
    }
}
