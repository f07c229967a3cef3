package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Lets the walk run some entries ahead of the visitor that decides about them, so that listing directories and comparing with the
 * previous snapshot each have a processor. The walk's thread fills it, another one empties it by {@link #replay}.
 */
final class WalkAhead implements Walker.Visitor {
    private static final int BATCH_STEPS = 64;
    private static final int BATCHES_AHEAD = 16;

    /** What the walk told, in its order. */
    private sealed interface Step {
        record Enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) implements Step {}

        record Leave(TreePath path) implements Step {}

        record File(DirectoryNode parent, byte[] name, TreePath path, Stat stat) implements Step {}

        record Met(TreePath path, Problem.Kind kind, String detail) implements Step {}

        record End() implements Step {}
    }

    private final BlockingQueue<List<Step>> steps = new ArrayBlockingQueue<>(BATCHES_AHEAD);
    private List<Step> batch = new ArrayList<>(BATCH_STEPS);

    @Override
    public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        add(new Step.Enter(parent, name, path, stat));
    }

    @Override
    public void leave(TreePath path) throws IOException {
        add(new Step.Leave(path));
    }

    @Override
    public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        add(new Step.File(parent, name, path, stat));
    }

    @Override
    public void problem(TreePath path, Problem.Kind kind, String detail) throws IOException {
        add(new Step.Met(path, kind, detail));
    }

    /** After the walk. */
    void end() throws IOException {
        batch.add(new Step.End());
        handOver();
    }

    private void add(Step step) throws IOException {
        batch.add(step);
        if (batch.size() == BATCH_STEPS) {
            handOver();
        }
    }

    private void handOver() throws IOException {
        try {
            steps.put(batch);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
        batch = new ArrayList<>(BATCH_STEPS);
    }

    /** Tells a visitor what the walk finds, until it ends; on the calling thread. */
    void replay(Walker.Visitor visitor) throws IOException, InterruptedException {
        while (true) {
            for (Step step : steps.take()) {
                switch (step) {
                    case Step.Enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) ->
                        visitor.enter(parent, name, path, stat);
                    case Step.Leave(TreePath path) -> visitor.leave(path);
                    case Step.File(DirectoryNode parent, byte[] name, TreePath path, Stat stat) ->
                        visitor.file(parent, name, path, stat);
                    case Step.Met(TreePath path, Problem.Kind kind, String detail) ->
                        visitor.problem(path, kind, detail);
                    case Step.End() -> {
                        return;
                    }
                }
            }
        }
    }
}
