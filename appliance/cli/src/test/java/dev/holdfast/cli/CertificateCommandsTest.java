package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.SelfSigned;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way back from an uploaded certificate that browsers refuse. */
class CertificateCommandsTest {
    @TempDir
    Path work;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private int run(String... words) {
        said.reset();
        String[] all = Stream.concat(Stream.of(words), Stream.of("--data", work + "/data"))
                .toArray(String[]::new);
        return ApplianceMain.run(new StandardOutput(said), all);
    }

    @Test
    void uploadIsShownAndReset() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        assertThat(run("certificate", "reset")).isEqualTo(ExitCode.NOT_FOUND);
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                Appliance appliance =
                        new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), silent())) {
            assertThat(appliance.serveApi(new InetSocketAddress("127.0.0.1", 0)))
                    .isPositive();
            assertThat(run("certificate", "show")).isZero();
            assertThat(said.toString(StandardCharsets.UTF_8)).contains("source       authority");
            SelfSigned made = SelfSigned.of("backup.example.com");
            try (ApiClient api = new ApiClient(
                    ApplianceOptions.transport(
                            directory, new CredentialOptions(), new PrintWriter(PrintWriter.nullWriter())),
                    words -> "")) {
                api.put("/certificate", Map.of("chain", made.chain(), "key", made.key()));
            }
            assertThat(run("certificate", "show")).isZero();
            assertThat(said.toString(StandardCharsets.UTF_8))
                    .contains("source       uploaded", "name         backup.example.com");
            assertThat(run("certificate", "reset")).isZero();
            assertThat(run("certificate", "show")).isZero();
            assertThat(said.toString(StandardCharsets.UTF_8)).contains("source       authority");
        }
    }

    private static IndexRecovery.Progress silent() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }
}
