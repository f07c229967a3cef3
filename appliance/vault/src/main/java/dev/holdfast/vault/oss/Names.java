package dev.holdfast.vault.oss;

import dev.holdfast.vault.object.Patience;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Looks names up with a deadline, which the system's resolver does not have. A look-up that hangs is left behind;
 * callers that ask for the same name meanwhile wait for the same answer. Safe for use by several threads.
 */
final class Names implements DnsResolver, AutoCloseable {
    /** Most addresses of a name: each is tried until its deadline. */
    private static final int MOST_ADDRESSES = 4;

    private final Lookup lookup;
    private final Patience patience;
    private final Map<String, CompletableFuture<InetAddress[]>> underWay = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Where names are looked up. */
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    /** No answer in time. */
    static final class LateException extends UnknownHostException {
        LateException(String message) {
            super(message);
        }
    }

    Names(Lookup lookup, Patience patience) {
        this.lookup = lookup;
        this.patience = patience;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        CompletableFuture<InetAddress[]> answer = underWay.computeIfAbsent(host, this::begin);
        try {
            if (closed) {
                throw new LateException(WatchedSocket.STOPPED);
            }
            InetAddress[] all = answer.get(patience.lookUp().toNanos(), TimeUnit.NANOSECONDS);
            return Arrays.copyOf(all, Math.min(all.length, MOST_ADDRESSES));
        } catch (TimeoutException e) {
            throw new LateException("no answer for " + WatchedSocket.words(patience.lookUp()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LateException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException unknown) {
                throw unknown;
            }
            throw new UnknownHostException(host + ": " + e.getCause());
        }
    }

    private CompletableFuture<InetAddress[]> begin(String host) {
        CompletableFuture<InetAddress[]> answer = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("vault-names").start(() -> {
            try {
                answer.complete(lookup.all(host));
            } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
            } finally {
                underWay.remove(host, answer);
            }
        });
        return answer;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }

    /** Look-ups in progress fail at once. */
    @Override
    public void close() {
        closed = true;
        underWay.values().forEach(each -> each.completeExceptionally(new LateException(WatchedSocket.STOPPED)));
    }
}
