package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;

/** A stored snapshot's pages, read from the store itself. */
public record ManifestPages(ManifestFile manifest, ChunkReader chunks) implements TreeCursor.Pages {
    @Override
    public int count() {
        return manifest.snapshot().pages();
    }

    @Override
    public PageRef ref(int index) throws IOException {
        return manifest.pages(index, 1).getFirst();
    }

    @Override
    public Page load(PageRef ref) throws IOException {
        return Page.parse(chunks.readVerified(ref.digest()));
    }
}
