package dev.holdfast.agent.backup;

import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Brings chunks to the appliance: hash → ask whether it is known → compress where that pays → send. Every step has many
 * chunks under way; memory is bounded by a budget of bytes that callers wait for. Safe for use by several threads.
 */
final class ChunkUploader implements AutoCloseable {
    private static final int QUERY_CHUNKS = 128;
    private static final long QUERY_WAIT_MILLIS = 2;
    private static final int RECENT_CHUNKS = 1 << 16;
    /** Permits count this many bytes. */
    private static final int UNIT_BYTES = 1024;

    private final List<Connection> connections;
    private final List<Sender> senders;
    private final BackupStats stats;
    private final Compression compression;
    private final Semaphore budget;
    private final ExecutorService compressors;
    private final BlockingQueue<Job> unknown = new LinkedBlockingQueue<>();
    private final Map<Digest, CompletableFuture<Void>> recent = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, CompletableFuture<Void>> eldest) {
            return size() > RECENT_CHUNKS;
        }
    };
    private final AtomicLong nextSender = new AtomicLong();
    private final AtomicLong durable = new AtomicLong();
    private final Thread asker;
    private volatile @Nullable IOException failure;
    private volatile boolean closing;

    /** A chunk under way, with the budget it holds. */
    private record Job(ChunkKind kind, Digest digest, byte[] data, int permits, CompletableFuture<Void> acknowledged) {}

    ChunkUploader(
            List<Connection> connections, long budgetBytes, int threads, Compression compression, BackupStats stats) {
        this.connections = connections;
        this.stats = stats;
        this.compression = compression;
        this.budget = new Semaphore((int) (budgetBytes / UNIT_BYTES));
        this.compressors = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("compress-", 0).daemon().factory());
        this.senders = connections.stream().map(Sender::new).toList();
        this.asker = Thread.ofPlatform().name("query").daemon().start(this::askLoop);
    }

    /** Waits until memory for a chunk is free. The permits pass to {@link #submit}, or go back by {@link #release}. */
    int reserve(int bytes) throws IOException {
        int permits = (bytes + UNIT_BYTES - 1) / UNIT_BYTES + 1;
        try {
            budget.acquire(permits);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
        IOException failed = failure;
        if (failed != null) {
            budget.release(permits);
            throw failed;
        }
        return permits;
    }

    void release(int permits) {
        budget.release(permits);
    }

    /** Takes a chunk, its bytes and its permits. */
    Upload submit(ChunkKind kind, byte[] data, int permits) throws IOException {
        Digest digest = Digest.of(data);
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        synchronized (recent) {
            CompletableFuture<Void> before = recent.get(digest);
            if (before != null && !before.isCompletedExceptionally()) {
                budget.release(permits);
                return new Upload(digest, data.length, before);
            }
            recent.put(digest, acknowledged);
        }
        unknown.add(new Job(kind, digest, data, permits, acknowledged));
        return new Upload(digest, data.length, acknowledged);
    }

    Upload submit(ChunkKind kind, byte[] data) throws IOException {
        return submit(kind, data, reserve(data.length));
    }

    private void askLoop() {
        List<Job> batch = new ArrayList<>();
        int connection = 0;
        try {
            while (!closing) {
                Job first = unknown.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch = new ArrayList<>(QUERY_CHUNKS);
                batch.add(first);
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(QUERY_WAIT_MILLIS);
                while (batch.size() < QUERY_CHUNKS) {
                    Job next = unknown.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                    if (next == null) {
                        break;
                    }
                    batch.add(next);
                }
                ask(connections.get(connection++ % connections.size()), batch);
            }
        } catch (IOException e) {
            batch.forEach(job -> failed(job, e));
            unknown.forEach(job -> failed(job, e));
        } catch (InterruptedException e) {
            // Closing.
        }
    }

    private void ask(Connection connection, List<Job> batch) throws IOException {
        Message.Query query = new Message.Query(batch.stream().map(Job::digest).toList());
        connection.send(query, new Connection.Handler() {
            @Override
            public boolean answer(Message message) {
                byte[] bitmap = message instanceof Message.Known(byte[] bits) ? bits : new byte[batch.size() / 8 + 1];
                for (int i = 0; i < batch.size(); i++) {
                    Job job = batch.get(i);
                    if (i / 8 < bitmap.length && (bitmap[i / 8] >>> (i % 8) & 1) == 1) {
                        finished(job);
                    } else {
                        compressors.execute(() -> pack(job));
                    }
                }
                return true;
            }

            @Override
            public void failed(IOException cause) {
                batch.forEach(job -> ChunkUploader.this.failed(job, cause));
            }
        });
    }

    private void pack(Job job) {
        try {
            Packed packed = compression.pack(job.data);
            Sender sender = senders.get((int) (nextSender.getAndIncrement() % senders.size()));
            sender.queue.add(new Sender.Ready(job, packed));
        } catch (RuntimeException | Error e) {
            failed(job, new IOException("compressing failed: " + e, e));
        }
    }

    private void finished(Job job) {
        budget.release(job.permits);
        job.acknowledged.complete(null);
    }

    private void failed(Job job, IOException cause) {
        if (failure == null) {
            failure = cause;
        }
        synchronized (recent) {
            recent.remove(job.digest);
        }
        budget.release(job.permits);
        job.acknowledged.completeExceptionally(cause);
    }

    /** Chunks acknowledged as on stable storage, by the appliance's count. */
    long durable() {
        return durable.get();
    }

    /** Puts what is ready into frames of about a megabyte, one connection's worth. */
    private final class Sender implements Runnable {
        private record Ready(Job job, Packed packed) {}

        private final Connection connection;
        private final BlockingQueue<Ready> queue = new LinkedBlockingQueue<>();
        private final Thread thread;

        Sender(Connection connection) {
            this.connection = connection;
            this.thread = Thread.ofVirtual().name("sender").start(this);
        }

        @Override
        public void run() {
            try {
                while (true) {
                    List<Ready> group = new ArrayList<>();
                    int bytes = 0;
                    for (Ready next = queue.take();
                            next != null;
                            next = bytes < Frames.DATA_BYTES ? queue.poll() : null) {
                        group.add(next);
                        bytes += next.packed.payload().length;
                    }
                    send(group);
                }
            } catch (InterruptedException e) {
                // Closing.
            }
        }

        private void send(List<Ready> group) {
            List<Message.Upload> chunks = new ArrayList<>(group.size());
            for (Ready ready : group) {
                chunks.add(new Message.Upload(ready.job.kind, ready.job.digest, ready.packed));
            }
            long began = System.nanoTime();
            try {
                connection.send(new Message.Put(chunks), new Connection.Handler() {
                    @Override
                    public boolean answer(Message message) {
                        if (message instanceof Message.Stored stored) {
                            durable.accumulateAndGet(stored.durable(), Math::max);
                        }
                        for (Ready ready : group) {
                            count(ready);
                            finished(ready.job);
                        }
                        return true;
                    }

                    @Override
                    public void failed(IOException cause) {
                        group.forEach(ready -> ChunkUploader.this.failed(ready.job, cause));
                    }
                });
                compression.sent(
                        group.stream().mapToLong(r -> r.packed.payload().length).sum(), System.nanoTime() - began);
            } catch (IOException e) {
                group.forEach(ready -> ChunkUploader.this.failed(ready.job, e));
            }
        }

        private void count(Ready ready) {
            stats.sentChunks.increment();
            stats.sentBytes.add(ready.packed.rawLength());
            stats.wireBytes.add(ready.packed.payload().length);
            if (ready.job.kind.metadata()) {
                stats.sentMetadataBytes.add(ready.packed.payload().length);
            }
        }
    }

    /** Where chunks are compressed: here where that pays, else at the appliance. */
    static final class Compression {
        private static final int LEVEL = 1;
        private final Where where;
        private final int threads;
        private final AtomicLong packedBytes = new AtomicLong();
        private final AtomicLong packNanos = new AtomicLong();
        private final AtomicLong wireBytes = new AtomicLong();
        private final AtomicLong wireNanos = new AtomicLong();

        Compression(Where where, int threads) {
            this.where = where;
            this.threads = threads;
        }

        Packed pack(byte[] data) {
            if (where == Where.APPLIANCE || (where == Where.AUTO && networkOutrunsUs())) {
                return Packed.raw(data);
            }
            long began = System.nanoTime();
            Packed packed = Packed.compress(data, LEVEL);
            packNanos.addAndGet(System.nanoTime() - began);
            packedBytes.addAndGet(data.length);
            return packed;
        }

        void sent(long bytes, long nanos) {
            wireBytes.addAndGet(bytes);
            wireNanos.addAndGet(nanos);
        }

        /**
         * Whether sending raw bytes would still be faster than this machine compresses, with a wide margin: encrypting
         * four times as many bytes costs processor time here as well.
         */
        private boolean networkOutrunsUs() {
            long packed = packedBytes.get();
            long sent = wireBytes.get();
            if (packed < 64L << 20 || sent < 16L << 20) {
                return false;
            }
            double packRate = (double) packed / packNanos.get() * threads;
            double wireRate = (double) sent / Math.max(1, wireNanos.get());
            boolean shrinks = sent < packed - packed / 8;
            return !shrinks && wireRate > 4 * packRate;
        }
    }

    @Override
    public void close() {
        closing = true;
        asker.interrupt();
        senders.forEach(sender -> sender.thread.interrupt());
        compressors.shutdown();
    }
}
