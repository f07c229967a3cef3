package dev.holdfast.store.ingest;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;

/** A client sent a chunk that nobody could read back, or that is not what it calls it; nothing of it was stored. */
public final class RefusedChunkException extends IOException {
    RefusedChunkException(FormatException cause) {
        super(cause.getMessage(), cause);
    }
}
