package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FileIdentity;
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

/**
 * What a restore leaves out because somebody other than this machine's administrator ordered it.
 *
 * @param plain whether entries lose what gives rights to whoever runs or opens them: set-user-id and set-group-id bits,
 *     device nodes, and every extended attribute but {@code user.*} and the POSIX ACLs. The attributes that go include
 *     file capabilities, security labels and {@code trusted.*}, which only root can set
 * @param closed directories that are never entered, such as the client's own state
 */
public record Confinement(boolean plain, Set<FileIdentity> closed) {
    /** Restores everything as it was. */
    public static final Confinement NONE = new Confinement(false, Set.of());

    static final String CLOSED = "the client's own state directory is closed to orders";

    private static final int SET_ID = 06000;
    private static final Set<String> ACLS = Set.of("system.posix_acl_access", "system.posix_acl_default");

    boolean closes(Stat directory) {
        return closed.contains(FileIdentity.of(directory));
    }

    /** Closes the directory and throws where it is one that is never entered. */
    public void requireOpen(Directory directory) throws IOException {
        if (closes(directory.stat())) {
            directory.close();
            throw new IOException(CLOSED);
        }
    }

    /**
     * Whether the entry may be made at all.
     *
     * @param stripped is told where it may not
     */
    boolean permits(Node.Named node, Consumer<String> stripped) {
        if (plain && node instanceof Node.Special special && special.type() != Node.Special.Type.FIFO) {
            stripped.accept("device node " + special.major() + ":" + special.minor());
            return false;
        }
        return true;
    }

    /**
     * The attributes as they may be given to an entry.
     *
     * @param stripped is told each thing that is left out
     */
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
