package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.credentials.Credentials;
import com.aliyun.sdk.service.oss2.credentials.CredentialsProvider;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Keys of an instance's RAM role, from its metadata service (in the mode that asks for a token first). */
final class EcsRoleProvider implements CredentialsProvider {
    private static final String METADATA = "http://100.100.100.200";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    /** More than any set of keys needs; a longer answer is refused. */
    private static final int MAX_ANSWER_BYTES = 64 << 10;

    /** Renewed this long before they expire. */
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final URI metadata;
    private final String role;
    private @Nullable Credentials credentials;
    private Instant renewAt = Instant.MIN;

    EcsRoleProvider(OssCredentials.EcsRole role) {
        this.role = role.role();
        this.metadata = URI.create(role.metadata() == null ? METADATA : role.metadata());
    }

    @Override
    public synchronized Credentials getCredentials() {
        Credentials known = credentials;
        if (known != null && Instant.now().isBefore(renewAt)) {
            return known;
        }
        try {
            String token = ask(HttpRequest.newBuilder(metadata.resolve("/latest/api/token"))
                    .header("X-aliyun-ecs-metadata-token-ttl-seconds", "60")
                    .PUT(HttpRequest.BodyPublishers.noBody()));
            String path = "/latest/meta-data/ram/security-credentials/" + role;
            JsonNode json = new ObjectMapper()
                    .readTree(ask(HttpRequest.newBuilder(metadata.resolve(path))
                            .header("X-aliyun-ecs-metadata-token", token)));
            if (!json.path("Code").asText().equals("Success")) {
                throw new IOException("it answered " + json.path("Code").asText());
            }
            Credentials fresh = new Credentials(
                    json.path("AccessKeyId").asText(),
                    json.path("AccessKeySecret").asText(),
                    json.path("SecurityToken").asText());
            credentials = fresh;
            renewAt = Instant.parse(json.path("Expiration").asText()).minus(MARGIN);
            return fresh;
        } catch (IOException | RuntimeException e) {
            throw new OssFailures.NoKeysException(
                    "the instance's metadata service gives no keys for role " + role + ": "
                            + (e instanceof JacksonException || e instanceof RuntimeException
                                    ? "its answer is not understood"
                                    : e.getMessage()),
                    e);
        }
    }

    /** The whole answer within the deadline: the request's own timeout ends with the first headers. */
    private String ask(HttpRequest.Builder request) throws IOException {
        CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                request.timeout(TIMEOUT).build(),
                HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), MAX_ANSWER_BYTES));
        try {
            HttpResponse<String> response = answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode());
            }
            return response.body();
        } catch (TimeoutException e) {
            throw new IOException("no answer within " + TIMEOUT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() instanceof ConnectException
                            ? "nothing answers at " + metadata
                            : "its answer could not be read",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }
}
