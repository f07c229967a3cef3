package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Counts what a backup of the same sources would store, without reading a file: entries, and bytes as a snapshot counts them.
 * One thread's.
 */
public class SourceCount implements Walker.Visitor {
    private static final int MAX_OPEN_DIRECTORIES = 64;
    /** Files with several names are remembered, so that each counts once; of further ones every name counts. */
    private static final int MAX_LINKED = 100_000;

    private static final long STRETCH_NANOS = 5_000_000;
    /** After each stretch it rests so many times as long: the backup beside it has the disk. */
    private static final int REST_TIMES = 3;

    private static final long MOST_REST_NANOS = 500_000_000;

    private final Pace gate;
    private final boolean restful;
    private final Set<FileIdentity> linked = new HashSet<>();
    private long files;
    private long directories;
    private long bytes;
    private long problems;
    private long since = System.nanoTime();

    private SourceCount(Pace gate, boolean restful) {
        this.gate = gate;
        this.restful = restful;
    }

    /** That uses what it needs. */
    public SourceCount() {
        this(Pace.unlimited(), false);
    }

    /**
     * That runs beside a backup, and uses a quarter of the time of one processor and disk at most.
     *
     * @param gate the count pauses while it is shut
     */
    public static SourceCount beside(Pace gate) {
        return new SourceCount(gate, true);
    }

    /** Walks the sources, and returns their bytes. An interrupt ends it with an exception. */
    public final long run(Platform platform, Sources sources, Excludes excludes, boolean oneFileSystem)
            throws IOException {
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES)) {
            new Walker(sources, excludes, oneFileSystem).walk(pool.root(platform.openRoot()), this);
        }
        return bytes;
    }

    public final long files() {
        return files;
    }

    public final long directories() {
        return directories;
    }

    public final long bytes() {
        return bytes;
    }

    public final long problems() {
        return problems;
    }

    private void rest() throws IOException {
        if (!restful) {
            return;
        }
        long worked = System.nanoTime() - since;
        if (worked < STRETCH_NANOS) {
            return;
        }
        try {
            TimeUnit.NANOSECONDS.sleep(Math.min(MOST_REST_NANOS, REST_TIMES * worked));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        gate.pass(0);
        since = System.nanoTime();
    }

    @Override
    public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        rest();
        directories++;
    }

    @Override
    public void leave(TreePath path) {}

    @Override
    public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        rest();
        files++;
        if (stat.type() == Stat.Type.SOCKET) {
            problem(path, Problem.Kind.SOCKET_SKIPPED, "");
        } else if (stat.type() == Stat.Type.FILE && (stat.links() < 2 || isFirst(stat))) {
            bytes += stat.size();
        }
    }

    private boolean isFirst(Stat stat) {
        return linked.size() >= MAX_LINKED || linked.add(FileIdentity.of(stat));
    }

    @Override
    public void problem(TreePath path, Problem.Kind kind, String detail) {
        problems++;
    }
}
