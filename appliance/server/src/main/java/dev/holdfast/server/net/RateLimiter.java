package dev.holdfast.server.net;

import dev.holdfast.control.fair.TokenBucket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Limits how often each source may do something: a number at once, then a number a second (token buckets). Remembers a bounded
 * number of sources, those seen lately; one that is forgotten begins with a full bucket. Safe for use by several threads.
 */
final class RateLimiter<K> {
    private static final int MAX_SOURCES = 4096;

    private final double most;
    private final double perSecond;
    private final LongSupplier nanos;
    private final Map<K, TokenBucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, TokenBucket> eldest) {
            return size() > MAX_SOURCES;
        }
    };

    RateLimiter(int most, double perSecond, LongSupplier nanos) {
        this.most = most;
        this.perSecond = perSecond;
        this.nanos = nanos;
    }

    /** Whether the source may do it once more now. */
    synchronized boolean take(K source) {
        long now = nanos.getAsLong();
        TokenBucket bucket = buckets.computeIfAbsent(source, key -> new TokenBucket(most, perSecond, now));
        if (!bucket.has(now)) {
            return false;
        }
        bucket.take();
        return true;
    }

    /** Whether the source has used up all that it may do now. */
    synchronized boolean exhausted(K source) {
        TokenBucket bucket = buckets.get(source);
        return bucket != null && !bucket.has(nanos.getAsLong());
    }
}
