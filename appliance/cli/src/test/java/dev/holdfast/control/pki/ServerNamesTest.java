package dev.holdfast.control.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A browser that knows the authority, and the appliance on a machine whose name no name service knows. */
class ServerNamesTest {
    @TempDir
    Path work;

    @Test
    void browserAcceptsEachNameOfAnApplianceWhoseHostNameIsUnknown() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        Path hosts = Files.createFile(work.resolve("no-hosts"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Djdk.net.hosts.file=" + hosts,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.holdfast.cli.ApplianceMain",
                        "run",
                        "--data",
                        directory.root().toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--api",
                        "127.0.0.1:0",
                        "--name",
                        "Backup.Example.com",
                        "--name",
                        "192.0.2.7")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder said = new StringBuilder();
            for (String line = out.readLine(); line != null && !line.contains("listens on"); line = out.readLine()) {
                said.append(line).append('\n');
            }
            Matcher api =
                    Pattern.compile("API on https://127\\.0\\.0\\.1:(\\d+)/").matcher(said);
            assertThat(api.find()).as(said.toString()).isTrue();
            int port = Integer.parseInt(api.group(1));
            SSLContext browser = browser(directory);
            for (String name : List.of("127.0.0.1", "localhost", "backup.example.com", "192.0.2.7", "::1")) {
                visit(browser, port, name);
            }
            assertThatThrownBy(() -> visit(browser, port, "other.example.com"))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("other.example.com");
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    /** Trusts the authority as browsers do, by the JDK's own rules. */
    private static SSLContext browser(DataDirectory directory) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", Authority.loadCertificate(directory.keys()));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static void visit(SSLContext browser, int port, String name) throws IOException {
        try (Socket plain = new Socket("127.0.0.1", port);
                SSLSocket socket = (SSLSocket) browser.getSocketFactory().createSocket(plain, name, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(20_000);
            socket.startHandshake();
        }
    }
}
