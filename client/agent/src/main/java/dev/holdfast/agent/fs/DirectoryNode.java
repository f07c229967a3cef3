package dev.holdfast.agent.fs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory of a tree that may be deeper than there are file descriptors: it opens when used, relative to its parent,
 * and the {@link Pool} closes those unused for longest. Reopening checks that it is still the same directory.
 */
public final class DirectoryNode {
    private final Pool pool;
    private final @Nullable DirectoryNode parent;
    private final byte[] name;
    /** Whether the name may be a symlink, which is followed. */
    private final boolean linked;

    private @Nullable Directory open;
    private int users;
    /** Which directory it is; null until it was opened, or whoever listed its parent said so. */
    private @Nullable Stat identity;

    private DirectoryNode(
            Pool pool, @Nullable DirectoryNode parent, byte[] name, boolean linked, @Nullable Stat identity) {
        this.pool = pool;
        this.parent = parent;
        this.name = name;
        this.linked = linked;
        this.identity = identity;
    }

    /** Bounds how many directories of one tree are open. */
    public static final class Pool implements AutoCloseable {
        private final int limit;
        private final Set<DirectoryNode> open = new LinkedHashSet<>();
        private final List<Directory> roots = new ArrayList<>();
        /** Used last, so that it need not move up again. */
        private @Nullable DirectoryNode latest;

        public Pool(int limit) {
            this.limit = limit;
        }

        /** The tree's top; {@code directory} now belongs to the pool and stays open until {@link #close}. */
        public DirectoryNode root(Directory directory) {
            DirectoryNode root = new DirectoryNode(this, null, new byte[0], false, null);
            root.open = directory;
            roots.add(directory);
            return root;
        }

        private void trim() throws IOException {
            if (open.size() <= limit) {
                return;
            }
            List<DirectoryNode> victims = new ArrayList<>();
            for (DirectoryNode node : open) {
                if (node.users == 0 && open.size() - victims.size() > limit / 2) {
                    victims.add(node);
                }
            }
            for (DirectoryNode victim : victims) {
                victim.shut();
            }
        }

        /** Closes everything, the roots included; nodes can no longer be used. */
        @Override
        public synchronized void close() throws IOException {
            for (DirectoryNode node : List.copyOf(open)) {
                node.shut();
            }
            for (Directory root : roots) {
                root.close();
            }
        }
    }

    public DirectoryNode child(byte[] childName) {
        return new DirectoryNode(pool, this, childName, false, null);
    }

    /** The directory that {@code stat} describes, and no other that takes its name meanwhile. */
    public DirectoryNode child(byte[] childName, Stat stat) {
        return new DirectoryNode(pool, this, childName, false, stat);
    }

    /** As {@link #child}, but a symlink of that name is followed: for links that the caller knows it may trust. */
    public DirectoryNode linkedChild(byte[] childName) {
        return new DirectoryNode(pool, this, childName, true, null);
    }

    /** Something to do with an open directory. */
    public interface Use<T> {
        T with(Directory directory) throws IOException;
    }

    /** Runs with the directory open; it is not closed meanwhile. */
    public <T> T use(Use<T> action) throws IOException {
        Directory directory = acquire();
        try {
            return action.with(directory);
        } finally {
            synchronized (pool) {
                users--;
            }
        }
    }

    private Directory acquire() throws IOException {
        synchronized (pool) {
            Directory directory = open;
            if (directory == null) {
                directory = reopen();
            } else if (parent != null && pool.latest != this) {
                pool.open.remove(this);
                pool.open.add(this);
            }
            pool.latest = this;
            users++;
            pool.trim();
            return directory;
        }
    }

    private Directory reopen() throws IOException {
        // The chain of closed ancestors can be thousands long: no recursion.
        List<DirectoryNode> chain = new ArrayList<>();
        DirectoryNode at = this;
        while (at.open == null && at.parent != null) {
            chain.add(at);
            at = at.parent;
        }
        Directory directory = at.open;
        if (directory == null) {
            throw new IOException("the tree is closed");
        }
        DirectoryNode base = at;
        base.users++;
        try {
            for (DirectoryNode node : chain.reversed()) {
                directory = node.enter(directory);
                // Keep descriptors few on the way down a deep path.
                if (node != this && pool.open.size() > pool.limit) {
                    node.users++;
                    pool.trim();
                    node.users--;
                }
            }
        } finally {
            base.users--;
        }
        return directory;
    }

    private Directory enter(Directory above) throws IOException {
        Directory directory = linked ? above.openLinkedDirectory(name) : above.openDirectory(name);
        try {
            Stat stat = directory.stat();
            if (identity != null && !stat.sameFile(identity)) {
                throw new OsException(OsException.ESTALE, "it was replaced meanwhile", "open directory", name);
            }
            identity = stat;
        } catch (IOException e) {
            directory.close();
            throw e;
        }
        open = directory;
        pool.open.add(this);
        return directory;
    }

    /** Whether it, and each directory above it, still has the name that it was found under. */
    public boolean inPlace() {
        try {
            DirectoryNode node = this;
            for (DirectoryNode above = node.parent; above != null; above = node.parent) {
                byte[] wanted = node.name;
                Stat self = node.use(Directory::stat);
                Stat found = above.use(directory -> directory.stat(wanted));
                // While it is open it has one inode number, on file systems as well that give it another one later.
                if (found.inode() != self.inode()) {
                    return false;
                }
                synchronized (pool) {
                    if (node.identity == null || !found.sameFile(node.identity)) {
                        return false;
                    }
                }
                node = above;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void shut() throws IOException {
        Directory directory = open;
        open = null;
        pool.open.remove(this);
        if (directory != null) {
            directory.close();
        }
    }

    /** Closes the descriptor for good, if nobody uses it; called when the walk leaves. */
    public void release() throws IOException {
        synchronized (pool) {
            if (users == 0 && parent != null) {
                shut();
            }
        }
    }
}
