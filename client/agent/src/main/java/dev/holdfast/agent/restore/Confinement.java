package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a restore leaves out because somebody other than this machine's administrator ordered it.
 *
 * @param plain whether entries lose what gives rights to whoever runs or opens them: set-user-id and set-group-id bits,
 *     device nodes, and every extended attribute but {@code user.*} and the POSIX ACLs. The attributes that go include
 *     file capabilities, security labels and {@code trusted.*}, which only root can set
 * @param closed directories that are never entered, such as the client's own state
 */
public record Confinement(boolean plain, Set<FileId> closed) {
    /** Restores everything as it was. */
    public static final Confinement NONE = new Confinement(false, Set.of());

    static final String CLOSED = "the client's own state directory is closed to orders";

    private static final int SET_ID = 06000;
    private static final Set<String> ACLS = Set.of("system.posix_acl_access", "system.posix_acl_default");

    /** A file, whatever its path. */
    public record FileId(long device, long inode) {
        public static FileId of(Stat stat) {
            return new FileId(stat.device(), stat.inode());
        }
    }

    boolean closes(Stat directory) {
        return closed.contains(FileId.of(directory));
    }

    /** Closes the directory and throws where it is one that is never entered. */
    public void requireOpen(Directory directory) throws IOException {
        if (closes(directory.stat())) {
            directory.close();
            throw new IOException(CLOSED);
        }
    }

    /**
     * The entry as it may be made, null where it may not be made at all.
     *
     * @param stripped is told each thing that is left out
     */
    Node.@Nullable Named confine(Node.Named node, Consumer<String> stripped) {
        if (!plain) {
            return node;
        }
        return switch (node) {
            case Node.Directory d -> new Node.Directory(d.name(), plain(d.attributes(), stripped));
            case Node.RegularFile f -> new Node.RegularFile(f.name(), plain(f.attributes(), stripped), f.content());
            // A symlink's mode means nothing.
            case Node.Symlink s -> new Node.Symlink(s.name(), plain(s.attributes(), stripped), s.target());
            // Its attributes are those of the file that it links to, which have been told already.
            case Node.HardLink link -> new Node.HardLink(link.name(), plain(link.attributes(), what -> {}));
            case Node.Special special -> {
                if (special.type() != Node.Special.Type.FIFO) {
                    stripped.accept("device node " + special.major() + ":" + special.minor());
                    yield null;
                }
                yield new Node.Special(special.name(), plain(special.attributes(), stripped), special.type(), 0, 0);
            }
        };
    }

    /** The attributes as they may be given to a copy of a file that is there. */
    Attributes confine(Attributes attributes, Consumer<String> stripped) {
        return plain ? plain(attributes, stripped) : attributes;
    }

    private static Attributes plain(Attributes a, Consumer<String> stripped) {
        if ((a.mode() & SET_ID) != 0) {
            stripped.accept((a.mode() & 04000) != 0 ? "set-user-id bit" : "set-group-id bit");
        }
        List<Xattr> kept = new ArrayList<>();
        for (Xattr xattr : a.xattrs()) {
            String name = new String(xattr.name(), StandardCharsets.UTF_8);
            if (name.startsWith("user.") || ACLS.contains(name)) {
                kept.add(xattr);
            } else {
                stripped.accept("extended attribute " + name);
            }
        }
        return new Attributes(
                a.mode() & ~SET_ID,
                a.uid(),
                a.gid(),
                a.mtime(),
                a.ctime(),
                a.inode(),
                a.device(),
                a.links(),
                a.size(),
                List.copyOf(kept),
                flags(a.flags(), stripped));
    }

    /** A project would count the file to somebody's quota. */
    private static InodeFlags flags(InodeFlags flags, Consumer<String> stripped) {
        if (flags.project() != 0) {
            stripped.accept("project " + Integer.toUnsignedString(flags.project()));
        }
        return new InodeFlags(flags.bits(), 0);
    }
}
