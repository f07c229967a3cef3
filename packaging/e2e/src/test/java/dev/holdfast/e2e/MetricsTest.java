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
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an appliance tells Prometheus, what the dashboard asks for, and what the log holds. */
class MetricsTest {
    private static final Pattern NAME = Pattern.compile("holdfast_[a-z_]+");

    @TempDir
    Path work;

    @Test
    void theDashboardFindsWhatItAsksFor() throws Exception {
        Path source = work.resolve("source");
        Files.createDirectories(source);
        Files.writeString(source.resolve("file"), "content ".repeat(10_000));
        try (Product product =
                new Product(work.resolve("p"), "dev", "--metrics", "127.0.0.1:0", "--log-level", "DEBUG")) {
            Product.Client client = product.enrol("db1");
            product.run(
                            "appliance",
                            "vault",
                            "set",
                            "file://" + work.resolve("vault"),
                            "--data",
                            product.data.toString())
                    .mustBe(0);
            product.run(
                            "appliance",
                            "plan",
                            "set",
                            "p",
                            "--path",
                            "/x",
                            "--schedule",
                            "@daily",
                            "--data",
                            product.data.toString())
                    .mustBe(0);
            product.run("appliance", "plan", "bind", "p", "db1", "--data", product.data.toString())
                    .mustBe(0);
            product.stop();
            product.start();
            client.backup(0, source.toString());
            product.run("appliance", "vault", "upload", "--wait", "--data", product.data.toString())
                    .mustBe(0);
            Matcher url = Pattern.compile("Metrics on (http://\\S+)").matcher(product.output());
            assertThat(url.find()).isTrue();
            String text = "";
            for (int i = 0; i < 50 && !text.contains("holdfast_offsite_rpo_seconds{"); i++) {
                Thread.sleep(200);
                text = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(url.group(1))).build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
            }
            assertThat(text).contains("holdfast_snapshots{node=\"db1\"} 1.0");
            TreeSet<String> asked = NAME.matcher(Files.readString(Path.of("../grafana/holdfast.json")))
                    .results()
                    .map(found -> found.group())
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(asked).hasSizeGreaterThan(12);
            for (String name : asked) {
                assertThat(text).containsPattern("(?m)^" + name + "[ {]");
            }
            assertThat(product.run("appliance", "tasks", "list", "--data", product.data.toString())
                            .mustBe(0)
                            .out())
                    .contains("upload");
        }
        logIsWhole(work.resolve("p/appliance/logs"));
    }

    private static void logIsWhole(Path logs) throws Exception {
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file :
                    files.filter(each -> !each.toString().endsWith(".lck")).toList()) {
                for (String line : Files.readAllLines(file)) {
                    JsonNode parsed = new ObjectMapper().readTree(line);
                    assertThat(parsed.path("at").asText()).isNotEmpty();
                    assertThat(parsed.path("level").asText()).isNotEmpty();
                    assertThat(line).doesNotContain("PRIVATE KEY").doesNotContain("hf1.");
                }
            }
        }
    }
}
