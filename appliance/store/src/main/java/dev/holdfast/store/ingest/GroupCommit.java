package dev.holdfast.store.ingest;

import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes chunks durable in groups, on a thread of its own.
 *
 * <p>Order of durability: frames reach the disk (fdatasync), then the index learns of them (synced batch), then the sequence
 * number counts as durable, then full containers are sealed. Safe for use by several threads.
 */
final class GroupCommit implements AutoCloseable {
    private static final long GROUP_MILLIS = 200;
    private static final long GROUP_BYTES = 64L << 20;

    /** What to do in the index once frames are on disk. */
    sealed interface Op {
        record NewChunk(ChunkId id, Location location, ContainerWriter writer) implements Op {}

        record NewOwner(KnownChunks.Owner owner, Adoption adoption) implements Op {}
    }

    /** Sequence numbers (from, to] that could not be made durable. */
    private record Lost(long from, long to, IOException cause) {}

    /** What is made durable at once; the sequence numbers up to {@code upTo}. */
    private record Group(List<Op> ops, long upTo) {}

    private final ChunkIndex index;
    private final KnownChunks known;
    private final OpenContainers containers;
    private final ChunkEntries entries;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition committed = lock.newCondition();
    private List<Op> ops = new ArrayList<>();
    private long opBytes;
    private long sequence;
    private long durable;
    private boolean hurry;
    private boolean stopping;
    /** How often full containers were sealed. */
    private long sealRounds;

    private final List<Lost> losses = new ArrayList<>();
    private final Thread committer;

    GroupCommit(ChunkIndex index, KnownChunks known, OpenContainers containers, ChunkEntries entries) {
        this.index = index;
        this.known = known;
        this.containers = containers;
        this.entries = entries;
        this.committer = Thread.ofPlatform().name("ingest-committer").start(this::commitLoop);
    }

    /**
     * Queues a change for the next group.
     *
     * @param bytes of the chunk; a group ends when it is large enough
     * @return its sequence number
     */
    long add(Op op, long bytes) {
        lock.lock();
        try {
            ops.add(op);
            opBytes += bytes;
            if (ops.size() == 1 || opBytes >= GROUP_BYTES) {
                work.signal();
            }
            return ++sequence;
        } finally {
            lock.unlock();
        }
    }

    /** The last sequence number so far. */
    long currentSequence() {
        lock.lock();
        try {
            return sequence;
        } finally {
            lock.unlock();
        }
    }

    /** Every sequence number up to this is durable, those of {@link #requireNotLost lost} groups excepted. */
    long durable() {
        lock.lock();
        try {
            return durable;
        } finally {
            lock.unlock();
        }
    }

    /** Returns when {@code number} is durable; pushes the group out at once. */
    void awaitDurable(long number) {
        lock.lock();
        try {
            while (durable < number) {
                hurry = true;
                work.signal();
                committed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Throws where a sequence number above {@code from} was lost to a disk error. */
    void requireNotLost(long from) throws IOException {
        lock.lock();
        try {
            for (Lost lost : losses) {
                if (from < lost.to) {
                    throw new IOException(
                            "storing failed: " + lost.cause.getMessage() + "; start the backup again", lost.cause);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends and seals the containers that are open now; returns when they are sealed. */
    void sealOpen() {
        containers.finish();
        lock.lock();
        try {
            // A round may be under way that began too early.
            long wanted = sealRounds + 2;
            while (sealRounds < wanted && !stopping) {
                hurry = true;
                work.signal();
                committed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void commitLoop() {
        for (Group group = next(); group != null; group = next()) {
            @Nullable IOException failure = null;
            try {
                commit(group.ops);
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = new IOException("committing a group failed: " + e, e);
            }
            for (Op op : group.ops) {
                switch (op) {
                    case Op.NewChunk chunk -> known.entered(chunk.id);
                    case Op.NewOwner owner -> known.entered(owner.owner);
                }
            }
            ended(group, failure);
            containers.sealFull();
            sealed();
        }
    }

    /** Waits for a group; null once all are done and the store closes. */
    private @Nullable Group next() {
        while (true) {
            lock.lock();
            try {
                while (ops.isEmpty() && !stopping && !hurry) {
                    work.awaitUninterruptibly();
                }
                long deadline = System.nanoTime() + GROUP_MILLIS * 1_000_000;
                while (!stopping && !hurry && opBytes < GROUP_BYTES) {
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        break;
                    }
                    work.awaitNanos(left);
                }
                if (ops.isEmpty() && stopping) {
                    return null;
                }
                Group group = new Group(ops, sequence);
                ops = new ArrayList<>();
                opBytes = 0;
                hurry = false;
                return group;
            } catch (InterruptedException e) {
                // Only closing stops this thread: it waits again.
            } finally {
                lock.unlock();
            }
        }
    }

    private void ended(Group group, @Nullable IOException failure) {
        lock.lock();
        try {
            if (failure != null) {
                losses.add(new Lost(durable, group.upTo, failure));
                entries.lostGroup();
            }
            durable = group.upTo;
            committed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void sealed() {
        lock.lock();
        try {
            sealRounds++;
            committed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void commit(Collection<Op> group) throws IOException {
        if (group.isEmpty()) {
            return;
        }
        Set<ContainerWriter> writers = new LinkedHashSet<>();
        for (Op op : group) {
            if (op instanceof Op.NewChunk chunk) {
                writers.add(chunk.writer);
            }
        }
        for (ContainerWriter writer : writers) {
            writer.sync();
        }
        index.exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                for (Op op : group) {
                    switch (op) {
                        case Op.NewChunk(ChunkId id, Location location, ContainerWriter writer) ->
                            entries.add(batch, id, location);
                        case Op.NewOwner(KnownChunks.Owner owner, Adoption adoption) ->
                            batch.owner(owner.node(), owner.id(), adoption);
                    }
                }
                batch.commit();
            }
        });
    }

    /** Makes everything durable and seals all containers. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
            work.signal();
            committed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (committer.isAlive()) {
            try {
                committer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        containers.finish();
        containers.sealFull();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
