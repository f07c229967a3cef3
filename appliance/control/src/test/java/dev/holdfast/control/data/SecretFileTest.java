package dev.holdfast.control.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passphrases and passwords in files of other encodings. */
class SecretFileTest {
    @TempDir
    Path dir;

    @Test
    void aPassphraseIsBytes() throws Exception {
        byte[] latin = "Schl\u00fcssel\u00df".getBytes(StandardCharsets.ISO_8859_1);
        Path file = Files.write(dir.resolve("latin"), latin);
        assertThat(SecretFile.line(file)).isEqualTo(latin);
        Files.writeString(file, "Schl\u00fcssel\r\nsecond");
        assertThat(SecretFile.line(file)).isEqualTo("Schl\u00fcssel".getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, "");
        assertThat(SecretFile.line(file)).isEmpty();
    }

    @Test
    void aPasswordThatCouldNotBeTypedIsRefused() throws Exception {
        Path file = Files.write(dir.resolve("latin"), "Schl\u00fcssel".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> SecretFile.text(file)).hasMessageContaining("latin is not UTF-8 text");
        Files.writeString(file, "Schl\u00fcssel\n");
        assertThat(SecretFile.text(file)).isEqualTo("Schl\u00fcssel\n");
    }
}
