package dev.holdfast.control.image;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.ManifestPages;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which page of a manifest tells of which part of a file. Made by reading the file's pages once: some 50 bytes of them for each block of
 * 256 KiB. Immutable.
 *
 * @param size of the file
 * @param parts in the order of the file
 */
record ImageIndex(long size, List<ImageCache.Part> parts) {
    /**
     * Looks through a file's pages.
     *
     * @throws NoSuchFileException where the snapshot has no such regular file
     */
    static ImageIndex of(Store store, StoredSnapshot snapshot, TreePath path) throws IOException {
        try (ManifestFile manifest = store.manifests().open(snapshot)) {
            LoadedPage page = new LoadedPage(new ManifestPages(manifest, store.reader()));
            TreeCursor cursor = new TreeCursor(page);
            cursor.seek(path);
            for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
                if (entry.path().equals(path) && entry.node() instanceof Node.RegularFile file) {
                    return of(file, cursor, page);
                }
                if (entry.path().compareTo(path) > 0) {
                    break;
                }
                page.pass(entry.node());
            }
        }
        throw new NoSuchFileException(path.toString(), null, "the snapshot has no such disk");
    }

    private static ImageIndex of(Node.RegularFile file, TreeCursor cursor, LoadedPage page) throws IOException {
        List<ImageCache.Part> parts = new ArrayList<>();
        parts.add(new ImageCache.Part(page.digest, page.passed, 0));
        Content content = file.content();
        long at = length(content);
        while (content.more()) {
            Digest before = page.digest;
            TreeCursor.Entry entry = cursor.next();
            if (entry == null || !(entry.node() instanceof Node.More(Content more))) {
                throw FormatException.corrupt("the manifest lacks the rest of a file");
            }
            content = more;
            if (!page.digest.equals(before)) {
                parts.add(new ImageCache.Part(page.digest, 0, at));
            }
            at += length(content);
        }
        return new ImageIndex(file.attributes().size(), List.copyOf(parts));
    }

    private static long length(Content content) {
        long length = 0;
        for (Extent each : content.extents()) {
            length += each.gap() + each.length();
        }
        return length;
    }

    /** The number of the part in which an offset lies. */
    int part(long offset) {
        int low = 0;
        int high = parts.size();
        // Invariant: every part before low begins at or before the offset, none from high on does.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (parts.get(middle).start() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(0, low - 1);
    }

    /** Remembers which page the cursor reads, and how many files of it were passed. */
    private static final class LoadedPage implements TreeCursor.Pages {
        private final TreeCursor.Pages pages;
        private Digest digest = Digest.fromBytes(new byte[Digest.BYTES]);
        private int passed;

        LoadedPage(TreeCursor.Pages pages) {
            this.pages = pages;
        }

        void pass(Node node) {
            if (node instanceof Node.RegularFile || node instanceof Node.More) {
                passed++;
            }
        }

        @Override
        public int count() {
            return pages.count();
        }

        @Override
        public PageRef ref(int index) throws IOException {
            return pages.ref(index);
        }

        @Override
        public Page load(PageRef ref) throws IOException {
            digest = ref.digest();
            passed = 0;
            return pages.load(ref);
        }
    }
}
