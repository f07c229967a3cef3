package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.Digest;
import java.io.IOException;

/** A client sent bytes that are not what it says they are. */
public final class DigestMismatchException extends IOException {
    DigestMismatchException(Digest claimed) {
        super("the chunk sent as " + claimed + " has another digest");
    }
}
