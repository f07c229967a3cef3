package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.chunk.Digest;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a depth-first stream of records into pages. Where a page ends depends on names alone, so that an unchanged part
 * of a tree yields the same pages, and thus the same chunks, in every snapshot. Memory is one page and the current
 * path. Not safe for use by several threads.
 */
public final class PageWriter {
    private static final int MIN_BYTES = 32 << 10;
    private static final int MAX_BYTES = 256 << 10;
    /** After the minimum, one name in this many ends a page. */
    private static final int CUT_MASK = (1 << 9) - 1;
    /** A single record beyond this does not fit a page, whatever else is in it. */
    public static final int MAX_RECORD_BYTES = 512 << 10;

    /** Takes each page as it is cut; {@code bytes} is the receiver's to keep. */
    public interface Sink<E extends Exception> {
        void page(TreePath first, boolean continuation, byte[] bytes, int records) throws E;
    }

    private final ByteWriter body = new ByteWriter(MAX_BYTES + (MAX_BYTES >> 1));
    private final Map<Digest, Integer> table = new LinkedHashMap<>();
    private final ByteWriter tableBytes = new ByteWriter(4096);
    private TreePath directory = TreePath.ROOT;
    private TreePath context = TreePath.ROOT;
    private TreePath lastNamed = TreePath.ROOT;
    private @Nullable TreePath first;
    private boolean continuation;
    private int records;
    private boolean due;
    private boolean flagged;

    /** Adds a record; {@link #full()} then says whether the page should be taken. */
    public void add(Node node) {
        if (records == 0) {
            continuation = node instanceof Node.More;
            context = continuation ? lastNamed : directory;
        }
        flagged |= NodeCodec.flagged(node);
        NodeCodec.write(body, node, this::index);
        records++;
        due |= size() >= MAX_BYTES;
        if (node instanceof Node.Named named) {
            lastNamed = directory.child(named.name());
            first = first == null ? lastNamed : first;
            due |= size() >= MIN_BYTES && endsPage(named.name());
            if (node instanceof Node.Directory) {
                directory = lastNamed;
            }
        } else if (node instanceof Node.Leave) {
            directory = directory.parent();
        }
    }

    private static boolean endsPage(byte[] name) {
        return (Arrays.hashCode(name) * 0x9E3779B1 >>> 16 & CUT_MASK) == 0;
    }

    private int index(Extent extent) {
        return table.computeIfAbsent(extent.chunk(), digest -> {
            digest.write(tableBytes);
            tableBytes.varint(extent.chunkLength());
            return table.size();
        });
    }

    private int size() {
        return body.size() + tableBytes.size();
    }

    public boolean full() {
        return due;
    }

    public boolean isEmpty() {
        return records == 0;
    }

    /** Hands the page to {@code sink} and begins the next. */
    public <E extends Exception> void take(Sink<E> sink) throws E {
        byte[] path = context.toBytes();
        ByteWriter page = new ByteWriter(size() + path.length + 64);
        page.u32(Page.MAGIC).u8(flagged ? Page.FLAGGED_VERSION : Page.VERSION).bytes(path);
        page.varint(table.size()).raw(tableBytes.toByteArray());
        page.varint(records).raw(body.toByteArray());
        TreePath firstPath = first == null ? lastNamed : first;
        int count = records;
        body.clear();
        table.clear();
        tableBytes.clear();
        first = null;
        records = 0;
        due = false;
        flagged = false;
        sink.page(firstPath, continuation, page.toByteArray(), count);
    }
}
