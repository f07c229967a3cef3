package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Has each file system write back what it holds in memory before the walk looks at what lies in it, and passes all else on. What
 * programs store through mappings of a file moves its times only once for each time that it is written back: without this, what they
 * store after it was read would be taken for old by the next backup. Used by the walk's thread.
 */
final class WriteBack implements Walker.Visitor {
    private static final System.Logger LOG = System.getLogger(WriteBack.class.getName());

    private final Walker.Visitor next;
    private final Set<Long> devices = new HashSet<>();

    WriteBack(Walker.Visitor next) {
        this.next = next;
    }

    private static void writeBack(TreePath path, DirectoryNode directory) {
        try {
            directory.use(open -> {
                open.sync();
                return true;
            });
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the file system of " + path + " could not write back what it holds in memory: " + e.getMessage());
        }
    }

    @Override
    public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        if (devices.add(stat.device())) {
            DirectoryNode self = parent.child(name, stat);
            writeBack(path, self);
            self.release();
        }
        next.enter(parent, name, path, stat);
    }

    @Override
    public void leave(TreePath path) throws IOException {
        next.leave(path);
    }

    @Override
    public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        if (devices.add(stat.device())) {
            writeBack(path, parent);
        }
        next.file(parent, name, path, stat);
    }

    @Override
    public void problem(TreePath path, Problem.Kind kind, String detail) throws IOException {
        next.problem(path, kind, detail);
    }
}
