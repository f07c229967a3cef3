package dev.holdfast.vault.upload;

import dev.holdfast.vault.object.Body;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.function.LongSupplier;

/**
 * Holds all that passes, together, to a rate that may change at any time. Bytes are due one after another: a reader
 * that came early waits for its turn, and time in which nobody read is not made up for beyond a second. Safe for use by
 * several threads.
 */
public final class Throttle {
    /** No limit. */
    public static final Throttle NONE = new Throttle(() -> 0);

    private static final int SLICE_BYTES = 1 << 16;
    private static final long MOST_CREDIT_NANOS = 1_000_000_000L;
    private static final long LONGEST_WAIT_NANOS = 500_000_000L;

    private final LongSupplier bytesPerSecond;
    private long due = System.nanoTime();
    private long lastRate;

    /** @param bytesPerSecond 0 for no limit; asked again for each slice, negative for a halt */
    public Throttle(LongSupplier bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    Body slowed(Body body) {
        return new Body() {
            @Override
            public long length() {
                return body.length();
            }

            @Override
            public InputStream open() throws IOException {
                return new FilterInputStream(body.open()) {
                    @Override
                    public int read(byte[] buffer, int offset, int length) throws IOException {
                        int count = super.read(buffer, offset, Math.min(length, SLICE_BYTES));
                        if (count > 0) {
                            take(count);
                        }
                        return count;
                    }
                };
            }
        };
    }

    /** Waits until this many bytes may pass. */
    void take(int bytes) throws InterruptedIOException {
        long rate = bytesPerSecond.getAsLong();
        long until = turn(bytes, rate);
        try {
            while (rate < 0 || rate > 0 && until > System.nanoTime()) {
                long left = Math.max(1_000_000, until - System.nanoTime());
                Thread.sleep(Math.min(left, LONGEST_WAIT_NANOS) / 1_000_000 + 1);
                long now = bytesPerSecond.getAsLong();
                if (now != rate) {
                    // The turn at the old rate may be hours away.
                    rate = now;
                    until = turn(bytes, rate);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** When these bytes are due. */
    private synchronized long turn(int bytes, long rate) {
        long now = System.nanoTime();
        due = rate == lastRate && rate > 0 ? Math.max(due, now - MOST_CREDIT_NANOS) : now;
        lastRate = rate;
        long until = due;
        due += rate <= 0 ? 0 : (long) (bytes * 1e9 / rate);
        return until;
    }
}
