package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The bytes of one record; docs/format.md, "Manifest page", is normative.
 *
 * <pre>
 * type u8
 * named:    name bytes · mode varint · uid varint · gid varint · mtime zigzag, varint · ctime zigzag, varint
 *           inode varint · links varint · [device varint, if links > 1] · size varint · xattrs varint n, n × (bytes, bytes)
 * file:     content;  symlink: target bytes;  device: major varint, minor varint
 * flagged:  (version 2) 9, inode flags varint · project varint, then the named record that has them
 * content:  flags u8 (1 more, 2 changed, 4 length differs from size) · n varint
 *           n × (gap varint, chunk varint, offset varint, length varint) · [length varint]
 * </pre>
 */
final class NodeCodec {
    private static final int LEAVE = 0;
    private static final int DIRECTORY = 1;
    private static final int FILE = 2;
    private static final int SYMLINK = 3;
    private static final int FIFO = 4;
    private static final int CHARACTER_DEVICE = 5;
    private static final int BLOCK_DEVICE = 6;
    private static final int HARD_LINK = 7;
    private static final int MORE = 8;
    private static final int FLAGGED = 9;

    private static final int FLAG_MORE = 1;
    private static final int FLAG_CHANGED = 2;
    private static final int FLAG_LENGTH = 4;

    static final int MAX_TARGET_BYTES = 1 << 16;
    static final int MAX_XATTRS = 1 << 16;
    static final int MAX_XATTR_NAME_BYTES = 512;
    static final int MAX_XATTR_VALUE_BYTES = 1 << 18;
    static final int MAX_EXTENTS = 1 << 18;

    private NodeCodec() {}

    /** Whether pages of version 1 cannot have the record. */
    static boolean flagged(Node node) {
        return node instanceof Node.Named named && !named.attributes().flags().isNone();
    }

    static void write(ByteWriter out, Node node, ToIntFunction<Extent> tableIndex) {
        if (node instanceof Node.Named named && flagged(node)) {
            InodeFlags flags = named.attributes().flags();
            out.u8(FLAGGED).varint(Integer.toUnsignedLong(flags.bits()));
            out.varint(Integer.toUnsignedLong(flags.project()));
        }
        switch (node) {
            case Node.Leave() -> out.u8(LEAVE);
            case Node.More(Content content) -> {
                out.u8(MORE);
                // A continuation has no attributes of its own; its length is written whenever it is the last part.
                content(out, content, content.more() ? content.length() : -1, tableIndex);
            }
            case Node.Directory directory -> named(out.u8(DIRECTORY), directory);
            case Node.HardLink link -> named(out.u8(HARD_LINK), link);
            case Node.RegularFile file -> {
                named(out.u8(FILE), file);
                Content content = file.content();
                long implied =
                        content.more() ? content.length() : file.attributes().size();
                content(out, content, implied, tableIndex);
            }
            case Node.Symlink link -> named(out.u8(SYMLINK), link).bytes(link.target());
            case Node.Special special -> {
                int type = switch (special.type()) {
                    case FIFO -> FIFO;
                    case CHARACTER_DEVICE -> CHARACTER_DEVICE;
                    case BLOCK_DEVICE -> BLOCK_DEVICE;
                };
                named(out.u8(type), special);
                if (special.type() != Node.Special.Type.FIFO) {
                    out.varint(special.major()).varint(special.minor());
                }
            }
        }
    }

    private static ByteWriter named(ByteWriter out, Node.Named node) {
        Attributes a = node.attributes();
        out.bytes(node.name()).varint(a.mode()).varint(Integer.toUnsignedLong(a.uid()));
        out.varint(Integer.toUnsignedLong(a.gid()));
        time(out, a.mtime());
        time(out, a.ctime());
        out.varint(a.inode()).varint(a.links());
        if (a.links() > 1) {
            out.varint(a.device());
        }
        out.varint(a.size()).varint(a.xattrs().size());
        for (Xattr xattr : a.xattrs()) {
            out.bytes(xattr.name()).bytes(xattr.value());
        }
        return out;
    }

    private static void time(ByteWriter out, Timestamp time) {
        out.zigzag(time.seconds()).varint(time.nanos());
    }

    private static void content(ByteWriter out, Content content, long implied, ToIntFunction<Extent> tableIndex) {
        boolean length = content.length() != implied;
        out.u8((content.more() ? FLAG_MORE : 0) | (content.changed() ? FLAG_CHANGED : 0) | (length ? FLAG_LENGTH : 0));
        out.varint(content.extents().size());
        for (Extent extent : content.extents()) {
            out.varint(extent.gap()).varint(tableIndex.applyAsInt(extent));
            out.varint(extent.offset()).varint(extent.length());
        }
        if (length) {
            out.varint(content.length());
        }
    }

