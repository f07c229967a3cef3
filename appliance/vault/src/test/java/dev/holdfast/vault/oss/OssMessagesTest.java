package dev.holdfast.vault.oss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.Retries;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each cause of a failure at OSS: what is said, of which kind it is, and whether it is tried again. */
class OssMessagesTest {
    private static final OssCredentials.Keys KEYS = new OssCredentials.Keys("LTAItest", "very-secret", null);
    private static final int ATTEMPTS = 3;

    /** Libraries' and gateways' words, which nobody shall read. */
    private static final List<String> FOREIGN = List.of(
            "Exception",
            "Premature",
            "Content-Length",
            "com.aliyun",
            "org.apache",
            "raised",
            "<",
            "html",
            "PKIX",
            "JSON",
            "XML",
            "null",
            "very-secret",
            "\u001b");

    /** Answers every request on its connections with the same bytes, and ends the connection. */
    private static final class Peer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final AtomicInteger requests = new AtomicInteger();
        private volatile String first = "";

        Peer(String answer) throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!listener.isClosed()) {
                    try (Socket socket = listener.accept()) {
                        InputStream in = socket.getInputStream();
                        StringBuilder head = new StringBuilder();
                        for (int c = in.read(); c >= 0; c = in.read()) {
                            head.append((char) c);
                            if (head.toString().endsWith("\r\n\r\n") || head.length() == 1 && c == 0x16) {
                                break;
                            }
                        }
                        first = head.toString();
                        requests.incrementAndGet();
                        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                    } catch (IOException e) {
                        // The client went away, or the test has ended.
                    }
                }
            });
        }

        int port() {
            return listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static String http(int status, String headers, String body) {
        return "HTTP/1.1 " + status + " Whatever\r\nConnection: close\r\n" + headers + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static String refusal(int status, String code, String message) {
        return http(
                status,
                "Content-Type: application/xml\r\nx-oss-request-id: 5F00\r\n",
                "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message
                        + "</Message><RequestId>5F00</RequestId><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>");
    }

    private static String page(int status) {
        return http(
                status,
                "Content-Type: text/html\r\n",
                "<html><head><title>Gateway</title></head><body>\u001b[31mSign in</body></html>");
    }

    /** What a peer answers, the kind that comes of it, and words that must be said. */
    record Answer(String name, String answer, Kind kind, List<String> words) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Answer> answers() {
        List<Answer> all = new ArrayList<>(List.of(
                new Answer("403 HTML", page(403), Kind.REFUSED, List.of("gateway", "status 403", "a proxy answers")),
                new Answer("404 HTML", page(404), Kind.TRANSIENT, List.of("gateway", "status 404")),
                new Answer("502 HTML", page(502), Kind.TRANSIENT, List.of("gateway", "status 502")),
                new Answer(
                        "407",
                        page(407),
                        Kind.REFUSED,
                        List.of("proxy requires a user name and a password", "--proxy")),
                new Answer(
                        "302",
                        http(302, "Location: http://login.example/\r\n", ""),
                        Kind.REFUSED,
                        List.of("gateway", "status 302")),
                new Answer(
                        "200 HTML",
                        http(200, "Content-Type: text/html\r\n", "<html>Sign in</html>"),
                        Kind.REFUSED,
                        List.of("gateway", "status 200")),
                new Answer(
                        "200 with something else",
                        http(200, "Content-Type: application/xml\r\n", "<Hello>you</Hello>"),
                        Kind.CORRUPT,
                        List.of("not from OSS", "sign-in page")),
                new Answer("nothing", "", Kind.TRANSIENT, List.of("connection ended")),
                new Answer(
                        "half a body",
                        "HTTP/1.1 200 OK\r\nx-oss-request-id: 1\r\nContent-Length: 1000\r\n\r\nhalf",
                        Kind.TRANSIENT,
                        List.of("connection ended in the middle")),
                new Answer(
                        "unknown code with a page in it",
                        refusal(400, "Strange", "&lt;b&gt;bold&lt;/b&gt;"),
                        Kind.REFUSED,
                        List.of("400 Strange, request 5F00", "refused it")),
                new Answer(
                        "unknown code",
                        refusal(400, "Strange", "something is odd&#10;indeed"),
                        Kind.REFUSED,
                        List.of("saying: something is odd indeed"))));
        record Code(int status, String code, Kind kind, String cause, String next) {}
        for (Code each : List.of(
                new Code(403, "AccessDenied", Kind.DENIED, "lacks the permission", "RAM policy"),
                new Code(403, "InvalidAccessKeyId", Kind.DENIED, "access key does not exist", "--credentials-file"),
                new Code(403, "SignatureDoesNotMatch", Kind.DENIED, "secret does not match", "--credentials-file"),
                new Code(403, "InvalidSecurityToken", Kind.DENIED, "token", "new temporary keys"),
                new Code(403, "RequestTimeTooSkewed", Kind.DENIED, "clock says", "set this machine's clock"),
                new Code(403, "UserDisable", Kind.DENIED, "account is disabled", "bills"),
                new Code(403, "InvalidRegion", Kind.REFUSED, "not in region cn-hangzhou", "--region"),
                new Code(404, "NoSuchBucket", Kind.REFUSED, "there is no bucket bk1", "create the bucket first"),
                new Code(404, "NoSuchKey", Kind.NOT_FOUND, "no such object", "vault check"),
                new Code(403, "InvalidObjectState", Kind.FROZEN, "must be thawed first", "vault thaw"),
                new Code(409, "FileImmutable", Kind.REFUSED, "retention", "wait"),
                new Code(503, "ServiceUnavailable", Kind.TRANSIENT, "temporarily unable", "later"))) {
            all.add(new Answer(
                    each.code,
                    refusal(each.status, each.code, "Words of the service."),
                    each.kind,
                    List.of(each.status + " " + each.code, "request 5F00", each.cause, each.next)));
        }
        all.add(new Answer(
                "another region",
                refusal(
                        403,
                        "AccessDenied",
                        "The bucket you are attempting to access must be addressed using the specified endpoint."),
                Kind.REFUSED,
                List.of("not in region cn-hangzhou", "oss-cn-beijing.aliyuncs.com", "--region")));
        return all;
    }

    @ParameterizedTest
    @MethodSource("answers")
    void answerIsSaidInOwnWords(Answer it) throws Exception {
        try (Peer peer = new Peer(it.answer);
                Retries store = retries(location("http://127.0.0.1:" + peer.port(), null), InetAddress::getAllByName)) {
            ObjectStoreException e = fails(() -> store.list("r/", "", 10));
            requireSaid(e, it.kind, it.words);
            assertThat(e).hasMessageStartingWith("oss://bk1/office: listing r/ failed: ");
            boolean repeated = it.kind == Kind.TRANSIENT || it.kind == Kind.CORRUPT;
            assertThat(peer.requests).hasValue(repeated ? ATTEMPTS : 1);
        }
    }

    private static void requireSaid(ObjectStoreException e, Kind kind, List<String> words) {
        assertThat(e).isNotNull();
        assertThat(e.getMessage()).contains(words).doesNotContain(FOREIGN.toArray(String[]::new));
        assertThat(e.getMessage())
                .matches("oss://bk1/office: .+ failed: .+; .+")
                .hasSizeLessThan(400);
        assertThat(e.kind()).as("%s", e.getMessage()).isEqualTo(kind);
    }

    private static OssLocation location(@Nullable String endpoint, @Nullable String proxy) {
        return new OssLocation(
                "bk1",
                "office",
                "cn-hangzhou",
                endpoint,
                OssLocation.Network.PUBLIC,
                endpoint == null ? OssLocation.Addressing.HOST : OssLocation.Addressing.PATH,
                proxy);
    }

    private static Retries retries(OssLocation location, Names.Lookup names) {
        Patience patience = new Patience(
                Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(60), 1);
        return new Retries(
                new OssObjectStore(location, KEYS, patience, names),
                ATTEMPTS,
                Duration.ofMillis(1),
                Duration.ofMillis(2));
    }

    private interface Use {
        void run() throws Exception;
    }

    private static ObjectStoreException fails(Use use) {
        return catchThrowableOfType(ObjectStoreException.class, use::run);
    }

    @Test
    void brokenBodyIsSaidWhereItIsRead() throws Exception {
        String half = "HTTP/1.1 206 OK\r\nx-oss-request-id: 1\r\nContent-Length: 100000\r\n\r\nhalf";
        try (Peer peer = new Peer(half);
                Retries store = retries(location("http://127.0.0.1:" + peer.port(), null), InetAddress::getAllByName)) {
            ObjectStoreException e = fails(() -> store.get("c/00", 0, 100_000).readAllBytes());
            requireSaid(e, Kind.TRANSIENT, List.of("reading c/00", "connection ended in the middle"));
            assertThat(peer.requests).hasValue(ATTEMPTS);
        }
    }

    @Test
    void serverWithoutChecksumsIsRefusedAtOnce() throws Exception {
        try (Peer peer = new Peer(http(200, "x-oss-request-id: 1\r\nETag: \"1\"\r\n", ""));
                Retries store = retries(location("http://127.0.0.1:" + peer.port(), null), InetAddress::getAllByName)) {
            ObjectStoreException e = fails(() -> store.put("t/1", Body.of(new byte[0]), PutOptions.REPLACE));
            requireSaid(e, Kind.REFUSED, List.of("storing t/1", "returned no checksum", "use OSS itself"));
            assertThat(peer.requests).hasValue(1);
        }
    }

    @Test
    void wayToTheServiceIsSaidWhereItFails() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        String nowhere = "http://127.0.0.1:" + closed;
        try (Retries store = retries(location(nowhere, null), InetAddress::getAllByName)) {
            requireSaid(
                    fails(() -> store.head("k")),
                    Kind.TRANSIENT,
                    List.of("looking at k", nowhere, "refused the connection"));
        }
        try (Retries store = retries(location("http://127.0.0.1:1", nowhere), InetAddress::getAllByName)) {
            requireSaid(
                    fails(() -> store.head("k")),
                    Kind.TRANSIENT,
                    List.of("the proxy " + nowhere, "refused the connection"));
        }
        try (Retries store = retries(location(null, null), host -> {
            throw new UnknownHostException(host + ": Name or service not known");
        })) {
            requireSaid(
                    fails(() -> store.head("k")),
                    Kind.REFUSED,
                    List.of("oss-cn-hangzhou.aliyuncs.com is unknown", "check the region", "name servers"));
            assertThat(store.repeated()).isZero();
        }
        try (Retries store = retries(location(null, null), host -> {
            throw new UnknownHostException(host + ": Temporary failure in name resolution");
        })) {
            requireSaid(
                    fails(() -> store.head("k")), Kind.TRANSIENT, List.of("could not be looked up", "name servers"));
            assertThat(store.repeated()).isPositive();
        }
        try (Peer plain = new Peer("HTTP/1.1 400 Bad Request\r\n\r\n");
                Retries store =
                        retries(location("https://127.0.0.1:" + plain.port(), null), InetAddress::getAllByName)) {
            requireSaid(fails(() -> store.head("k")), Kind.REFUSED, List.of("does not support TLS", "http://"));
        }
    }

    @Test
    void proxyIsUsed() throws Exception {
        try (Peer proxy = new Peer(page(403));
                ObjectStore store = retries(
                        location("http://oss.example", "http://127.0.0.1:" + proxy.port()),
                        InetAddress::getAllByName)) {
            requireSaid(
                    fails(() -> store.list("", "", 10)),
                    Kind.REFUSED,
                    List.of("gateway", "the proxy http://127.0.0.1"));
            assertThat(proxy.first).startsWith("GET http://oss.example/");
        }
    }
}
