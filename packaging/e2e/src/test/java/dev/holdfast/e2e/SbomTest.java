package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The software bill of materials lists exactly what the installable tree contains. */
class SbomTest {
    private static final Path TREE = Path.of(System.getProperty("holdfast.tree"));
    private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));
    private static final ObjectMapper JSON = new ObjectMapper();

    private static JsonNode bom;
    private static Map<String, JsonNode> byFile;

    @BeforeAll
    static void read() throws IOException {
        bom = JSON.readTree(TREE.resolve("sbom/holdfast.cdx.json").toFile());
        byFile = new HashMap<>();
        for (JsonNode component : bom.path("components")) {
            for (JsonNode property : component.path("properties")) {
                if (property.path("name").asText().equals("holdfast:file")) {
                    assertThat(byFile.put(property.path("value").asText(), component))
                            .as("components for %s", property.path("value"))
                            .isNull();
                }
            }
        }
    }

    @Test
    void everyShippedJarIsListedWithVersionAndHash() throws Exception {
        List<Path> jars;
        try (Stream<Path> files = Files.list(TREE.resolve("lib"))) {
            jars = files.toList();
        }
        assertThat(jars).hasSizeGreaterThan(50);
        for (Path jar : jars) {
            JsonNode component = byFile.get("lib/" + jar.getFileName());
            assertThat(component).as("component for %s", jar).isNotNull();
            String name = component.path("name").asText();
            String version = component.path("version").asText();
            assertThat(jar.getFileName().toString()).startsWith(name + "-" + version);
            assertThat(component.path("purl").asText())
                    .startsWith("pkg:maven/" + component.path("group").asText() + "/" + name + "@" + version);
            assertThat(hash(component, "SHA-256")).as("SHA-256 of %s", jar).isEqualTo(sha256(jar));
        }
        assertThat(byFile).as("files in the bill of materials").hasSameSizeAs(jars);
    }

    @Test
    void everyProductionPackageOfTheConsoleIsListedWithVersionAndHash() throws Exception {
        JsonNode lock =
                JSON.readTree(ROOT.resolve("web/package-lock.json").toFile()).path("packages");
        int production = 0;
        for (Map.Entry<String, JsonNode> entry : lock.properties()) {
            JsonNode locked = entry.getValue();
            if (entry.getKey().isEmpty()
                    || locked.path("dev").asBoolean()
                    || locked.path("devOptional").asBoolean()) {
                continue;
            }
            String name = entry.getKey().substring(entry.getKey().lastIndexOf("node_modules/") + 13);
            JsonNode component = npm(name, locked.path("version").asText());
            assertThat(component).as("component for %s", entry.getKey()).isNotNull();
            assertThat(hash(component, "SHA-512")).hasSize(128);
            production++;
        }
        assertThat(production).isGreaterThan(20);
    }

    @Test
    void whatOnlyTheBuildUsesIsNotListed() {
        assertThat(bom.path("components"))
                .extracting(component -> component.path("name").asText())
                .contains("rocksdbjni", "javalin", "react", "loose-envify", "js-tokens", "holdfast-server")
                .doesNotContain("junit-jupiter-api", "assertj-core", "archunit", "vite", "typescript");
    }

    @Test
    void everyDependencyNamesAListedComponent() {
        List<String> refs = Stream.concat(
                        Stream.of(bom.path("metadata").path("component")),
                        bom.path("components").valueStream())
                .map(component -> component.path("bom-ref").asText())
                .toList();
        assertThat(refs).doesNotHaveDuplicates();
        for (JsonNode dependency : bom.path("dependencies")) {
            assertThat(refs).contains(dependency.path("ref").asText());
            for (JsonNode to : dependency.path("dependsOn")) {
                assertThat(refs).contains(to.asText());
            }
        }
    }

    private static JsonNode npm(String name, String version) {
        for (JsonNode component : bom.path("components")) {
            if (component.path("purl").asText().startsWith("pkg:npm/")
                    && component.path("purl").asText().endsWith(name.replace("@", "%40") + "@" + version)) {
                return component;
            }
        }
        return null;
    }

    private static String hash(JsonNode component, String algorithm) {
        for (JsonNode hash : component.path("hashes")) {
            if (hash.path("alg").asText().equals(algorithm)) {
                return hash.path("content").asText();
            }
        }
        return "";
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
