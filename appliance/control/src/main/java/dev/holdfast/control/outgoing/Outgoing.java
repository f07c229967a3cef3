package dev.holdfast.control.outgoing;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
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

    private Phrase failure(Throwable cause) {
        return switch (cause) {
            case ConnectException _ ->
                isUnknownHost(cause) ? Phrase.of("outgoing.unknown-host") : Phrase.of("outgoing.unreachable");
            case HttpTimeoutException _ -> Phrase.of("outgoing.timeout").with("seconds", deadline.toSeconds());
            case SSLException _ -> Phrase.of("outgoing.no-tls");
            default -> Phrase.of("outgoing.no-answer").with("most", mostBytes);
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
            throw new PhrasedException(
                    Phrase.of("outgoing.incomplete").with("server", where).with("seconds", deadline.toSeconds()), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            Phrase failure = failure(cause);
            throw new PhrasedException(failure.with("server", where), cause);
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
