package dev.holdfast.protocol.nbd;

/**
 * The lengths of requests that a server takes, in bytes.
 *
 * @param minimum offsets and lengths are multiples of it; a power of 2 up to 64 KiB
 * @param preferred multiples of it are fast; a power of 2
 * @param maximumPayload the most that one read or write carries
 */
public record NbdBlockSizes(int minimum, int preferred, long maximumPayload) {
    private static final int MAX_MINIMUM = 64 << 10;
    /** What a server that says nothing must take, and what a client must not be surprised by. */
    static final int DEFAULT_PAYLOAD = 32 << 20;
    /** What a client may assume of a server that says nothing. */
    static final NbdBlockSizes UNTOLD = new NbdBlockSizes(1, 4096, DEFAULT_PAYLOAD);
    /** What this package's server says. */
    static final NbdBlockSizes SERVED = new NbdBlockSizes(1, 256 << 10, DEFAULT_PAYLOAD);

    /** What a server said, as far as the specification allows it. */
    static NbdBlockSizes parsed(long minimum, long preferred, long maximumPayload) throws ProtocolViolation {
        if (Long.bitCount(minimum) != 1 || minimum > MAX_MINIMUM) {
            throw new ProtocolViolation("it says that its smallest block has " + minimum + " bytes");
        }
        if (Long.bitCount(preferred) != 1 || preferred < minimum || preferred > Integer.MAX_VALUE) {
            throw new ProtocolViolation("it says that its preferred block has " + preferred + " bytes");
        }
        if (maximumPayload < minimum) {
            throw new ProtocolViolation("it says that its largest payload has " + maximumPayload + " bytes");
        }
        return new NbdBlockSizes((int) minimum, (int) preferred, maximumPayload);
    }
}
