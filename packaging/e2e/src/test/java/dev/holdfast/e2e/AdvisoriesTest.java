package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The check that CI makes: shipped components against published advisories, from a list or from a server. */
class AdvisoriesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COMPONENT = "org.eclipse.jetty:jetty-server";

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        // version, introduced, fixed, affected
        "12.1.14, 0, 12.1.15, true",
        "12.1.14, 12.0.0, 12.1.14, false",
        "12.1.14, 12.1.14, 13, true",
        "12.1.14, 12.1.15, 13, false",
        "12.1.9, 0, 12.1.14, true",
        "1.0-rc1, 0, 1.0, true",
        "1.0, 0, 1.0-rc1, false",
        "1.0-alpha2, 1.0-beta1, 2.0, false",
        "1.0.0, 1.0, 1.0.0, false",
        "2.9.10.8, 2.9.0, 2.9.10.8, false",
        "2.9.10.7, 2.9.0, 2.9.10.8, true",
        "1.5.7-6, 0, 1.5.7-28, true",
        "33.7.1-jre, 0, 33.7.1, false",
    })
    void rangesFollowTheOrderOfVersions(String version, String introduced, String fixed, boolean affected)
            throws Exception {
        write("A-1", COMPONENT, introduced, fixed);
        Product.Result result = check(bom(version), Map.of("HOLDFAST_ADVISORIES", directory.toString()));
        assertThat(result.code()).as("%s%s", result.out(), result.err()).isEqualTo(affected ? 1 : 0);
        assertThat(result.out().contains("ADVISORY A-1 " + COMPONENT + " " + version))
                .isEqualTo(affected);
    }

    @Test
    void otherComponentsAndWithdrawnAdvisoriesDoNotCount() throws Exception {
        write("A-1", "org.eclipse.jetty:jetty-client", "0", "99");
        ObjectNode withdrawn = advisory("A-2", COMPONENT, "0", "99");
        withdrawn.put("withdrawn", "2026-01-01T00:00:00Z");
        JSON.writeValue(directory.resolve("A-2.json").toFile(), withdrawn);
        assertThat(check(bom("12.1.14"), Map.of("HOLDFAST_ADVISORIES", directory.toString()))
                        .code())
                .isZero();
    }

    @Test
    void listedVersionsCountWithoutARange() throws Exception {
        ObjectNode advisory = advisory("A-1", COMPONENT, "0", "1");
        ((ObjectNode) advisory.path("affected").get(0)).putArray("versions").add("12.1.14");
        JSON.writeValue(directory.resolve("A-1.json").toFile(), advisory);
        assertThat(check(bom("12.1.14"), Map.of("HOLDFAST_ADVISORIES", directory.toString()))
                        .code())
                .isEqualTo(1);
    }

    @Test
    void anAcceptedAdvisoryNeedsAReason() throws Exception {
        write("A-1", COMPONENT, "0", "99");
        Path accepted =
                Files.writeString(directory.resolve("accepted"), "# comment\nA-1 the server part is not used\n");
        Map<String, String> environment = Map.of(
                "HOLDFAST_ADVISORIES", directory.toString(), "HOLDFAST_ADVISORIES_ACCEPTED", accepted.toString());
        Product.Result result = check(bom("12.1.14"), environment);
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("accepted A-1").contains("the server part is not used");
        Files.writeString(accepted, "A-1\n");
        assertThat(check(bom("12.1.14"), environment).code()).isEqualTo(2);
    }

    @Test
    void anEmptyListIsAnError() throws Exception {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        Product.Result result = check(shipped(), Map.of("HOLDFAST_ADVISORIES", empty.toString()));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("holds no advisories");
    }

    @Test
    void aServerIsAskedForEveryShippedComponent() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/querybatch", exchange -> {
            JsonNode request = JSON.readTree(exchange.getRequestBody());
            ObjectNode answer = JSON.createObjectNode();
            ArrayNode results = answer.putArray("results");
            for (JsonNode query : request.path("queries")) {
                ObjectNode result = results.addObject();
                if (query.path("package").path("name").asText().equals(COMPONENT)
                        && query.path("package").path("ecosystem").asText().equals("Maven")
                        && !query.path("version").asText().isEmpty()) {
                    result.putArray("vulns").addObject().put("id", "A-1");
                }
            }
            byte[] body = JSON.writeValueAsBytes(answer);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        try {
            Product.Result result = check(shipped(), Map.of("HOLDFAST_OSV", url));
            assertThat(result.code()).isEqualTo(1);
            assertThat(result.out()).contains("ADVISORY A-1 " + COMPONENT).contains("1 with an advisory");
        } finally {
            server.stop(0);
        }
        Product.Result result = check(shipped(), Map.of("HOLDFAST_OSV", url));
        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("NOT CHECKED");
    }

    private static Path shipped() {
        return Path.of(System.getProperty("holdfast.tree")).resolve("sbom/holdfast.cdx.json");
    }

    private Path bom(String version) throws Exception {
        ObjectNode bom = JSON.createObjectNode();
        bom.putArray("components")
                .addObject()
                .put("purl", "pkg:maven/" + COMPONENT.replace(':', '/') + "@" + version)
                .put("group", "org.eclipse.jetty")
                .put("name", "jetty-server")
                .put("version", version);
        Path file = directory.resolve("bom.cdx");
        JSON.writeValue(file.toFile(), bom);
        return file;
    }

    private void write(String id, String name, String introduced, String fixed) throws Exception {
        JSON.writeValue(directory.resolve(id + ".json").toFile(), advisory(id, name, introduced, fixed));
    }

    private static ObjectNode advisory(String id, String name, String introduced, String fixed) {
        ObjectNode advisory = JSON.createObjectNode().put("id", id);
        ObjectNode affected = advisory.putArray("affected").addObject();
        affected.putObject("package").put("ecosystem", "Maven").put("name", name);
        ArrayNode events =
                affected.putArray("ranges").addObject().put("type", "ECOSYSTEM").putArray("events");
        events.addObject().put("introduced", introduced);
        events.addObject().put("fixed", fixed);
        return advisory;
    }

    private static Product.Result check(Path bom, Map<String, String> environment) throws Exception {
        Path script = Path.of(System.getProperty("holdfast.root")).resolve(".ci/advisories.mjs");
        Path out = Files.createTempFile("advisories", ".out");
        Path err = Files.createTempFile("advisories", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder("node", script.toString(), bom.toString())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Product.Result(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
