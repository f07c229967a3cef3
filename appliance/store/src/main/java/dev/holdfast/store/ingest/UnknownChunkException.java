package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.Digest;
import java.io.IOException;

/** A client refers to a chunk that its node never stored; whether another node did is not its business. */
public final class UnknownChunkException extends IOException {
    UnknownChunkException(Digest digest) {
        super("this node never stored chunk " + digest);
    }
}
