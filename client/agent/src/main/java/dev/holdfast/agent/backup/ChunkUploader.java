package dev.holdfast.agent.backup;

import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Brings chunks to the appliance: hash → ask whether it is known → compress where that pays → send. Every step has many
 * chunks under way; memory is bounded by a budget of bytes that callers wait for. Safe for use by several threads.
 */
final class ChunkUploader implements AutoCloseable {
    private static final int QUERY_CHUNKS = 128;
    private static final long QUERY_WAIT_MILLIS = 2;
    /** Of one frame. Appliances of some releases take 8192. */
    private static final int GROUP_CHUNKS = 4096;

    private static final int RECENT_CHUNKS = 1 << 16;

    private final List<Connection> connections;
    private final HashAlgorithm hash;
    private final List<Sender> senders;
    private final BackupStats stats;
    private final Compression compression;
    private final Pace pace;
    private final ChunkBuffers buffers;
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
    private volatile boolean closing;

    /** A chunk of which it is not known yet whether it must be sent. */
    private record Job(
            ChunkKind kind,
            Digest digest,
            ChunkBuffers.Lease lease,
            int length,
            CompletableFuture<Void> acknowledged) {}

    /** A chunk to be sent, with the memory it is in. */
    private record Ready(
            ChunkKind kind,
            Digest digest,
            Packed packed,
            ChunkBuffers.Lease lease,
            CompletableFuture<Void> acknowledged) {}

    /** A chunk that was sent, without its bytes. */
    private record Sent(
            ChunkKind kind, Digest digest, int rawLength, int length, CompletableFuture<Void> acknowledged) {}

