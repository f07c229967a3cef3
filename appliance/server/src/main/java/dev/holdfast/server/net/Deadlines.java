package dev.holdfast.server.net;

import java.time.Duration;

/**
 * How long a peer may take. All but silence are watched from another thread, so that a peer that sends or takes a byte now
 * and then gains nothing.
 *
 * @param greeting from accept to the first frame
 * @param stranger from accept to the end of a connection without a certificate
 * @param body from a frame's length to its last byte: even 5 MiB at 50 KB/s
 * @param silence of a client; clients ping well within this
 * @param write of one answer
 * @param backup from its begin to its commit: nothing that a backup might refer to is deleted meanwhile. What was stored by
 *     then is known to the next attempt
 */
record Deadlines(
        Duration greeting, Duration stranger, Duration body, Duration silence, Duration write, Duration backup) {
    static final Deadlines STANDARD = new Deadlines(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(120),
            Duration.ofSeconds(120),
            Duration.ofSeconds(60),
            Duration.ofDays(7));
}
