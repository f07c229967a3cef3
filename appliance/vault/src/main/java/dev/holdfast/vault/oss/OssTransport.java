package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.transport.AbortableInputStream;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import com.aliyun.sdk.service.oss2.transport.HttpClient;
import com.aliyun.sdk.service.oss2.transport.RequestContext;
import com.aliyun.sdk.service.oss2.transport.RequestException;
import com.aliyun.sdk.service.oss2.transport.RequestMessage;
import com.aliyun.sdk.service.oss2.transport.ResponseMessage;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.StalledException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SchemePortResolver;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.DetachedSocketFactory;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends the SDK's requests to the service. The SDK's own transport has timeouts for connecting and reading alone, none
 * for writing or looking up names, and ignores the proxy that it was given. Safe for use by several threads.
 */
final class OssTransport implements HttpClient, AutoCloseable {
    private static final int MOST_CONNECTIONS = 256;
    private static final long IDLE_SECONDS = 30;
    /** Of an answer that is kept in memory: listings have some 400 KiB. */
    private static final int MOST_ANSWER_BYTES = 16 << 20;
    /** A shorter body is read at once, so that its connection is free again. */
    private static final int SMALL_BODY_BYTES = 32 << 10;

    private final Watchdog watchdog;
    private final CloseableHttpClient http;
    private final PoolingHttpClientConnectionManager connections;

    /** @param proxy {@code http://host:port} or null */
    OssTransport(Patience patience, Movement movement, DnsResolver names, @Nullable String proxy) {
        watchdog = new Watchdog(patience, movement);
        Timeout connect = Timeout.of(patience.connect());
        connections = new Connections(watchdog)
                .setDnsResolver(names)
                .setTlsSocketStrategy(DefaultClientTlsStrategy.createDefault())
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(connect)
                        // Left to the watchdog, which sees more than reading.
                        .setSocketTimeout(Timeout.DISABLED)
                        .setValidateAfterInactivity(TimeValue.ofSeconds(2))
                        .build())
                .setDefaultTlsConfig(
                        TlsConfig.custom().setHandshakeTimeout(Timeout.DISABLED).build())
                .setMaxConnPerRoute(MOST_CONNECTIONS)
                .setMaxConnTotal(MOST_CONNECTIONS)
                .build();
        HttpClientBuilder builder = HttpClients.custom()
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableContentCompression()
                .disableCookieManagement()
                .disableDefaultUserAgent()
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(Timeout.of(patience.stall()))
                        .setResponseTimeout(Timeout.DISABLED)
                        .build())
                .setKeepAliveStrategy((response, context) -> TimeValue.ofSeconds(IDLE_SECONDS))
                .setConnectionManager(connections);
        if (proxy != null) {
            try {
                builder.setProxy(HttpHost.create(proxy));
            } catch (java.net.URISyntaxException e) {
                throw new IllegalArgumentException(
                        "'" + proxy + "' is not a valid proxy URL; write http://HOST:PORT", e);
            }
        }
        http = builder.build();
    }

    /** Connections over watched sockets. */
    private static final class Connections extends PoolingHttpClientConnectionManagerBuilder {
        private final Watchdog watchdog;

        Connections(Watchdog watchdog) {
            this.watchdog = watchdog;
        }

        @Override
        protected HttpClientConnectionOperator createConnectionOperator(
                SchemePortResolver ports, DnsResolver names, TlsSocketStrategy tls) {
            DetachedSocketFactory sockets = watchdog::socket;
            return new DefaultHttpClientConnectionOperator(
                    sockets,
                    ports,
                    names,
                    RegistryBuilder.<TlsSocketStrategy>create()
                            .register("https", tls)
                            .build());
        }
    }

    @Override
    public ResponseMessage send(RequestMessage message, RequestContext context) {
        ClassicHttpResponse response = null;
        try {
            if (watchdog.closed()) {
                throw new StalledException(WatchedSocket.STOPPED);
            }
            BasicClassicHttpRequest request = new BasicClassicHttpRequest(message.method(), message.uri());
            message.headers().forEach((name, value) -> {
                if (!name.equalsIgnoreCase("Content-Length")) {
                    request.addHeader(name, value);
                }
            });
            request.setEntity(entity(message.body()));
            response = http.executeOpen(HttpHost.create(message.uri()), request, null);
            boolean streamed = RequestContext.HttpCompletionOption.ResponseHeadersRead.equals(
                    context.get(RequestContext.Key.HTTP_COMPLETION_OPTION));
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (Header header : response.getHeaders()) {
                headers.put(header.getName(), header.getValue());
            }
            if (response.getCode() / 100 == 2
                    && headers.getOrDefault("Content-Type", "").contains("html")
                    && !headers.containsKey("x-oss-request-id")) {
                // The SDK would take a sign-in page for an empty listing.
                throw new OssFailures.GatewayException(response.getCode());
            }
            ResponseMessage.Builder answer = ResponseMessage.newBuilder()
                    .request(message)
                    .statusCode(response.getCode())
                    .headers(headers);
            HttpEntity body = response.getEntity();
            if (body == null) {
                response.close();
                return answer.build();
            }
            boolean small = !body.isChunked() && body.getContentLength() <= SMALL_BODY_BYTES;
            if (streamed && response.getCode() / 100 == 2 && response.getCode() != 203 && !small) {
                ClassicHttpResponse open = response;
                return answer.body(BinaryData.fromStream(
                                AbortableInputStream.create(body.getContent(), () -> closeQuietly(open))))
                        .build();
            }
            byte[] bytes = read(body);
            response.close();
            return answer.body(BinaryData.fromBytes(bytes)).build();
        } catch (IOException | RuntimeException e) {
            if (response != null) {
                closeQuietly(response);
            }
            throw new RequestException("the request failed", e);
        }
    }

    private static @Nullable HttpEntity entity(@Nullable BinaryData body) {
        if (body == null) {
            return null;
        }
        Long length = body.getLength();
        return length == null || body.isReplayable()
                ? new ByteArrayEntity(body.toBytes(), null)
                : new InputStreamEntity(body.toStream(), length, null);
    }

    private static byte[] read(HttpEntity body) throws IOException {
        try (InputStream in = body.getContent()) {
            byte[] bytes = in == null ? new byte[0] : in.readNBytes(MOST_ANSWER_BYTES + 1);
            if (bytes.length > MOST_ANSWER_BYTES) {
                throw new IOException("an answer of more than " + MOST_ANSWER_BYTES + " bytes");
            }
            return bytes;
        }
    }

    private static void closeQuietly(ClassicHttpResponse response) {
        try {
            response.close();
        } catch (IOException e) {
            // Its connection cannot be reused.
        }
    }

    /** Ends requests in progress; later requests fail at once. */
    @Override
    public void close() {
        watchdog.close();
        connections.close(CloseMode.IMMEDIATE);
    }
}
