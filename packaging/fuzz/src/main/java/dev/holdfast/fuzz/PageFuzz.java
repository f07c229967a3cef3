package dev.holdfast.fuzz;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import java.io.IOException;

/** Manifest pages: parsed, and walked as a whole manifest of one page. No path may leave the tree. */
public final class PageFuzz {
    private PageFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            Page page = Page.parse(data);
            PageRef ref = new PageRef(
                    page.context(),
                    false,
                    HashAlgorithm.NEWEST.digest(data),
                    data.length,
                    page.records().size());
            TreeCursor cursor = new TreeCursor(new TreeCursor.Pages() {
                @Override
                public int count() {
                    return 1;
                }

                @Override
                public PageRef ref(int index) {
                    return ref;
                }

                @Override
                public Page load(PageRef wanted) throws FormatException {
                    return Page.parse(data);
                }
            });
            for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
                for (byte[] name : entry.path().names()) {
                    String text = new String(name, java.nio.charset.StandardCharsets.ISO_8859_1);
                    if (text.isEmpty()
                            || text.equals(".")
                            || text.equals("..")
                            || text.contains("/")
                            || text.contains("\0")) {
                        throw new AssertionError("an unsafe name came through: " + text);
                    }
                }
            }
        } catch (IOException e) {
            // Malformed, and said so.
        }
    }
}
