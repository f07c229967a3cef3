package dev.holdfast.control.fair;

/**
 * A token bucket: so many tokens at most, which come back at a steady rate. Begins full. Times are of one monotonic clock, in
 * nanoseconds. Not safe for use by several threads; the owner holds a lock.
 */
public final class TokenBucket {
    private final double most;
    private final double perSecond;
    private double tokens;
    private long refilledAt;

    public TokenBucket(double most, double perSecond, long now) {
        this.most = most;
        this.perSecond = perSecond;
        this.tokens = most;
        this.refilledAt = now;
    }

    /** Whether there is a token to take. */
    public boolean has(long now) {
        tokens = Math.min(most, tokens + (now - refilledAt) / 1e9 * perSecond);
        refilledAt = now;
        return tokens >= 1;
    }

    /** Whether no token is missing. */
    public boolean full(long now) {
        return has(now) && tokens >= most;
    }

    /** Takes the token that {@link #has} has just told of. */
    public void take() {
        tokens--;
    }
}
