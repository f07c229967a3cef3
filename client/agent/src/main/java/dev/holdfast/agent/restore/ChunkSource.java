package dev.holdfast.agent.restore;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where a restore's chunks come from. Used by one thread. */
interface ChunkSource {
    /** By which chunks are named. */
    HashAlgorithm hash();

    /** Where each chunk lies, for reading in the order of places; -1 where that is unknown. */
    long[] places(List<Digest> digests) throws IOException;

    /** As {@link Appliance#get}. */
    CompletableFuture<Void> get(List<Digest> digests, Appliance.ChunkSink sink) throws IOException;

    /**
     * An appliance, asked over several connections in turn.
     *
     * @param streams how many connections; the appliance closes them
     * @param freeOnly what would be charged counts as frozen
     */
    static ChunkSource of(Appliance appliance, int streams, boolean freeOnly) throws IOException {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            connections.add(appliance.connect());
        }
        return new ChunkSource() {
            private int next;

            @Override
            public HashAlgorithm hash() {
                return appliance.hash();
            }

            @Override
            public long[] places(List<Digest> digests) throws IOException {
                return appliance
                        .control()
                        .request(new Message.Plan(digests), Message.Places.class)
                        .places();
            }

            @Override
            public CompletableFuture<Void> get(List<Digest> digests, Appliance.ChunkSink sink) throws IOException {
                Message.Reading how = freeOnly ? Message.Reading.SEND_FREE : Message.Reading.SEND;
                return Appliance.get(connections.get(next++ % connections.size()), digests, how, sink);
            }
        };
    }
}
