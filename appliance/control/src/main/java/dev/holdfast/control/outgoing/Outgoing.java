package dev.holdfast.control.outgoing;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Sends requests to servers that nobody here vouches for: an answer has a limit, and everything from connecting to its last byte
 * has one deadline. Redirects are not followed. Safe for use by several threads.
 */
public final class Outgoing implements AutoCloseable {
    private final Duration deadline;
    private final int mostBytes;
    private final Excess excess;
    private final HttpClient http;

    /** What becomes of an answer that is longer than allowed. */
    public enum Excess {
        /** The request fails: who reads half an answer reads another one. */
        REFUSED,
        /** The answer counts as it is up to there: that it came is what matters. */
        CUT
    }

    /** @param contentType empty where the server tells none */
    public record Answer(int status, String contentType, String body) {}

    /**
     * @param deadline for a request and its whole answer
     * @param mostBytes of an answer's body
     */
    public Outgoing(Duration deadline, int mostBytes, Excess excess) {
        this.excess = excess;
        this.deadline = deadline;
        this.mostBytes = mostBytes;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(deadline)
                .build();
    }

    private String failure(Throwable cause) {
        return switch (cause) {
            case ConnectException _ ->
                " cannot be reached: "
                        + (isUnknownHost(cause)
                                ? "unknown host; check the name, and the DNS of this machine"
                                : "nothing accepts connections there; check host and port");
            case HttpTimeoutException _ -> " did not answer within " + deadline.toSeconds() + " s";
            case SSLException _ ->
                " offers no encrypted connection that can be trusted; check its certificate and port";
            default -> " gave no answer of at most " + mostBytes + " bytes";
        };
    }

    private static boolean isUnknownHost(Throwable cause) {
        return cause.getCause() instanceof ConnectException nested
                        && nested.getCause() instanceof UnresolvedAddressException
                || cause.getCause() instanceof UnresolvedAddressException;
    }

    /** @throws IOException where it cannot be sent, or the answer is too long or late */
    public Answer send(HttpRequest.Builder wanted) throws IOException {
        HttpRequest request = wanted.timeout(deadline).build();
        String where = request.uri().getScheme() + "://" + request.uri().getAuthority();
        // The client's own timeout ends with the answer's headers.
        CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(
                request,
                switch (excess) {
                    case REFUSED ->
                        HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), mostBytes);
                    case CUT -> head -> new CappedBody(mostBytes);
                });
        try {
            HttpResponse<byte[]> got = answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(
                    got.statusCode(),
                    got.headers().firstValue("Content-Type").orElse(""),
                    new String(got.body(), StandardCharsets.UTF_8));
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException(where + " did not answer completely within " + deadline.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(where + failure(cause), cause);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
