package dev.holdfast.vault.object;

import java.time.Duration;

/**
 * How long to wait for a store. These are deadlines of progress: a transfer may take any time while bytes move. Time
 * that passes on this side (a throttle, a disk that is read) does not count.
 *
 * @param lookUp of a name
 * @param connect to one address
 * @param stall without a single byte moved in either direction
 * @param window of waiting, summed up over one request, in which at least {@code leastBytes} must move
 */
public record Patience(Duration lookUp, Duration connect, Duration stall, Duration window, long leastBytes) {
    /** For a service: 60 s without a byte, or fewer than 16 KiB in 5 minutes of waiting, is too slow. */
    public static final Patience DEFAULT = new Patience(
            Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(5), 16 << 10);

    /** For a directory, where a file is synced or read as a whole within one call: 5 minutes. */
    public static final Patience FILES = new Patience(
            Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(25), 16 << 10);
}
