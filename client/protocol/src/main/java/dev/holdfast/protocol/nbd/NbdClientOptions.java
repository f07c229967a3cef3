package dev.holdfast.protocol.nbd;

import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for, and how long it waits.
 *
 * @param export its name; empty for the default export
 * @param contexts metadata contexts to select, such as {@code base:allocation} and {@code qemu:dirty-bitmap:NAME}. The server
 *     ignores those that it does not have: see {@link NbdClient#contexts}
 * @param requests that are in flight at most; further ones wait
 * @param connect the longest for connecting and the handshake together
 * @param progress the longest that the server may send nothing while it owes replies, or not take what is sent to it
 * @param request the longest from sending a request to the end of its reply
 * @param tls if not null, the connection begins with STARTTLS, or fails. The context decides which certificate is shown and
 *     whom it trusts
 * @param tlsName the host that the server's certificate must name; null where the context's trust manager decides alone
 */
public record NbdClientOptions(
        String export,
        List<String> contexts,
        int requests,
        Duration connect,
        Duration progress,
        Duration request,
        @Nullable SSLContext tls,
        @Nullable String tlsName) {
    private static final int DEFAULT_REQUESTS = 16;

    public NbdClientOptions {
        contexts = List.copyOf(contexts);
        if (requests < 1 || !connect.isPositive() || !progress.isPositive() || !request.isPositive()) {
            throw new IllegalArgumentException("requests and time limits must be positive, not " + requests + ", "
                    + connect + ", " + progress + " and " + request);
        }
    }

    /** For an export: no contexts, 16 requests, 30 s to connect, 60 s for progress, 10 min for a request, no TLS. */
    public static NbdClientOptions of(String export) {
        return new NbdClientOptions(
                export,
                List.of(),
                DEFAULT_REQUESTS,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                Duration.ofMinutes(10),
                null,
                null);
    }

    public NbdClientOptions withContexts(String... names) {
        return new NbdClientOptions(export, List.of(names), requests, connect, progress, request, tls, tlsName);
    }

    public NbdClientOptions withRequests(int most) {
        return new NbdClientOptions(export, contexts, most, connect, progress, request, tls, tlsName);
    }

    public NbdClientOptions withTimes(Duration newConnect, Duration newProgress, Duration newRequest) {
        return new NbdClientOptions(export, contexts, requests, newConnect, newProgress, newRequest, tls, tlsName);
    }

    public NbdClientOptions withTls(SSLContext context, @Nullable String name) {
        return new NbdClientOptions(export, contexts, requests, connect, progress, request, context, name);
    }
}
