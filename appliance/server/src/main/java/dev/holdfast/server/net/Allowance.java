package dev.holdfast.server.net;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Token buckets, one for each source of something that costs: so many at once, then so many a second. Remembers a bounded
 * number of sources, those seen lately; one that is forgotten begins with a full bucket. Safe for use by several threads.
 */
final class Allowance<K> {
    private static final int MAX_SOURCES = 4096;

    private final double most;
    private final double perSecond;
    private final LongSupplier nanos;
    private final Map<K, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Bucket> eldest) {
            return size() > MAX_SOURCES;
        }
    };

    private static final class Bucket {
        double tokens;
        long at;
    }

    Allowance(int most, double perSecond, LongSupplier nanos) {
        this.most = most;
        this.perSecond = perSecond;
        this.nanos = nanos;
    }

    /** Whether the source may do it once more now. */
    synchronized boolean take(K source) {
        long now = nanos.getAsLong();
        Bucket bucket = buckets.computeIfAbsent(source, key -> {
            Bucket full = new Bucket();
            full.tokens = most;
            full.at = now;
            return full;
        });
        bucket.tokens = Math.min(most, bucket.tokens + (now - bucket.at) / 1e9 * perSecond);
        bucket.at = now;
        if (bucket.tokens < 1) {
            return false;
        }
        bucket.tokens--;
        return true;
    }
}