    static Node read(ByteReader in, List<ChunkRef> table, int version) throws FormatException {
        int type = in.u8();
        InodeFlags flags = InodeFlags.NONE;
        if (type == FLAGGED && version >= Page.FLAGGED_VERSION) {
            flags = new InodeFlags((int) in.varint(), (int) in.varint());
            type = in.u8();
            if (flags.isNone() || type == LEAVE || type == MORE) {
                throw in.corrupt("flags of a record that has none");
            }
        }
        if (type > MORE) {
            throw in.corrupt("record type " + type + " is unknown");
        }
        if (type == LEAVE) {
            return new Node.Leave();
        }
        if (type == MORE) {
            return new Node.More(content(in, table, -1));
        }
        byte[] name = in.bytes(TreePath.MAX_NAME_BYTES, "name");
        TreePath.requireName(name);
        Attributes attributes = attributes(in).withFlags(flags);
        return switch (type) {
            case DIRECTORY -> new Node.Directory(name, attributes);
            case FILE -> new Node.RegularFile(name, attributes, content(in, table, attributes.size()));
            case SYMLINK -> new Node.Symlink(name, attributes, in.bytes(MAX_TARGET_BYTES, "symlink target"));
            case FIFO -> new Node.Special(name, attributes, Node.Special.Type.FIFO, 0, 0);
            case CHARACTER_DEVICE -> device(in, name, attributes, Node.Special.Type.CHARACTER_DEVICE);
            case BLOCK_DEVICE -> device(in, name, attributes, Node.Special.Type.BLOCK_DEVICE);
            default -> new Node.HardLink(name, attributes);
        };
    }

    private static Node device(ByteReader in, byte[] name, Attributes attributes, Node.Special.Type type)
            throws FormatException {
        int major = in.varint(Integer.MAX_VALUE, "major device number");
        return new Node.Special(name, attributes, type, major, in.varint(Integer.MAX_VALUE, "minor device number"));
    }

    private static Attributes attributes(ByteReader in) throws FormatException {
        int mode = in.varint(07777, "mode");
        int uid = (int) in.varint();
        int gid = (int) in.varint();
        Timestamp mtime = time(in);
        Timestamp ctime = time(in);
        long inode = in.varint();
        int links = in.varint(Integer.MAX_VALUE, "link count");
        long device = links > 1 ? in.varint() : 0;
        long size = nonNegative(in, "size");
        int count = in.varint(MAX_XATTRS, "xattr count");
        List<Xattr> xattrs = count == 0 ? List.of() : new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] name = in.bytes(MAX_XATTR_NAME_BYTES, "xattr name");
            xattrs.add(new Xattr(name, in.bytes(MAX_XATTR_VALUE_BYTES, "xattr value")));
        }
        return new Attributes(mode, uid, gid, mtime, ctime, inode, device, links, size, xattrs);
    }

    private static Timestamp time(ByteReader in) throws FormatException {
        return new Timestamp(in.zigzag(), in.varint(999_999_999, "nanoseconds"));
    }

    private static long nonNegative(ByteReader in, String what) throws FormatException {
        long value = in.varint();
        if (value < 0) {
            throw in.corrupt(what + " of " + Long.toUnsignedString(value) + " is too large");
        }
        return value;
    }

    private static Content content(ByteReader in, List<ChunkRef> table, long implied) throws FormatException {
        int flags = in.u8();
        if ((flags & ~(FLAG_MORE | FLAG_CHANGED | FLAG_LENGTH)) != 0) {
            throw in.corrupt("content flags " + flags + " are unknown");
        }
        int count = in.varint(MAX_EXTENTS, "extent count");
        List<Extent> extents = count == 0 ? List.of() : new ArrayList<>(Math.min(count, in.remaining() / 4 + 1));
        long end = 0;
        for (int i = 0; i < count; i++) {
            long gap = nonNegative(in, "gap");
            ChunkRef chunk = table.get(in.varint(table.size() - 1, "chunk index"));
            int offset = in.varint(Packed.MAX_RAW_BYTES, "offset in chunk");
            int length = in.varint(Packed.MAX_RAW_BYTES, "extent length");
            end += gap + length;
            if (length == 0 || offset + length > chunk.length() || end < 0) {
                throw in.corrupt("extent " + offset + "+" + length + " lies outside its chunk of " + chunk.length());
            }
            extents.add(new Extent(gap, chunk.digest(), chunk.length(), offset, length));
        }
        boolean more = (flags & FLAG_MORE) != 0;
        long length = (flags & FLAG_LENGTH) != 0 ? nonNegative(in, "content length") : more ? 0 : implied;
        return new Content(extents, more, (flags & FLAG_CHANGED) != 0, length);
    }

    /** A chunk as a page's table names it. */
    record ChunkRef(Digest digest, int length) {}
}
