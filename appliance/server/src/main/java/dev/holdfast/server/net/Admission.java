package dev.holdfast.server.net;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of seats for peers that are not identified yet. Where none is free, the peer that has sat longest gives
 * way: first one of the same address, then one of an address that no node came from lately. So neither idle sockets nor a
 * flood keep nodes out. What counts as one address is an {@link dev.holdfast.control.fair.AddressBlock}. Safe for use by
 * several threads.
 */
final class Admission {
    private final int most;
    private final int perAddress;
    private final KnownAddresses known;
    /** The longest seated first. */
    private final Set<Seat> seats = new LinkedHashSet<>();

    /** One peer's place. */
    static final class Seat {
        private final String source;
        private final Runnable evict;

        private Seat(String source, Runnable evict) {
            this.source = source;
            this.evict = evict;
        }
    }

    Admission(int most, int perAddress, KnownAddresses known) {
        this.most = most;
        this.perAddress = perAddress;
        this.known = known;
    }

    /** Addresses that nodes proved themselves from during the last day; the most recent {@value #MAX_ADDRESSES}. */
    static final class KnownAddresses {
        private static final int MAX_ADDRESSES = 4096;
        private static final long KNOWN_NANOS = 24L * 3600 * 1_000_000_000;

        private final LongSupplier nanos;
        private final Map<String, Long> since = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                return size() > MAX_ADDRESSES;
            }
        };

        KnownAddresses(LongSupplier nanos) {
            this.nanos = nanos;
        }

        synchronized void add(String source) {
            since.put(source, nanos.getAsLong());
        }

        synchronized boolean contains(String source) {
            Long at = since.get(source);
            return at != null && nanos.getAsLong() - at < KNOWN_NANOS;
        }
    }

    /**
     * Takes a seat, perhaps another peer's.
     *
     * @param evict ends the peer's connection when another peer needs the seat; must not block
     * @return null where every seat is taken by a peer that has precedence
     */
    synchronized @Nullable Seat enter(String source, Runnable evict) {
        Seat oldestHere = null;
        Seat oldestUnknown = null;
        int here = 0;
        for (Seat seat : seats) {
            if (seat.source.equals(source)) {
                here++;
                oldestHere = oldestHere == null ? seat : oldestHere;
            }
            if (oldestUnknown == null && !known.contains(seat.source)) {
                oldestUnknown = seat;
            }
        }
        Seat giving = null;
        if (here >= perAddress) {
            giving = oldestHere;
        } else if (seats.size() >= most) {
            giving = oldestUnknown == null && known.contains(source)
                    ? seats.iterator().next()
                    : oldestUnknown;
            if (giving == null) {
                return null;
            }
        }
        if (giving != null) {
            seats.remove(giving);
            giving.evict.run();
        }
        Seat seat = new Seat(source, evict);
        seats.add(seat);
        return seat;
    }

    /** Gives a seat back; does nothing where it was taken away. */
    synchronized void leave(Seat seat) {
        seats.remove(seat);
    }

    synchronized int taken() {
        return seats.size();
    }
}
