package dev.holdfast.protocol.manifest;

import java.util.List;

/**
 * A file's content, or a part of it.
 *
 * @param extents in file order; bytes not covered up to the length are holes
 * @param more whether a {@link Node.More} record continues this file
 * @param changed whether the file changed while it was read, so that the content is a mixture
 * @param length the content's length, which differs from the attributes' size only where the file shrank while read;
 *     meaningful on the last part alone
 */
public record Content(List<Extent> extents, boolean more, boolean changed, long length) {
    public static final Content EMPTY = new Content(List.of(), false, false, 0);
}
