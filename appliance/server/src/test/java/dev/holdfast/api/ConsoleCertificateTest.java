package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console's certificate: uploaded, shown to the next connection, kept without its key in the clear, and returned. */
class ConsoleCertificateTest {
    @TempDir
    Path work;

    private static HttpResponse<String> upload(
            RunningAppliance appliance, RunningAppliance.Browser admin, String chain, String key) throws Exception {
        return appliance.call(
                admin, "PUT", "/certificate", JSON.writeValueAsString(Map.of("chain", chain, "key", key)));
    }

    private static String subject(RunningAppliance appliance) throws Exception {
        try (SSLSocket socket = appliance.connectAnew()) {
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return shown.getSubjectX500Principal().getName();
        }
    }

    @Test
    void uploadIsCheckedShownAndReturned() throws Exception {
        SelfSigned one = SelfSigned.of("backup.example.com");
        SelfSigned other = SelfSigned.of("other.example.com");
        Path file;
        try (RunningAppliance appliance = new RunningAppliance(work)) {
            RunningAppliance.Browser admin = appliance.signIn("administrator-user");
            JsonNode first = json(appliance.call(admin, "GET", "/certificate", null));
            assertThat(first.path("source").asText()).isEqualTo("authority");
            assertThat(first.path("names").toString()).contains("localhost");
            String own = subject(appliance);

            HttpResponse<String> mixed = upload(appliance, admin, one.chain(), other.key());
            assertThat(mixed.statusCode()).isEqualTo(400);
            assertThat(mixed.body()).contains("the key does not belong to").doesNotContain("PRIVATE KEY");
            assertThat(upload(appliance, admin, "no certificate", one.key()).body())
                    .contains("the certificate has 0 certificates in PEM");
            assertThat(upload(appliance, admin, one.chain(), "no key").body()).contains("the key has no private key");
            assertThat(subject(appliance)).isEqualTo(own);

            JsonNode now = json(upload(appliance, admin, one.chain(), one.key()));
            assertThat(now.path("source").asText()).isEqualTo("uploaded");
            assertThat(now.path("names").toString()).isEqualTo("[\"backup.example.com\"]");
            assertThat(now.toString()).doesNotContain("PRIVATE KEY");
            assertThat(subject(appliance)).isEqualTo("CN=backup.example.com");
            assertThat(appliance.call(admin, "GET", "/audit", null).body())
                    .contains("console certificate")
                    .doesNotContain("PRIVATE KEY");
            file = Objects.requireNonNull(appliance.controlDb().getParent()).resolve("keys/console-certificate.sealed");
            assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("PRIVATE", "CERTIFICATE");
            assertThat(Files.getPosixFilePermissions(file)).hasSize(2);

            assertThat(appliance.call(admin, "DELETE", "/certificate", null).statusCode())
                    .isEqualTo(204);
            assertThat(subject(appliance)).isEqualTo(own);
            assertThat(file).doesNotExist();
            assertThat(appliance.call(admin, "DELETE", "/certificate", null).statusCode())
                    .isEqualTo(404);
        }
    }
}