    ChunkUploader(
            List<Connection> connections,
            HashAlgorithm hash,
            long budgetBytes,
            int threads,
            Compression compression,
            Pace pace,
            BackupStats stats) {
        this.pace = pace;
        this.connections = connections;
        this.hash = hash;
        this.stats = stats;
        this.compression = compression;
        this.buffers = new ChunkBuffers(budgetBytes);
        this.compressors = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("compress-", 0).daemon().factory());
        this.senders = connections.stream().map(Sender::new).toList();
        this.asker = Thread.ofPlatform().name("query").daemon().start(this::askLoop);
    }

    /** Memory for chunks to be submitted. */
    ChunkBuffers buffers() {
        return buffers;
    }

    /** Takes a chunk over: the first {@code length} bytes of a lease. */
    Upload submit(ChunkKind kind, ChunkBuffers.Lease lease, int length) {
        return submit(kind, hash.digest(lease.array(), 0, length), lease, length);
    }

    Upload submit(ChunkKind kind, byte[] data) throws IOException {
        return submit(kind, hash.digest(data), data);
    }

    /** @param digest of the data, which is not hashed again */
    Upload submit(ChunkKind kind, Digest digest, byte[] data) throws IOException {
        return submit(kind, digest, buffers.adopt(data), data.length);
    }

    private Upload submit(ChunkKind kind, Digest digest, ChunkBuffers.Lease lease, int length) {
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        synchronized (recent) {
            CompletableFuture<Void> before = recent.get(digest);
            if (before != null && !before.isCompletedExceptionally()) {
                buffers.giveBack(lease);
                return new Upload(digest, length, before);
            }
            recent.put(digest, acknowledged);
        }
        unknown.add(new Job(kind, digest, lease, length, acknowledged));
        return new Upload(digest, length, acknowledged);
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
            public boolean answer(Frames.Frame frame) {
                byte[] bitmap =
                        frame.message() instanceof Message.Known(byte[] bits) ? bits : new byte[batch.size() / 8 + 1];
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
            Packed packed = compression.pack(job.lease.array(), job.length, buffers::array);
            ChunkBuffers.Lease lease =
                    packed.codec() == Codec.ZSTD ? buffers.exchange(job.lease, packed.array()) : job.lease;
            Sender sender = senders.get((int) (nextSender.getAndIncrement() % senders.size()));
            sender.queue.add(new Ready(job.kind, job.digest, packed, lease, job.acknowledged));
        } catch (RuntimeException | Error e) {
            failed(job, new IOException("compressing failed: " + e, e));
        }
    }

    private void finished(Job job) {
        buffers.giveBack(job.lease);
        job.acknowledged.complete(null);
    }

    private void failed(Job job, IOException cause) {
        buffers.fail(cause);
        buffers.giveBack(job.lease);
        forget(job.digest, job.acknowledged, cause);
    }

    private void failed(Sent sent, IOException cause) {
        buffers.fail(cause);
        forget(sent.digest, sent.acknowledged, cause);
    }

    private void forget(Digest digest, CompletableFuture<Void> acknowledged, IOException cause) {
        synchronized (recent) {
            recent.remove(digest);
        }
        acknowledged.completeExceptionally(cause);
    }

    /** Chunks acknowledged as on stable storage, by the appliance's count. */
    long durable() {
        return durable.get();
    }

    /** Puts what is ready into frames of about a megabyte, one connection's worth. */
    private final class Sender implements Runnable {
        private final Connection connection;
        private final BlockingQueue<Ready> queue = new LinkedBlockingQueue<>();
        private final Thread thread;

        Sender(Connection connection) {
            this.connection = connection;
            this.thread = Thread.ofPlatform().daemon().name("sender").start(this);
        }

        @Override
        public void run() {
            try {
                while (true) {
                    List<Ready> group = new ArrayList<>();
                    int bytes = 0;
                    for (Ready next = queue.take();
                            next != null;
                            next = bytes < Frames.DATA_BYTES && group.size() < GROUP_CHUNKS ? queue.poll() : null) {
                        group.add(next);
                        bytes += next.packed.length();
                    }
                    send(group);
                }
            } catch (InterruptedException e) {
                // Closing.
            }
        }

        private void send(List<Ready> group) {
            List<Message.Upload> chunks = new ArrayList<>(group.size());
            List<Sent> sent = new ArrayList<>(group.size());
            long bytes = 0;
            for (Ready ready : group) {
                chunks.add(new Message.Upload(ready.kind, ready.digest, ready.packed));
                int length = ready.packed.length();
                sent.add(new Sent(ready.kind, ready.digest, ready.packed.rawLength(), length, ready.acknowledged));
                bytes += length;
            }
            try {
                pace.pass(bytes);
                long began = System.nanoTime();
                connection.send(new Message.Put(chunks), new Acknowledgement(sent));
                compression.sent(bytes, System.nanoTime() - began);
            } catch (IOException e) {
                sent.forEach(each -> failed(each, e));
            } finally {
                // What is on its way needs no memory here, however long the appliance takes to answer.
                group.forEach(ready -> buffers.giveBack(ready.lease));
            }
        }
    }

    /** Takes the answer to a frame of chunks. Refers to none of their bytes. */
    private final class Acknowledgement implements Connection.Handler {
        private final List<Sent> sent;

        Acknowledgement(List<Sent> sent) {
            this.sent = sent;
        }

        @Override
        public boolean answer(Frames.Frame frame) {
            if (frame.message() instanceof Message.Stored stored) {
                durable.accumulateAndGet(stored.durable(), Math::max);
            }
            for (Sent each : sent) {
                stats.sentChunks.increment();
                stats.sentBytes.add(each.rawLength);
                stats.wireBytes.add(each.length);
                if (each.kind.metadata()) {
                    stats.sentMetadataBytes.add(each.length);
                }
                each.acknowledged.complete(null);
            }
            return true;
        }

        @Override
        public void failed(IOException cause) {
            sent.forEach(each -> ChunkUploader.this.failed(each, cause));
        }
    }

    /** Where chunks are compressed: here where that pays, else at the appliance. */
    static final class Compression {
        private static final int LEVEL = 1;
        /** After so many chunks in a row that did not compress, a sample of the next is tried first. */
        private static final int SAMPLED_FROM = 8;

        private final CompressionSide where;
        private final int threads;
        private final AtomicLong packedBytes = new AtomicLong();
        private final AtomicLong packNanos = new AtomicLong();
        private final AtomicInteger inVain = new AtomicInteger();
        private final AtomicLong wireBytes = new AtomicLong();
        private final AtomicLong wireNanos = new AtomicLong();

        Compression(CompressionSide where, int threads) {
            this.where = where;
            this.threads = threads;
        }

        /** The result is in an array of {@code memory} if it is compressed, else in {@code data} itself. */
        Packed pack(byte[] data, int length, Packed.Memory memory) {
            if (where == CompressionSide.APPLIANCE || (where == CompressionSide.AUTO && networkOutrunsUs())) {
                return new Packed(Codec.RAW, length, data, 0, length);
            }
            long began = System.nanoTime();
            Packed packed = Packed.compress(data, length, LEVEL, inVain.get() >= SAMPLED_FROM, memory);
            if (packed.codec() == Codec.INCOMPRESSIBLE) {
                inVain.incrementAndGet();
            } else {
                inVain.set(0);
            }
            packNanos.addAndGet(System.nanoTime() - began);
            packedBytes.addAndGet(length);
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
