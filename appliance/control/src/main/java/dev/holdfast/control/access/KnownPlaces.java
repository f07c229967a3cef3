package dev.holdfast.control.access;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Blocks of addresses from which users signed in during the last 30 days, alone and behind a user's name. Forgotten when the
 * appliance stops. Safe for use by several threads.
 */
final class KnownPlaces {
    private static final Duration REMEMBERED = Duration.ofDays(30);
    private static final int MOST = 20_000;

    private final InstantSource clock;

    /** When a user last signed in from a place, ms since 1970. */
    private final Map<String, Long> places = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST;
        }
    };

    KnownPlaces(InstantSource clock) {
        this.clock = clock;
    }

    synchronized boolean has(String place) {
        Long at = places.get(place);
        return at != null && clock.millis() - at <= REMEMBERED.toMillis();
    }

    synchronized void remember(String place) {
        places.put(place, clock.millis());
    }
}
