package dev.holdfast.protocol.bytes;

import java.util.Arrays;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Objects that one thread uses at a time and that are expensive to make or hold memory outside the Java heap, such as
 * compression contexts. A use takes an idle one or makes one, and leaves it for the next use. At most {@link #KEPT} stay idle;
 * the others are closed at once.
 *
 * <p>Use this instead of a {@link ThreadLocal}. Most threads here are short-lived (one for each request of a node, some for each
 * backup), and nothing closes what a thread-local variable of an ended thread refers to. Safe for use by several threads.
 */
public final class Spares<T> {
    /** More threads than this rarely compute at the same time. */
    static final int KEPT = 2 * Runtime.getRuntime().availableProcessors();

    private final LinkedBlockingDeque<T> idle = new LinkedBlockingDeque<>(KEPT);
    private final Supplier<T> maker;
    private final Consumer<T> closer;

    /** @param closer frees what the object holds outside the heap */
    public Spares(Supplier<T> maker, Consumer<T> closer) {
        this.maker = maker;
        this.closer = closer;
    }

    /** For objects that hold memory of the Java heap alone, or none that can be freed explicitly. */
    public Spares(Supplier<T> maker) {
        this(maker, spare -> {});
    }

    /**
     * Overwrites an array that was given back. To be called in an {@code assert}: a test in which the array is still in use then
     * fails.
     *
     * @return true
     */
    public static boolean poison(byte[] array) {
        Arrays.fill(array, (byte) 0xA5);
        return true;
    }

    /** What is done with an object, which must not be kept. */
    @FunctionalInterface
    public interface Use<T, R, X extends Exception> {
        R apply(T object) throws X;
    }

    /** Lends an object for one use. After an exception its state is unknown, so that it is closed. */
    public <R, X extends Exception> R use(Use<T, R, X> use) throws X {
        // The one used last is the one whose memory is still in the processor's caches.
        T spare = idle.pollFirst();
        T lent = spare == null ? maker.get() : spare;
        boolean kept = false;
        try {
            R result = use.apply(lent);
            kept = idle.offerFirst(lent);
            return result;
        } finally {
            if (!kept) {
                closer.accept(lent);
            }
        }
    }
}
