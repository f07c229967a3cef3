package dev.holdfast.vault.oss;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.StorageClass;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Enough of OSS to test against: one bucket, addressed by path, signatures V4 checked, objects and parts on disk, lists by
 * pages, classes that freeze and thaw, faults by script, and a {@link Bill}. On the loopback address only.
 */
public final class OssServer implements AutoCloseable {
    public static final String BUCKET = "holdfast-test";
    public static final String REGION = "cn-hangzhou";
    private static final Set<String> SUBRESOURCES = Set.of("uploads", "uploadId", "tagging", "restore");

    private final HttpServer server;
    private final Path directory;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();
    private final NavigableMap<String, Entry> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Pending> uploads = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> stored = new ConcurrentHashMap<>();
    private final AtomicLong bytesIn = new AtomicLong();
    private final AtomicLong bytesOut = new AtomicLong();
    private volatile boolean thawsAtOnce = true;
    private volatile boolean retains;
    private final Map<String, Instant> retained = new ConcurrentHashMap<>();
    private volatile Bill bill;
    private final Map<String, Thawed> thawed = new ConcurrentHashMap<>();

    /** A thaw by the clock of a bill. */
    private record Thawed(Instant from, Instant until) {}

    private volatile long metadataTokens;

    private record Account(String secret, String token, String prefix) {}

    private record Entry(
            Path file, long bytes, long crc, String storageClass, Map<String, String> tags, String restore) {}

    private record Pending(
            String key,
            String storageClass,
            Map<String, String> tags,
            boolean forbidOverwrite,
            NavigableMap<Integer, Entry> parts) {}

    /** What may go wrong with a request. */
    public enum Mishap {
        /** 503 before anything is done. */
        UNAVAILABLE,
        /** 500 before anything is done. */
        INTERNAL_ERROR,
        /** 503 as the service throttles. */
        THROTTLED,
        /** It is done, and the connection ends without an answer. */
        DONE_WITHOUT_ANSWER,
        /** The connection ends when half of the request's body has come. */
        RESET_WHILE_SENDING,
        /** The connection ends when half of the answer's body has gone. */
        RESET_WHILE_ANSWERING,
        /** One bit of the request's body is stored wrong; the checksum tells. */
        STORED_DAMAGED,
        /** One bit of the answer's body is wrong. */
        ANSWERED_DAMAGED,
        /** A listing leaves out what was stored last. */
        STALE_LIST,
        /** 403. */
        FORBIDDEN
    }

    /** A request as faults are chosen by: {@code GET}, {@code PUT}, {@code PART}, {@code LIST} and so on. */
    public record Request(String operation, String key) {}

    /** A mishap for the next request that it fits. */
    public record Fault(Predicate<Request> fits, Mishap mishap) {}

