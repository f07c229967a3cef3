package dev.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** Calls a running appliance by HTTP: over its administration socket on this machine, or over HTTPS. */
final class HttpTransport implements ApiClient.Transport {
    private static final String ROOT = "/api/v1";
    private static final long ANSWER_SECONDS = 120;
    /** Of requests that may have to start a machine first, which reads disks. */
    private static final long MACHINE_SECONDS = 600;

    private static final int THREADS = 8;
    private static final int MOST_REFUSAL_BYTES = 64 << 10;

    private final HttpClient client;
    private final String base;
    private final @Nullable Transport socket;
    private final String token;

    private HttpTransport(ClientConnector connector, String base, @Nullable Transport socket, String token)
            throws IOException {
        this.base = base;
        this.socket = socket;
        this.token = token;
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setDaemon(true);
        client = new HttpClient(new HttpClientTransportOverHTTP(connector));
        client.setExecutor(threads);
        client.setFollowRedirects(false);
        client.setUserAgentField(null);
        try {
            client.start();
        } catch (Exception e) {
            throw new IOException("calls of the appliance cannot be prepared: " + e.getMessage(), e);
        }
    }

    /** Over the administration socket. */
    static HttpTransport socket(Path socket) throws IOException {
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        return new HttpTransport(connector, "http://localhost", new Transport.TCPUnix(socket), "");
    }

    /**
     * Over HTTPS.
     *
     * @param url such as {@code https://backup.example.com:8443}
     * @param tls that trusts the appliance's authority
     * @param token of a user
     */
    static HttpTransport https(String url, SSLContext tls, String token) throws IOException {
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        SslContextFactory.Client factory = new SslContextFactory.Client();
        factory.setSslContext(tls);
        factory.setEndpointIdentificationAlgorithm("HTTPS");
        connector.setSslContextFactory(factory);
        return new HttpTransport(connector, url.endsWith("/") ? url.substring(0, url.length() - 1) : url, null, token);
    }

    @Override
    public boolean running() {
        return true;
    }

    private Request request(String method, String target, byte[] body) {
        Request request = client.newRequest(base + ROOT + target).method(method);
        Transport over = socket;
        if (over != null) {
            request.transport(over);
        }
        if (!token.isEmpty()) {
            request.headers(headers -> headers.put(HttpHeader.AUTHORIZATION, "Bearer " + token));
        }
        if (body.length > 0) {
            request.body(new BytesRequestContent("application/json", body));
        }
        return request;
    }

    @Override
    public ApiClient.Answer call(String method, String target, byte[] body) throws IOException {
        long seconds = longest(target);
        try {
            ContentResponse answer = request(method, target, body)
                    .timeout(seconds, TimeUnit.SECONDS)
                    .idleTimeout(seconds, TimeUnit.SECONDS)
                    .send();
            return new ApiClient.Answer(answer.getStatus(), answer.getContent());
        } catch (ExecutionException e) {
            throw unreachable(e);
        } catch (TimeoutException e) {
            throw late(e, seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public ApiClient.Answer download(String target, OutputStream out) throws IOException {
        long seconds = longest(target);
        try (InputStreamResponseListener listener = new InputStreamResponseListener()) {
            request("GET", target, new byte[0])
                    .idleTimeout(seconds, TimeUnit.SECONDS)
                    .send(listener);
            int status = listener.get(seconds, TimeUnit.SECONDS).getStatus();
            try (InputStream in = listener.getInputStream()) {
                if (status != HttpStatus.OK_200) {
                    return new ApiClient.Answer(status, in.readNBytes(MOST_REFUSAL_BYTES));
                }
                in.transferTo(out);
            }
            return new ApiClient.Answer(status, new byte[0]);
        } catch (ExecutionException e) {
            throw unreachable(e);
        } catch (TimeoutException e) {
            throw late(e, seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private IOException unreachable(ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new IOException("the appliance" + where() + " cannot be reached: " + cause.getMessage(), e);
    }

    private static long longest(String target) {
        return target.contains("/file-systems") ? MACHINE_SECONDS : ANSWER_SECONDS;
    }

    private IOException late(TimeoutException e, long seconds) {
        return new IOException(
                "the appliance" + where() + " did not answer within " + seconds
                        + " s and may still be at it; see its log",
                e);
    }

    private String where() {
        return socket == null ? " at " + base : "";
    }

    @Override
    public void close() throws IOException {
        try {
            client.stop();
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
