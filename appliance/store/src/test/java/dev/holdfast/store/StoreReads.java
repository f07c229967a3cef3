package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.List;

/** Reading back in tests. */
public final class StoreReads {
    private StoreReads() {}

    public static void assertReadable(Store store, int node, List<byte[]> contents) throws IOException {
        List<Digest> digests =
                contents.stream().map(store.vault().hash()::digest).toList();
        ChunkReader reader = store.reader();
        int read = 0;
        for (List<ChunkReader.Wanted> run : reader.plan(reader.locate(node, digests))) {
            for (ChunkReader.Result result : reader.read(run)) {
                assertThat(reader.verified(digests.get(result.position()), result))
                        .isEqualTo(contents.get(result.position()));
                read++;
            }
        }
        assertThat(read).isEqualTo(contents.size());
    }
}
