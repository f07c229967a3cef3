package dev.holdfast.store.ingest;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;

/** A client sent a chunk that could not be read back, or that is not of the kind it claims; it was not stored. */
public final class RefusedChunkException extends IOException {
    RefusedChunkException(FormatException cause) {
        super(cause.getMessage(), cause);
    }
}
