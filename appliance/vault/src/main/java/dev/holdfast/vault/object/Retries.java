package dev.holdfast.vault.object;

import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The only place where calls to a store are repeated: those that failed on the way or that the store asks to repeat,
 * after waits that double and are drawn at random below that (full jitter). A repeated creation that finds its own
 * object there has succeeded. Reading resumes where a body was cut off. A call that stalls repeatedly is given up
 * sooner, since each attempt takes long. {@link #close} ends the waits too.
 */
public final class Retries implements ObjectStore {
    /** Attempts of one call that may stall. */
    static final int MOST_STALLS = 3;

    private final ObjectStore store;
    private final int attempts;
    private final Duration firstWait;
    private final Duration longestWait;
    private final LongAdder repeated = new LongAdder();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param attempts in all, the first included */
    public Retries(ObjectStore store, int attempts, Duration firstWait, Duration longestWait) {
        this.store = store;
        this.attempts = attempts;
        this.firstWait = firstWait;
        this.longestWait = longestWait;
    }

    /** Eight attempts in about half a minute. */
    public static Retries around(ObjectStore store) {
        return new Retries(store, 8, Duration.ofMillis(200), Duration.ofSeconds(10));
    }

    /** How many calls were repeated so far. */
    public long repeated() {
        return repeated.sum();
    }

    private interface Call<T> {
        T run(boolean again) throws IOException;
    }

    /** Of one call, or of everything that one reader asks for. */
    private static final class Stalls {
        private int count;

        /** Whether this failure is one stall too many. */
        boolean tooMany(IOException e) {
            count += StalledException.in(e) == null ? 0 : 1;
            return count >= MOST_STALLS;
        }
    }

    private <T> T repeat(Call<T> call) throws IOException {
        return repeat(call, new Stalls());
    }

    private <T> T repeat(Call<T> call, Stalls stalls) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.run(attempt > 1);
            } catch (IOException e) {
                if (stalls.tooMany(e) || attempt >= attempts || !mayGoBetter(e)) {
                    throw e;
                }
                pause(attempt);
            }
        }
    }

    private boolean mayGoBetter(IOException e) {
        if (closed.getCount() == 0) {
            return false;
        }
        if (e instanceof ObjectStoreException spoken) {
            return spoken.kind() == Kind.TRANSIENT || spoken.kind() == Kind.CORRUPT;
        }
        return !(e instanceof InterruptedIOException) || e instanceof java.net.SocketTimeoutException;
    }

    private void pause(int attempt) throws InterruptedIOException {
        repeated.increment();
        long most = Math.min(longestWait.toMillis(), firstWait.toMillis() << Math.min(attempt - 1, 20));
        try {
            if (closed.await(ThreadLocalRandom.current().nextLong(most + 1), TimeUnit.MILLISECONDS)) {
                throw new InterruptedIOException("the vault was closed while a call was to be repeated");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public String url() {
        return store.url();
    }

    @Override
    public Movement movement() {
        return store.movement();
    }

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        return repeat(again -> {
            try {
                return store.put(key, body, options);
            } catch (ObjectStoreException e) {
                StoredObject own = again && e.kind() == Kind.EXISTS ? own(key, Crc64.of(body), body.length()) : null;
                if (own == null) {
                    throw e;
                }
                return own;
            }
        });
    }

    /** An object that an earlier attempt stored, whose answer was lost. */
    private @Nullable StoredObject own(String key, long crc, long bytes) throws IOException {
        StoredObject there = store.head(key);
        return there.bytes() == bytes && Long.valueOf(crc).equals(there.crc64()) ? there : null;
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        return new Resumed(key, offset, length);
    }

    /** Opens the rest again where a body is cut off. */
    private final class Resumed extends BlockInputStream {
        private final String key;
        private long at;
        private long left;
        private int failures;
        private final Stalls stalls = new Stalls();
        private InputStream in;

        Resumed(String key, long offset, long length) throws IOException {
            this.key = key;
            this.at = offset;
            this.left = length;
            this.in = open();
        }

        private InputStream open() throws IOException {
            return repeat(again -> store.get(key, at, left), stalls);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (left > 0) {
                try {
                    int count = in.read(buffer, offset, (int) Math.min(length, left));
                    if (count >= 0) {
                        at += count;
                        left -= count;
                        return count;
                    }
                    // Either the object ends here or the body was cut short; a store that is asked again tells which.
                    if (repeat(again -> store.head(key), stalls).bytes() <= at) {
                        return -1;
                    }
                    again(new ObjectStoreException(
                            Kind.TRANSIENT,
                            store.url() + ": reading " + key
                                    + " failed: the object ended early; check the network and proxies on the way"));
                } catch (IOException e) {
                    again(e);
                }
            }
            return -1;
        }

        private void again(IOException cause) throws IOException {
            if (stalls.tooMany(cause) || ++failures >= attempts || !mayGoBetter(cause)) {
                throw cause;
            }
            try {
                in.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
            pause(failures);
            in = open();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return repeat(again -> store.head(key));
    }

    @Override
    public Listing list(String prefix, String after, int max) throws IOException {
        return repeat(again -> store.list(prefix, after, max));
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        repeat(again -> {
            store.delete(keys);
            return true;
        });
    }

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return repeat(again -> store.begin(key, options));
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        return repeat(again -> store.putPart(key, upload, number, body));
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return repeat(again -> {
            try {
                return store.complete(key, upload, parts, ifAbsent);
            } catch (ObjectStoreException e) {
                // The upload is gone since it was completed. The caller compares the checksum of the whole.
                boolean gone = e.kind() == Kind.NOT_FOUND || e.kind() == Kind.EXISTS;
                if (again && gone) {
                    StoredObject there = store.head(key);
                    if (there.bytes() == parts.stream().mapToLong(Part::bytes).sum()) {
                        return there;
                    }
                }
                throw e;
            }
        });
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        repeat(again -> {
            store.abort(key, upload);
            return true;
        });
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return repeat(again -> store.parts(key, upload));
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        return repeat(again -> store.uploads(prefix));
    }

    @Override
    public void thaw(String key, int days) throws IOException {
        repeat(again -> {
            store.thaw(key, days);
            return true;
        });
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        repeat(again -> {
            store.changeClass(key, wanted);
            return true;
        });
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        return repeat(again -> store.retain(key, until));
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        return repeat(again -> store.tags(key));
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        repeat(again -> {
            store.setTags(key, tags);
            return true;
        });
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        store.close();
    }
}