    public OssServer(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** A location in this server's bucket. */
    public OssLocation location(String prefix) {
        return location(prefix, endpoint());
    }

    /** As above, by way of something that stands before it. */
    public OssLocation location(String prefix, String endpoint) {
        return new OssLocation(
                BUCKET, prefix, REGION, endpoint, OssLocation.Network.PUBLIC, OssLocation.Addressing.PATH, null);
    }

    /** Admits a key pair, for keys below a prefix. */
    public OssCredentials.Keys admit(String id, String prefix) {
        String secret = UUID.randomUUID().toString();
        accounts.put(id, new Account(secret, "", prefix));
        return new OssCredentials.Keys(id, secret, null);
    }

    /** Admits temporary keys. */
    public OssCredentials.Keys admitTemporarily(String id) {
        String secret = UUID.randomUUID().toString();
        String token = "token/" + UUID.randomUUID() + "+=";
        accounts.put(id, new Account(secret, token, ""));
        return new OssCredentials.Keys(id, secret, token);
    }

    public void revoke(String id) {
        accounts.remove(id);
    }

    public void script(Fault fault) {
        faults.add(fault);
    }

    public int faultsLeft() {
        return faults.size();
    }

    public void clearFaults() {
        faults.clear();
    }

    /** Whether the bucket has retention by object. */
    public void retains(boolean value) {
        retains = value;
    }

    /** Otherwise {@link #thawAll} does. */
    public void thawsAtOnce(boolean value) {
        thawsAtOnce = value;
    }

    /** Charges for everything from now on, and lets thaws begin and end by the bill's clock. */
    public void charges(Bill value) {
        bill = value;
    }

    public void thawAll() {
        objects.replaceAll((key, e) -> e.restore.contains("true") ? with(e, e.storageClass, readable()) : e);
    }

    private static String readable() {
        return "ongoing-request=\"false\", expiry-date=\"Sun, 16 Apr 2034 08:12:33 GMT\"";
    }

    private static Entry with(Entry e, String storageClass, String restore) {
        return new Entry(e.file, e.bytes, e.crc, storageClass, e.tags, restore);
    }

    /** Requests by operation. */
    public Map<String, Long> requests() {
        return counts.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, each -> each.getValue().get()));
    }

    /** How often something was stored under each key. */
    public Map<String, Long> timesStored() {
        return stored.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, each -> each.getValue().get()));
    }

    public long bytesIn() {
        return bytesIn.get();
    }

    public long bytesOut() {
        return bytesOut.get();
    }

    public List<String> keys() {
        return List.copyOf(objects.keySet());
    }

    /** The file behind a key, to be damaged. */
    public Path file(String key) {
        return objects.get(key).file;
    }

    /** Takes an object away behind everybody's back. */
    public void lose(String key) {
        objects.remove(key);
        if (bill != null) {
            bill.lost(key);
        }
    }

    /** As if somebody had copied one object over another. */
    public void copy(String from, String to) {
        objects.put(to, objects.get(from));
    }

    /** How many tokens the metadata service gave out. */
    public long metadataTokens() {
        return metadataTokens;
    }

    // ---- a request

    private static final class Refusal extends Exception {
        private final int status;
        private final String code;

        Refusal(int status, String code) {
            super(code);
            this.status = status;
            this.code = code;
        }
    }

    /** The connection is to end here. */
    private static final class Cut extends RuntimeException {}

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getPath().startsWith("/latest/")) {
                metadata(exchange);
                return;
            }
            String path = exchange.getRequestURI().getRawPath();
            Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
            String bucketAndKey = URLDecoder.decode(path.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
            int slash = bucketAndKey.indexOf('/');
            String bucket = slash < 0 ? bucketAndKey : bucketAndKey.substring(0, slash);
            String key = slash < 0 ? "" : bucketAndKey.substring(slash + 1);
            String operation = operation(exchange.getRequestMethod(), key, query);
            counts.computeIfAbsent(operation, name -> new AtomicLong()).incrementAndGet();
            if (bill != null) {
                bill.request();
            }
            Mishap mishap = next(new Request(operation, key));
            try {
                checkSignature(exchange, path, query, key);
                if (!bucket.equals(BUCKET)) {
                    throw new Refusal(404, "NoSuchBucket");
                }
                refuse(mishap);
                byte[] body = body(exchange, mishap);
                serve(exchange, operation, key, query, body, mishap);
            } catch (Refusal e) {
                exchange.getRequestBody().readAllBytes();
                String xml =
                        "<Error><Code>" + e.code + "</Code><Message>refused by the test server</Message><RequestId>"
                                + UUID.randomUUID() + "</RequestId><HostId>test</HostId></Error>";
                boolean head = exchange.getRequestMethod().equals("HEAD");
                exchange.getResponseHeaders().set("x-oss-request-id", "test");
                if (head) {
                    exchange.getResponseHeaders()
                            .set(
                                    "x-oss-err",
                                    java.util.Base64.getEncoder().encodeToString(xml.getBytes(StandardCharsets.UTF_8)));
                }
                answer(exchange, e.status, head ? new byte[0] : xml.getBytes(StandardCharsets.UTF_8), null);
            }
        } catch (Cut e) {
            // Closing the exchange before its answer is whole ends the connection.
            exchange.close();
        }
    }

    private Mishap next(Request request) {
        Fault first = faults.peek();
        if (first != null && first.fits.test(request) && faults.remove(first)) {
            return first.mishap;
        }
        return null;
    }

    private static void refuse(Mishap mishap) throws Refusal {
        if (mishap != null) {
            switch (mishap) {
                case UNAVAILABLE -> throw new Refusal(503, "ServiceUnavailable");
                case INTERNAL_ERROR -> throw new Refusal(500, "InternalError");
                case THROTTLED -> throw new Refusal(503, "QpsLimitExceeded");
                case FORBIDDEN -> throw new Refusal(403, "AccessDenied");
                default -> {}
            }
        }
    }

    private byte[] body(HttpExchange exchange, Mishap mishap) throws IOException {
        if (mishap == Mishap.RESET_WHILE_SENDING) {
            exchange.getRequestBody().readNBytes(1 << 14);
            throw new Cut();
        }
        byte[] body = exchange.getRequestBody().readAllBytes();
        bytesIn.addAndGet(body.length);
        if (mishap == Mishap.STORED_DAMAGED && body.length > 0) {
            body[body.length / 2] ^= 1;
        }
        return body;
    }

    private static String operation(String method, String key, Map<String, String> query) {
        if (key.isEmpty()) {
            return query.containsKey("uploads") ? "LIST-UPLOADS" : "LIST";
        }
        if (query.containsKey("retention")) {
            return method + "-RETENTION";
        }
        if (query.containsKey("tagging")) {
            return method + "-TAGS";
        }
        if (query.containsKey("uploads")) {
            return "BEGIN";
        }
        if (query.containsKey("uploadId")) {
            return switch (method) {
                case "PUT" -> "PART";
                case "POST" -> "COMPLETE";
                case "DELETE" -> "ABORT";
                default -> "LIST-PARTS";
            };
        }
        return query.containsKey("restore") ? "RESTORE" : method;
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new TreeMap<>();
        if (raw != null && !raw.isEmpty()) {
            for (String each : raw.split("&")) {
                int equals = each.indexOf('=');
                String name = equals < 0 ? each : each.substring(0, equals);
                String value = equals < 0 ? "" : each.substring(equals + 1);
                query.put(
                        URLDecoder.decode(name, StandardCharsets.UTF_8),
                        URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    // ---- signatures: OSS4-HMAC-SHA256 in the Authorization header

    private void checkSignature(HttpExchange exchange, String path, Map<String, String> query, String key)
            throws Refusal {
        Headers headers = exchange.getRequestHeaders();
        String authorization = headers.getFirst("Authorization");
        if (authorization == null || !authorization.startsWith("OSS4-HMAC-SHA256 ")) {
            throw new Refusal(403, "AccessDenied");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field :
                authorization.substring("OSS4-HMAC-SHA256 ".length()).split(",")) {
            int equals = field.indexOf('=');
            fields.put(
                    field.substring(0, equals).strip(),
                    field.substring(equals + 1).strip());
        }
        String[] credential = fields.get("Credential").split("/");
        Account account = accounts.get(credential[0]);
        if (account == null) {
            throw new Refusal(403, "InvalidAccessKeyId");
        }
        if (!account.token.isEmpty() && !account.token.equals(headers.getFirst("x-oss-security-token"))) {
            throw new Refusal(403, "InvalidSecurityToken");
        }
        if (!credential[2].equals(REGION)) {
            throw new Refusal(403, "InvalidRegion");
        }
        List<String> additional = fields.containsKey("AdditionalHeaders")
                ? List.of(fields.get("AdditionalHeaders").split(";"))
                : List.of();
        Map<String, String> signed = new TreeMap<>();
        headers.forEach((name, values) -> {
            String lower = name.toLowerCase(java.util.Locale.ROOT);
            if (lower.startsWith("x-oss-")
                    || lower.equals("content-type")
                    || lower.equals("content-md5")
                    || additional.contains(lower)) {
                signed.put(lower, values.getFirst().strip());
            }
        });
        StringBuilder canonical = new StringBuilder(exchange.getRequestMethod()).append('\n');
        canonical
                .append(encoded(URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8), true))
                .append('\n');
        canonical.append(query.entrySet().stream()
                .map(each -> encoded(each.getKey(), false)
                        + (each.getValue().isEmpty() ? "" : "=" + encoded(each.getValue(), false)))
                .collect(Collectors.joining("&")));
        canonical.append('\n');
        signed.forEach((name, value) ->
                canonical.append(name).append(':').append(value).append('\n'));
        canonical.append('\n').append(String.join(";", additional)).append('\n');
        canonical.append(headers.getFirst("x-oss-content-sha256"));
        String scope = credential[1] + "/" + credential[2] + "/oss/aliyun_v4_request";
        String toSign = "OSS4-HMAC-SHA256\n" + headers.getFirst("x-oss-date") + "\n" + scope + "\n"
                + hex(sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
        byte[] signingKey = ("aliyun_v4" + account.secret).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            signingKey = hmac(signingKey, part);
        }
        if (!hex(hmac(signingKey, toSign)).equals(fields.get("Signature"))) {
            throw new Refusal(403, "SignatureDoesNotMatch");
        }
        String wanted = key.isEmpty() ? query.getOrDefault("prefix", "") : key;
        if (!wanted.startsWith(account.prefix)) {
            throw new Refusal(403, "AccessDenied");
        }
    }

    private static String encoded(String text, boolean keepSlashes) {
        String all = URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
        return keepSlashes ? all.replace("%2F", "/") : all;
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    // ---- operations

    private void serve(
            HttpExchange exchange, String operation, String key, Map<String, String> query, byte[] body, Mishap mishap)
            throws IOException, Refusal {
        Headers request = exchange.getRequestHeaders();
        switch (operation) {
            case "PUT" -> {
                if (request.containsKey("x-oss-copy-source")) {
                    Entry from = require(key);
                    if (frozen(from)) {
                        throw new Refusal(403, "InvalidObjectState");
                    }
                    objects.put(key, with(from, storageClass(request), ""));
                    thawed.remove(key);
                    if (bill != null) {
                        bill.changed(key, StorageClass.of(storageClass(request)));
                    }
                    answer(exchange, 200, "<CopyObjectResult><ETag>\"x\"</ETag></CopyObjectResult>", mishap);
                    return;
                }
                Entry entry = write(body, storageClass(request), tags(request.getFirst("x-oss-tagging")));
                publish(key, entry, "true".equals(request.getFirst("x-oss-forbid-overwrite")));
                told(exchange, entry);
                answer(exchange, 200, "", mishap);
            }
            case "GET" -> get(exchange, key, require(key), request.getFirst("Range"), mishap);
            case "HEAD" -> {
                Entry entry = require(key);
                told(exchange, entry);
                if (!entry.restore.isEmpty()) {
                    exchange.getResponseHeaders().set("x-oss-restore", entry.restore);
                }
                exchange.getResponseHeaders().set("Content-Length", Long.toString(entry.bytes));
                exchange.sendResponseHeaders(200, -1);
            }
            case "DELETE" -> {
                if (retained.getOrDefault(key, Instant.MIN).isAfter(Instant.now())) {
                    throw new Refusal(409, "FileImmutable");
                }
                objects.remove(key);
                if (bill != null) {
                    bill.gone(key);
                }
                exchange.sendResponseHeaders(204, -1);
            }
            case "BEGIN" -> {
                String id = UUID.randomUUID().toString().replace("-", "").toUpperCase(java.util.Locale.ROOT);
                boolean forbid = "true".equals(request.getFirst("x-oss-forbid-overwrite"));
                if (forbid && objects.containsKey(key)) {
                    throw new Refusal(409, "FileAlreadyExists");
                }
                uploads.put(
                        id,
                        new Pending(
                                key,
                                storageClass(request),
                                tags(request.getFirst("x-oss-tagging")),
                                forbid,
                                new ConcurrentSkipListMap<>()));
                answer(
                        exchange,
                        200,
                        "<InitiateMultipartUploadResult><Bucket>" + BUCKET + "</Bucket><Key>" + key + "</Key><UploadId>"
                                + id + "</UploadId></InitiateMultipartUploadResult>",
                        mishap);
            }
            case "PART" -> {
                Entry part = write(body, "Standard", Map.of());
                upload(key, query).parts.put(Integer.parseInt(query.get("partNumber")), part);
                told(exchange, part);
                answer(exchange, 200, "", mishap);
            }
            case "LIST-PARTS" -> listParts(exchange, key, query, mishap);
            case "COMPLETE" -> complete(exchange, key, query, body, mishap);
            case "ABORT" -> {
                upload(key, query);
                uploads.remove(query.get("uploadId"));
                exchange.sendResponseHeaders(204, -1);
            }
            case "LIST" -> list(exchange, query, mishap);
            case "LIST-UPLOADS" -> {
                StringBuilder xml = new StringBuilder("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>");
                uploads.forEach((id, pending) -> {
                    if (pending.key.startsWith(query.getOrDefault("prefix", ""))) {
                        xml.append("<Upload><Key>")
                                .append(pending.key)
                                .append("</Key><UploadId>")
                                .append(id)
                                .append("</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>");
                    }
                });
                answer(
                        exchange,
                        200,
                        xml.append("</ListMultipartUploadsResult>").toString(),
                        mishap);
            }
            case "RESTORE" -> {
                Entry entry = require(key);
                String state = thawsAtOnce && bill == null ? readable() : "ongoing-request=\"true\"";
                long days = Long.parseLong(text(xml(body), "Days"));
                if (bill != null) {
                    bill.thawed(key);
                    Instant from = bill.now().plus(Bill.thaws(StorageClass.of(entry.storageClass)));
                    thawed.put(key, new Thawed(from, from.plus(Duration.ofDays(days))));
                }
                objects.put(key, with(entry, entry.storageClass, state));
                answer(exchange, 202, "", mishap);
            }
            case "PUT-TAGS" -> {
                Entry e = require(key);
                Map<String, String> tags = new TreeMap<>();
                NodeList nodes = xml(body).getElementsByTagName("Tag");
                for (int i = 0; i < nodes.getLength(); i++) {
                    Element tag = (Element) nodes.item(i);
                    tags.put(text(tag, "Key"), text(tag, "Value"));
                }
                objects.put(key, new Entry(e.file, e.bytes, e.crc, e.storageClass, tags, e.restore));
                answer(exchange, 200, "", mishap);
            }
            case "PUT-RETENTION" -> {
                require(key);
                if (!retains) {
                    throw new Refusal(400, "ObjectWormNotEnabled");
                }
                Element retention = xml(body);
                Instant until = Instant.parse(text(retention, "RetainUntilDate"));
                Instant before = retained.get(key);
                if (!text(retention, "Mode").equals("COMPLIANCE")
                        || !until.isAfter(Instant.now())
                        || before != null && until.isBefore(before)) {
                    throw new Refusal(400, "InvalidArgument");
                }
                retained.put(key, until);
                answer(exchange, 200, "", mishap);
            }
            case "GET-TAGS" -> {
                StringBuilder xml = new StringBuilder("<Tagging><TagSet>");
                require(key)
                        .tags
                        .forEach((name, value) -> xml.append("<Tag><Key>")
                                .append(name)
                                .append("</Key><Value>")
                                .append(value)
                                .append("</Value></Tag>"));
                answer(exchange, 200, xml.append("</TagSet></Tagging>").toString(), mishap);
            }
            default -> throw new Refusal(405, "MethodNotAllowed");
        }
    }

    private static String text(Element parent, String name) {
        return parent.getElementsByTagName(name).item(0).getTextContent();
    }

    private static Element xml(byte[] body) throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(body))
                    .getDocumentElement();
        } catch (javax.xml.parsers.ParserConfigurationException | org.xml.sax.SAXException e) {
            throw new IOException(e);
        }
    }

    private static String storageClass(Headers request) {
        String wanted = request.getFirst("x-oss-storage-class");
        return wanted == null ? "Standard" : wanted;
    }

    private static Map<String, String> tags(String header) {
        return query(header);
    }

    /** By the bill's clock. */
    private String restored(String key, Entry entry) {
        Thawed thaw = bill == null ? null : thawed.get(key);
        if (thaw == null) {
            return bill == null ? entry.restore : "";
        }
        return bill.now().isBefore(thaw.from)
                ? "ongoing-request=\"true\""
                : bill.now().isBefore(thaw.until) ? readable() : "";
    }

    private Entry require(String key) throws Refusal {
        Entry entry = objects.computeIfPresent(key, (name, e) -> with(e, e.storageClass, restored(name, e)));
        if (entry == null) {
            throw new Refusal(404, "NoSuchKey");
        }
        return entry;
    }

    private static boolean frozen(Entry entry) {
        return entry.storageClass.contains("Archive") && !entry.restore.contains("false");
    }

    private Pending upload(String key, Map<String, String> query) throws Refusal {
        Pending pending = uploads.get(query.get("uploadId"));
        if (pending == null || !pending.key.equals(key)) {
            throw new Refusal(404, "NoSuchUpload");
        }
        return pending;
    }

    private Entry write(byte[] bytes, String storageClass, Map<String, String> tags) throws IOException {
        Path file = directory.resolve(UUID.randomUUID().toString());
        Files.write(file, bytes);
        Crc64 crc = new Crc64();
        crc.update(bytes, 0, bytes.length);
        return new Entry(file, bytes.length, crc.value(), storageClass, tags, "");
    }

    private void publish(String key, Entry entry, boolean forbidOverwrite) throws Refusal {
        if (forbidOverwrite ? objects.putIfAbsent(key, entry) != null : objects.put(key, entry) == null && false) {
            throw new Refusal(409, "FileAlreadyExists");
        }
        stored.computeIfAbsent(key, each -> new AtomicLong()).incrementAndGet();
        thawed.remove(key);
        if (bill != null) {
            bill.stored(key, StorageClass.of(entry.storageClass), entry.bytes);
        }
    }

    private static void told(HttpExchange exchange, Entry entry) {
        Headers headers = exchange.getResponseHeaders();
        headers.set("ETag", '"' + Long.toHexString(entry.crc).toUpperCase(java.util.Locale.ROOT) + '"');
        headers.set("x-oss-hash-crc64ecma", Long.toUnsignedString(entry.crc));
        headers.set("x-oss-storage-class", entry.storageClass);
    }

    private void get(HttpExchange exchange, String key, Entry entry, String range, Mishap mishap)
            throws IOException, Refusal {
        if (frozen(entry)) {
            throw new Refusal(403, "InvalidObjectState");
        }
        long from = 0;
        long to = entry.bytes - 1;
        if (range != null) {
            String[] ends = range.substring("bytes=".length()).split("-");
            from = Long.parseLong(ends[0]);
            to = Math.min(to, Long.parseLong(ends[1]));
            if (from > to) {
                throw new Refusal(416, "InvalidRange");
            }
        }
        byte[] bytes = new byte[(int) (to - from + 1)];
        try (RandomAccessFile file = new RandomAccessFile(entry.file.toFile(), "r")) {
            file.seek(from);
            file.readFully(bytes);
        }
        told(exchange, entry);
        if (bill != null) {
            bill.read(key, bytes.length);
        }
        if (mishap == Mishap.ANSWERED_DAMAGED) {
            bytes[bytes.length / 2] ^= 1;
        }
        exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + to + "/" + entry.bytes);
        answer(exchange, range == null ? 200 : 206, bytes, mishap);
    }

    private void complete(HttpExchange exchange, String key, Map<String, String> query, byte[] body, Mishap mishap)
            throws IOException, Refusal {
        Pending pending = upload(key, query);
        NodeList wanted = xml(body).getElementsByTagName("Part");
        Path file = directory.resolve(UUID.randomUUID().toString());
        Crc64 crc = new Crc64();
        int before = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < wanted.getLength(); i++) {
                int number = Integer.parseInt(text((Element) wanted.item(i), "PartNumber"));
                String tag = text((Element) wanted.item(i), "ETag").replace("\"", "");
                Entry part = pending.parts.get(number);
                if (part == null
                        || number <= before
                        || !Long.toHexString(part.crc).equalsIgnoreCase(tag)
                        || (i < wanted.getLength() - 1 && part.bytes < 100 << 10)) {
                    throw new Refusal(400, "InvalidPart");
                }
                before = number;
                byte[] bytes = Files.readAllBytes(part.file);
                crc.update(bytes, 0, bytes.length);
                out.write(bytes);
            }
        }
        Entry whole = new Entry(file, crc.bytes(), crc.value(), pending.storageClass, pending.tags, "");
        boolean forbid = pending.forbidOverwrite
                || "true".equals(exchange.getRequestHeaders().getFirst("x-oss-forbid-overwrite"));
        publish(key, whole, forbid);
        uploads.remove(query.get("uploadId"));
        told(exchange, whole);
        answer(
                exchange,
                200,
                "<CompleteMultipartUploadResult><Bucket>" + BUCKET + "</Bucket><Key>" + key
                        + "</Key><ETag>\"x\"</ETag></CompleteMultipartUploadResult>",
                mishap);
    }

    private void listParts(HttpExchange exchange, String key, Map<String, String> query, Mishap mishap)
            throws IOException, Refusal {
        int max = Math.min(1000, Integer.parseInt(query.getOrDefault("max-parts", "1000")));
        int after = Integer.parseInt(query.getOrDefault("part-number-marker", "0"));
        StringBuilder xml = new StringBuilder("<ListPartsResult>");
        int count = 0;
        int last = after;
        boolean truncated = false;
        for (Map.Entry<Integer, Entry> part :
                upload(key, query).parts.tailMap(after + 1).entrySet()) {
            if (count++ == max) {
                truncated = true;
                break;
            }
            last = part.getKey();
            xml.append("<Part><PartNumber>").append(last).append("</PartNumber><ETag>\"");
            xml.append(Long.toHexString(part.getValue().crc).toUpperCase(java.util.Locale.ROOT))
                    .append("\"</ETag><Size>");
            xml.append(part.getValue().bytes).append("</Size><HashCrc64ecma>");
            xml.append(Long.toUnsignedString(part.getValue().crc)).append("</HashCrc64ecma></Part>");
        }
        xml.append("<NextPartNumberMarker>").append(last).append("</NextPartNumberMarker><IsTruncated>");
        answer(
                exchange,
                200,
                xml.append(truncated).append("</IsTruncated></ListPartsResult>").toString(),
                mishap);
    }

    private void list(HttpExchange exchange, Map<String, String> query, Mishap mishap) throws IOException {
        String prefix = query.getOrDefault("prefix", "");
        String after = query.getOrDefault("continuation-token", query.getOrDefault("start-after", ""));
        int max = Integer.parseInt(query.getOrDefault("max-keys", "100"));
        List<Map.Entry<String, Entry>> found = new ArrayList<>();
        boolean truncated = false;
        for (Map.Entry<String, Entry> each : objects.tailMap(after, false).entrySet()) {
            if (!each.getKey().startsWith(prefix)) {
                if (each.getKey().compareTo(prefix) > 0) {
                    break;
                }
                continue;
            }
            if (found.size() == max) {
                truncated = true;
                break;
            }
            found.add(each);
        }
        if (mishap == Mishap.STALE_LIST && !found.isEmpty()) {
            found.removeLast();
            truncated = false;
        }
        StringBuilder xml = new StringBuilder("<ListBucketResult><Name>" + BUCKET + "</Name><IsTruncated>" + truncated
                + "</IsTruncated><KeyCount>" + found.size() + "</KeyCount>");
        if (truncated) {
            xml.append("<NextContinuationToken>")
                    .append(found.getLast().getKey())
                    .append("</NextContinuationToken>");
        }
        for (Map.Entry<String, Entry> each : found) {
            xml.append("<Contents><Key>")
                    .append(each.getKey())
                    .append("</Key><Size>")
                    .append(each.getValue().bytes);
            xml.append("</Size><StorageClass>")
                    .append(each.getValue().storageClass)
                    .append("</StorageClass>");
            xml.append("<LastModified>2026-01-01T00:00:00.000Z</LastModified>");
            String restore = restored(each.getKey(), each.getValue());
            if (!restore.isEmpty()) {
                xml.append("<RestoreInfo>")
                        .append(restore.replace("\"", "&quot;"))
                        .append("</RestoreInfo>");
            }
            xml.append("</Contents>");
        }
        answer(exchange, 200, xml.append("</ListBucketResult>").toString(), mishap);
    }

    private void answer(HttpExchange exchange, int status, String text, Mishap mishap) throws IOException {
        if (!text.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Type", "application/xml");
        }
        answer(exchange, status, text.getBytes(StandardCharsets.UTF_8), mishap);
    }

    private void answer(HttpExchange exchange, int status, byte[] body, Mishap mishap) throws IOException {
        if (mishap == Mishap.DONE_WITHOUT_ANSWER) {
            throw new Cut();
        }
        exchange.getResponseHeaders().set("x-oss-request-id", "test");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (mishap == Mishap.RESET_WHILE_ANSWERING) {
            exchange.getResponseBody().write(body, 0, body.length / 2);
            exchange.getResponseBody().flush();
            throw new Cut();
        }
        if (body.length > 0) {
            bytesOut.addAndGet(body.length);
            exchange.getResponseBody().write(body);
        }
    }

    // ---- the metadata service of an instance

    private void metadata(HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            answer(exchange, 200, "metadata-token", null);
            return;
        }
        boolean trusted = "metadata-token".equals(exchange.getRequestHeaders().getFirst("X-aliyun-ecs-metadata-token"));
        if (!trusted) {
            answer(exchange, 403, "", null);
            return;
        }
        metadataTokens++;
        OssCredentials.Keys keys = admitTemporarily("STS." + metadataTokens);
        String json =
                "{\"Code\":\"Success\",\"AccessKeyId\":\"" + keys.id() + "\",\"AccessKeySecret\":\"" + keys.secret()
                        + "\",\"SecurityToken\":\"" + keys.token() + "\",\"Expiration\":\""
                        + Instant.now().plusSeconds(3600) + "\"}";
        answer(exchange, 200, json, null);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
