package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An office run by the API alone: enrolled, planned, backed up, searched, brought back. */
class ApiE2eTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    Path work;

    private HttpClient http;
    private Product product;
    private String root;
    private String cookie = "";
    private String csrf = "";

    private HttpResponse<String> call(int status, String method, String path, Object body) throws Exception {
        HttpRequest.BodyPublisher sent = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body instanceof String s ? s : JSON.writeValueAsString(body));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + path))
                .header("Content-Type", "application/json")
                .method(method, sent);
        if (!cookie.isEmpty()) {
            request.header("Cookie", cookie).header("X-CSRF-Token", csrf);
        }
        HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode())
                .as(method + " " + path + ": " + response.body())
                .isEqualTo(status);
        return response;
    }

    private JsonNode get(String path) throws Exception {
        return JSON.readTree(call(200, "GET", path, null).body());
    }

    private JsonNode done(long task) throws Exception {
        for (int i = 0; i < 600; i++) {
            JsonNode shown = get("/tasks/" + task).path("task");
            if (!shown.path("state").asText().matches("QUEUED|RUNNING")) {
                assertThat(shown.path("state").asText()).as(shown.toString()).isEqualTo("DONE");
                return shown;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("task " + task + " does not end");
    }

    private void open(Product product) throws Exception {
        Pattern line = Pattern.compile("API on (https://\\S+)");
        for (int i = 0; i < 300 && !line.matcher(product.output()).find(); i++) {
            Thread.sleep(100);
        }
        Matcher url = line.matcher(product.output());
        assertThat(url.find()).isTrue();
        root = url.group(1);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var in = Files.newInputStream(product.data.resolve("keys/ca.crt"))) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, managers.getTrustManagers(), null);
        http = HttpClient.newBuilder().sslContext(tls).build();
    }

    @Test
    void anOfficeIsRunByTheApi() throws Exception {
        Path office = work.resolve("office");
        Random random = new Random(6);
        for (int i = 0; i < 30; i++) {
            byte[] content = new byte[1000 + random.nextInt(300_000)];
            random.nextBytes(content);
            Files.createDirectories(office.resolve("dir " + i % 3));
            Files.write(office.resolve("dir " + i % 3 + "/file-" + i + ".dat"), content);
        }
        Files.writeString(office.resolve("<img src=x onerror=alert(1)>.txt"), "a name that is no markup");
        // To some programs that unpack, backslashes part names.
        Files.writeString(office.resolve("dir 1/..\\..\\evil.txt"), "out of here");
        Files.createLink(office.resolve("hard"), office.resolve("dir 0/file-0.dat"));
        Files.createSymbolicLink(office.resolve("soft"), Path.of("dir 1"));
        settle(office);
        try (Product started = new Product(work.resolve("p"), "dev", "--api", "127.0.0.1:0")) {
            product = started;
            open(product);
            Path password = work.resolve("password");
            Files.writeString(password, PASSWORD + "\n");
            product.run(
                            "appliance",
                            "user",
                            "add",
                            "ann",
                            "--role",
                            "administrator",
                            "--password-file",
                            password.toString(),
                            "--data",
                            product.data.toString())
                    .mustBe(0);
            HttpResponse<String> session = call(200, "POST", "/session", Map.of("user", "ann", "password", PASSWORD));
            csrf = JSON.readTree(session.body()).path("csrf").asText();
            cookie = session.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];

            JsonNode token = JSON.readTree(call(200, "POST", "/nodes/tokens", Map.of("validMinutes", 10))
                    .body());
            Product.Client client = product.new Client(work.resolve("state"));
            client.run("enroll", product.url(), "--token", token.path("token").asText(), "--name", "db1")
                    .mustBe(0);
            Product.Running service = client.launch(
                    "service", "--restore-below", work.resolve("back").toString());
            try {
                run(client, office);
            } finally {
                service.process().destroy();
                assertThat(service.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    /** An archive keeps times to 100 ns. */
    private static void settle(Path tree) throws Exception {
        Process touch = new ProcessBuilder(
                        "find", tree.toString(), "-exec", "touch", "-h", "-d", "@1795458000", "{}", "+")
                .inheritIO()
                .start();
        assertThat(touch.waitFor()).isZero();
    }

    private void run(Product.Client client, Path office) throws Exception {
        call(204, "PUT", "/plans/nightly", """
                {"what":{"paths":["%s"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                 "when":{"schedule":"@daily","zone":"UTC","hours":[],"jitterMinutes":0,"makeUp":true,"overdueMinutes":60},
                 "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""".formatted(office));
        call(204, "PUT", "/plans/nightly/nodes/db1", null);
        JsonNode first = backup();
        Files.writeString(office.resolve("dir 0/file-3.dat"), "a second version");
        settle(office);
        JsonNode second = backup();
        String id = second.path("snapshot").asText();

        JsonNode nodes = get("/nodes").path("nodes");
        assertThat(nodes.get(0).path("connected").asBoolean()).isTrue();
        assertThat(nodes.get(0).path("snapshots").asInt()).isEqualTo(2);
        assertThat(get("/snapshots?node=db1").path("snapshots")).hasSize(2);
        // What the node has now, as its service tells it.
        JsonNode folders = get("/nodes/db1/folders?path=" + encode(office.getParent() + "/"));
        assertThat(folders.path("path").asText()).isEqualTo(office.getParent().toString());
        assertThat(folders.path("folders").findValuesAsText("path")).contains(office.toString());
        call(409, "GET", "/nodes/db1/folders?path=" + encode(office + "/absent"), null);
        call(400, "GET", "/nodes/db1/folders?path=" + encode("/etc/../root"), null);
        // A folder, in two parts.
        String folder = office + "/dir 0";
        JsonNode part = get("/snapshots/" + id + "/files?limit=4&path=" + encode(folder));
        assertThat(part.path("entries")).hasSize(4);
        JsonNode rest = get("/snapshots/" + id + "/files?path=" + encode(folder) + "&after="
                + encode(part.path("next").asText()));
        assertThat(rest.path("entries")).hasSize(6);
        assertThat(get("/snapshots/" + id + "/files?path=" + encode(office.toString()))
                        .toString())
                .contains("<img src=x onerror=alert(1)>.txt");
        // Two versions of one file, one of the others.
        JsonNode versions = get("/search?node=db1&name=FILE-3.");
        assertThat(versions.path("versions")).hasSize(2);
        assertThat(versions.path("next").asText()).isEmpty();
        // The same, one by one.
        JsonNode one = get("/search?node=db1&limit=1&name=FILE-3.");
        assertThat(one.at("/versions/0/snapshot").asText()).isEqualTo(id);
        JsonNode other = get("/search?node=db1&limit=1&name=FILE-3.&after="
                + encode(one.path("next").asText()));
        assertThat(other.at("/versions/0/snapshot").asText())
                .isEqualTo(first.path("snapshot").asText());
        assertThat(get("/search?node=db1&name=file-4.").path("versions")).hasSize(1);

        Path archive = work.resolve("part.tar");
        HttpResponse<Path> tar = http.send(
                HttpRequest.newBuilder(
                                URI.create(root + "/snapshots/" + id + "/archive?path=" + encode(office.toString())))
                        .header("Cookie", cookie)
                        .build(),
                HttpResponse.BodyHandlers.ofFile(archive));
        assertThat(tar.statusCode()).isEqualTo(200);
        Path unpacked = Files.createDirectories(work.resolve("unpacked"));
        Process process = new ProcessBuilder("tar", "-xpf", archive.toString(), "-C", unpacked.toString())
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
        Product.Result same = client.run(
                "compare", office.toString(), unpacked.resolve("office").toString());
        assertThat(same.code()).as(same.out() + same.err()).isZero();

        long restore = JSON.readTree(call(
                                200,
                                "POST",
                                "/snapshots/" + id + "/restore",
                                Map.of(
                                        "paths",
                                        List.of(office.toString()),
                                        "target",
                                        work.resolve("back").toString()))
                        .body())
                .path("task")
                .asLong();
        done(restore);
        assertThat(client.run(
                                "compare",
                                office.toString(),
                                work.resolve("back/office").toString())
                        .code())
                .isZero();

        JsonNode plan =
                JSON.readTree(call(200, "POST", "/snapshots/" + id + "/restore-plan", Map.of("paths", List.of(folder)))
                        .body());
        assertThat(plan.path("files").asInt()).isEqualTo(10);
        assertThat(plan.path("localBytes").asLong())
                .isBetween(1L, plan.path("bytes").asLong() + 100_000);
        assertThat(plan.path("cloudBytes").asLong()).isZero();
        assertThat(plan.path("complete").asBoolean()).isTrue();
        zip(id, folder, office);
        toAnotherNode(id, folder, office);

        // Nothing of all that alarms anybody; a rehearsal is told of where it was one.
        assertThat(get("/events").path("events").findValuesAsText("severity")).doesNotContain("ALERT");
        assertThat(get("/nodes/db1").path("rehearsals")).isEmpty();
        done(JSON.readTree(call(200, "POST", "/nodes/db1/drill", null).body())
                .path("task")
                .asLong());
        assertThat(get("/nodes/db1").at("/rehearsals/0/passed").asBoolean()).isTrue();

        call(204, "PUT", "/snapshots/" + id + "/lock", Map.of("days", 10, "compliance", true));
        call(409, "DELETE", "/snapshots/" + id, null);
        call(409, "PUT", "/snapshots/" + id + "/lock", Map.of("days", 1, "compliance", true));
        call(204, "DELETE", "/snapshots/" + first.path("snapshot").asText(), null);
        assertThat(get("/snapshots").path("snapshots")).hasSize(1);
        JsonNode entries = get("/audit").path("entries");
        assertThat(entries.findValuesAsText("action")).contains("download", "forget");
        assertThat(entries.findValuesAsText("object")).contains(id + ":" + office);
        assertThat(get("/audit?verify=true").path("broken").asLong()).isZero();
    }

    /** Two parts of the tree, from where they part. */
    private void zip(String id, String folder, Path office) throws Exception {
        Path archive = work.resolve("part.zip");
        HttpResponse<Path> zip = http.send(
                HttpRequest.newBuilder(URI.create(root + "/snapshots/" + id + "/archive?format=zip&path="
                                + encode(folder + "/file-3.dat") + "&path=" + encode(office + "/dir 1") + "&path="
                                + encode(office + "/dir 1/file-4.dat")))
                        .header("Cookie", cookie)
                        .build(),
                HttpResponse.BodyHandlers.ofFile(archive));
        assertThat(zip.statusCode()).isEqualTo(200);
        try (ZipFile file = new ZipFile(archive.toFile())) {
            assertThat(file.stream().map(ZipEntry::getName))
                    .hasSize(13)
                    .contains("dir 0/file-3.dat", "dir 1/file-4.dat", "dir 1/..%5C..%5Cevil.txt");
            byte[] content =
                    file.getInputStream(file.getEntry("dir 1/file-4.dat")).readAllBytes();
            assertThat(content).isEqualTo(Files.readAllBytes(office.resolve("dir 1/file-4.dat")));
        }
        call(404, "GET", "/snapshots/" + id + "/archive?path=" + encode(office + "/nowhere"), null);
        call(400, "GET", "/snapshots/" + id + "/archive?path=" + encode("../../etc/passwd"), null);
    }

    /** What one node lost comes back to another, which reads it for so long and no longer. */
    private void toAnotherNode(String id, String folder, Path office) throws Exception {
        JsonNode token = JSON.readTree(
                call(200, "POST", "/nodes/tokens", Map.of("validMinutes", 10)).body());
        Product.Client spare = product.new Client(work.resolve("spare-state"));
        spare.run("enroll", product.url(), "--token", token.path("token").asText(), "--name", "spare")
                .mustBe(0);
        assertThat(spare.run("ls", id + ":" + folder).code()).isNotZero();
        Path back = work.resolve("spare-back");
        Product.Running service = spare.launch("service", "--restore-below", back.toString());
        try {
            JsonNode task = JSON.readTree(call(
                            200,
                            "POST",
                            "/snapshots/" + id + "/restore",
                            Map.of(
                                    "paths",
                                    List.of(folder, office + "/dir 2"),
                                    "target",
                                    back.resolve("x").toString(),
                                    "node",
                                    "spare"))
                    .body());
            JsonNode ended = done(task.path("task").asLong());
            assertThat(ended.path("node").asText()).isEqualTo("spare");
        } finally {
            service.process().destroy();
            assertThat(service.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        for (String each : List.of("dir 0", "dir 2")) {
            Product.Result same = spare.run(
                    "compare",
                    office.resolve(each).toString(),
                    back.resolve("x/" + each).toString());
            assertThat(same.code()).as(same.out() + same.err()).isZero();
        }
        assertThat(spare.run("ls", id + ":" + folder).code()).isNotZero();
    }

    private JsonNode backup() throws Exception {
        JsonNode tasks =
                JSON.readTree(call(200, "POST", "/plans/nightly/run", Map.of("nodes", new String[0], "fullRead", false))
                        .body());
        return done(tasks.path("tasks").get(0).asLong());
    }

    private static String encode(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }
}
