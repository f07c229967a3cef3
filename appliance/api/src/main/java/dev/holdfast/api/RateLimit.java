package dev.holdfast.api;

import java.util.LinkedHashMap;
import java.util.Map;

/** So many a minute for each caller, by a bucket that fills again evenly. Safe for use by several threads. */
final class RateLimit {
    private static final int CALLERS = 10_000;

    private final int perMinute;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > CALLERS;
        }
    };

    private static final class Bucket {
        private double left;
        private long at = System.nanoTime();
    }

    RateLimit(int perMinute) {
        this.perMinute = perMinute;
    }

    synchronized boolean admit(String caller) {
        Bucket bucket = buckets.computeIfAbsent(caller, name -> {
            Bucket made = new Bucket();
            made.left = perMinute;
            return made;
        });
        long now = System.nanoTime();
        bucket.left = Math.min(perMinute, bucket.left + (now - bucket.at) / 60e9 * perMinute);
        bucket.at = now;
        if (bucket.left < 1) {
            return false;
        }
        bucket.left--;
        return true;
    }
}
