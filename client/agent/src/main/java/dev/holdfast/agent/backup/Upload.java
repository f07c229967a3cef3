package dev.holdfast.agent.backup;

import dev.holdfast.protocol.chunk.Digest;
import java.util.concurrent.CompletableFuture;

/**
 * A chunk handed to the uploader.
 *
 * @param acknowledged done when the appliance has the chunk, whether it was sent or known
 */
record Upload(Digest digest, int length, CompletableFuture<Void> acknowledged) {
    /** Stands for zeros that are not stored; compared by identity. */
    static final Upload HOLE =
            new Upload(Digest.fromBytes(new byte[Digest.BYTES]), 0, CompletableFuture.completedFuture(null));
}
