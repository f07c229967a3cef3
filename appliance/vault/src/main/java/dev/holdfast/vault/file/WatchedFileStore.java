package dev.holdfast.vault.file;

import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StalledException;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A directory whose file system may hang, as a network's do: no system call can be given a deadline, so each runs on a
 * thread of its own, which is left behind where it does not return. While one is, others are refused at once: a hung
 * mount must not eat threads. Safe for use by several threads.
 */
final class WatchedFileStore implements ObjectStore {
    private static final Duration SHORTEST_TICK = Duration.ofMillis(5);
    private static final Duration LONGEST_TICK = Duration.ofSeconds(1);

    private final String url;
    private final Patience patience;
    private final FileFailures failures;
    private final Movement movement = new Movement();
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("vault-files-", 0).factory());
    private final Set<Run> abandoned = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private final ObjectStore store;

    /** How a store is opened. */
    interface Opening {
        ObjectStore open() throws IOException;
    }

    WatchedFileStore(Path root, Patience patience, Opening opening) throws IOException {
        this.url = url(root);
        this.patience = patience;
        this.failures = new FileFailures(url, root);
        this.store = watch("opening it", new Run(), opening::open);
    }

    /** Without asking the file system, which may hang, whether it is a directory. */
    private static String url(Path root) {
        try {
            String path = root.toAbsolutePath().normalize().toString();
            return "file://" + new URI(null, null, path, null).getRawPath();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + root + "' is no directory of a vault", e);
        }
    }

    /** What is known of a call under way. */
    private static final class Run {
        private volatile long progress = System.nanoTime();
        /** While it reads what is to be stored: that takes the time it takes. */
        private volatile boolean elsewhere;

        void step() {
            progress = System.nanoTime();
        }
    }

    private <T> T call(String operation, Callable<T> work) throws IOException {
        return watch(operation, new Run(), work);
    }

    private <T> T watch(String operation, Run run, Callable<T> work) throws IOException {
        requireWorking(operation);
        CompletableFuture<T> result = new CompletableFuture<>();
        run.step();
        try {
            threads.execute(() -> {
                try {
                    result.complete(work.call());
                } catch (Exception | Error e) {
                    result.completeExceptionally(e);
                } finally {
                    abandoned.remove(run);
                }
            });
        } catch (RejectedExecutionException e) {
            throw closed(operation);
        }
        long stall = patience.stall().toNanos();
        long tick = Math.clamp(stall / 20, SHORTEST_TICK.toNanos(), LONGEST_TICK.toNanos());
        while (true) {
            try {
                return result.get(tick, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (closed) {
                    throw closed(operation);
                }
                if (!run.elsewhere && System.nanoTime() - run.progress >= stall) {
                    abandoned.add(run);
                    if (result.isDone()) {
                        abandoned.remove(run);
                        continue;
                    }
                    throw late(operation, hangs(), "check the disk or the server behind it");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case BodyException body -> throw body.failure;
                    case IOException io -> throw failures.translated(operation, io);
                    case RuntimeException runtime -> throw runtime;
                    case null, default -> throw new IOException(e.getCause());
                }
            }
        }
    }

    private String hangs() {
        return "its file system has not answered for " + patience.stall().toSeconds() + " s";
    }

    private void requireWorking(String operation) throws IOException {
        if (closed) {
            throw closed(operation);
        }
        if (!abandoned.isEmpty()) {
            throw late(operation, hangs() + " and more", "check the disk or the server behind it");
        }
    }

    private IOException closed(String operation) {
        return late(operation, "the vault was closed", "what was not done goes on when it is opened again");
    }

    private IOException late(String operation, String cause, String next) {
        return failures.told(operation, Kind.TRANSIENT, cause, next, new StalledException(cause));
    }

    /** What was to be stored could not be read. */
    private static final class BodyException extends IOException {
        private final IOException failure;

        BodyException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    private Body watched(Body body, Run run) {
        return new Body() {
            @Override
            public long length() {
                return body.length();
            }

            @Override
            public InputStream open() throws IOException {
                InputStream in;
                try {
                    in = body.open();
                } catch (IOException e) {
                    throw new BodyException(e);
                }
                return new BlockInputStream() {
                    @Override
                    public int read(byte[] buffer, int offset, int length) throws IOException {
                        run.elsewhere = true;
                        try {
                            int count = in.read(buffer, offset, length);
                            movement.moved(Math.max(0, count));
                            return count;
                        } catch (IOException e) {
                            throw new BodyException(e);
                        } finally {
                            run.step();
                            run.elsewhere = false;
                        }
                    }

                    @Override
                    public void close() throws IOException {
                        in.close();
                    }
                };
            }
        };
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public Movement movement() {
        return movement;
    }

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Run run = new Run();
        return watch("storing " + key, run, () -> store.put(key, watched(body, run), options));
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        String operation = "reading " + key;
        InputStream in = call(operation, () -> store.get(key, offset, length));
        return new BlockInputStream() {
            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                // Its own array: a read that was left behind must not write into one that has another owner by then.
                byte[] own = new byte[Math.min(count, 1 << 18)];
                int got = call(operation, () -> in.read(own, 0, own.length));
                if (got > 0) {
                    System.arraycopy(own, 0, buffer, at, got);
                    movement.moved(got);
                }
                return got;
            }

            @Override
            public void close() throws IOException {
                if (abandoned.isEmpty() && !closed) {
                    in.close();
                }
            }
        };
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return call("looking at " + key, () -> store.head(key));
    }

    @Override
    public Listing list(String prefix, String after, int max) throws IOException {
        return call("listing " + prefix, () -> store.list(prefix, after, max));
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        for (String key : keys) {
            call("deleting " + key, () -> {
                store.delete(List.of(key));
                return true;
            });
        }
    }

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return call("beginning the upload of " + key, () -> store.begin(key, options));
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        Run run = new Run();
        return watch(
                "storing part " + number + " of " + key,
                run,
                () -> store.putPart(key, upload, number, watched(body, run)));
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return call("completing the upload of " + key, () -> store.complete(key, upload, parts, ifAbsent));
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        call("ending the upload of " + key, () -> {
            store.abort(key, upload);
            return true;
        });
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return call("listing the parts of " + key, () -> store.parts(key, upload));
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        return call("listing the uploads of " + prefix, () -> store.uploads(prefix));
    }

    @Override
    public void thaw(String key, int days) throws IOException {
        call("thawing " + key, () -> {
            store.thaw(key, days);
            return true;
        });
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        call("changing the class of " + key, () -> {
            store.changeClass(key, wanted);
            return true;
        });
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        return store.retain(key, until);
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        return call("reading the tags of " + key, () -> store.tags(key));
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        call("setting the tags of " + key, () -> {
            store.setTags(key, tags);
            return true;
        });
    }

    @Override
    public void close() throws IOException {
        closed = true;
        threads.shutdown();
    }
}
