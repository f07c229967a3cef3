package dev.holdfast.control.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Wrong passwords and codes in a row, by who guesses; each further one locks for twice as long. Forgotten a day after the
 * last, and when the appliance stops. Safe for use by several threads.
 */
final class LoginThrottle {
    private static final int MOST = 50_000;
    private static final Duration FIRST_LOCK = Duration.ofMinutes(1);
    private static final Duration LONGEST_LOCK = Duration.ofHours(1);
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

    private final Map<String, Count> counts = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
            return size() > MOST;
        }
    };

    private static final class Count {
        private int wrong;
        private long last;
        private long lockedUntil;
    }

    synchronized long lockedUntil(String guesser) {
        Count count = counts.get(guesser);
        return count == null ? 0 : count.lockedUntil;
    }

    /** Returns for how many ms it is locked now. */
    synchronized long wrong(String guesser, int free, long now) {
        Count count = counts.computeIfAbsent(guesser, name -> new Count());
        if (now - count.last > DAY_MILLIS) {
            count.wrong = 0;
        }
        count.last = now;
        count.wrong++;
        if (count.wrong < free) {
            return 0;
        }
        long lock = Math.min(LONGEST_LOCK.toMillis(), FIRST_LOCK.toMillis() << Math.min(10, count.wrong - free));
        count.lockedUntil = now + lock;
        return lock;
    }

    synchronized void right(String guesser) {
        counts.remove(guesser);
    }
}
