package dev.holdfast.protocol.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signature files. The golden one was made by openssl, as packaging/linux/build makes them. */
class ReleaseSignatureTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/holdfast/protocol/release");

    @TempDir
    Path work;

    private static ReleaseSignature golden() throws Exception {
        return ReleaseSignature.read(GOLDEN.resolve("package.deb.sig"));
    }

    @Test
    void goldenSignatureIsReadVerifiedAndWrittenAlike() throws Exception {
        ReleaseSignature signature = golden();
        assertThat(signature.about().label()).isEqualTo("holdfast-client 1.2.0 (deb, amd64)");
        assertThat(signature.about().size()).isEqualTo(20);
        assertThat(signature.key()).isEqualTo("a050837d85070582");
        assertThat(signature.text()).isEqualTo(Files.readString(GOLDEN.resolve("package.deb.sig")));
        Files.copy(GOLDEN.resolve("release.pem"), work.resolve("release.pem"));
        ReleaseKeys.load(work).verify(signature);
    }

    /** Each field is signed: one file's signature serves for no other. */
    @ParameterizedTest
    @CsvSource({
        "product: holdfast-client, product: holdfast-other",
        "version: 1.2.0, version: 1.3.0",
        "architecture: amd64, architecture: arm64",
        "kind: deb, kind: tar.zst",
        "size: 20, size: 21",
        "sha256: e, sha256: f",
    })
    void alteredFieldIsRefused(String field, String other) throws Exception {
        String text = golden().text();
        String name = field.substring(0, field.indexOf(' '));
        String altered = name.equals("sha256:")
                ? text.replaceFirst("sha256: .", text.contains("sha256: 0") ? "sha256: 1" : "sha256: 0")
                : text.replace(field + "\n", other + "\n");
        assertThat(altered).isNotEqualTo(text);
        Files.copy(GOLDEN.resolve("release.pem"), work.resolve("release.pem"));
        ReleaseKeys keys = ReleaseKeys.load(work);
        ReleaseSignature read = ReleaseSignature.parse(altered);
        assertThatThrownBy(() -> keys.verify(read))
                .isInstanceOf(ReleaseRefusedException.class)
                .hasMessageContaining("altered");
    }

    @Test
    void otherKeyAndNoKeyAreRefused() throws Exception {
        ReleaseKeys none = ReleaseKeys.load(work.resolve("none"));
        assertThat(none.isEmpty()).isTrue();
        assertThatThrownBy(() -> none.verify(golden())).hasMessageContaining("trusts no release key");
        new ReleaseSigner().trustedIn(work);
        ReleaseKeys other = ReleaseKeys.load(work.resolve("release-keys"));
        assertThatThrownBy(() -> other.verify(golden())).hasMessageContaining("does not trust");
    }

    @Test
    void damagedKeyFileIsNoKeyLess() throws Exception {
        Files.writeString(work.resolve("vendor.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        assertThatThrownBy(() -> ReleaseKeys.load(work)).hasMessageContaining("vendor.pem");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "holdfast-release-signature\n",
                "holdfast-release-signature 01\n",
            })
    void otherTextIsNoSignature(String text) {
        assertThatThrownBy(() -> ReleaseSignature.parse(text))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("not a signature");
    }

    @Test
    void newerFormatIsToldApart() throws Exception {
        String text = golden().text().replace("signature 1\n", "signature 2\n");
        assertThatThrownBy(() -> ReleaseSignature.parse(text))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW));
    }

    @Test
    void onlyTheCanonicalTextIsRead() throws Exception {
        String text = golden().text();
        List<String> others = List.of(
                text.strip(),
                text + "\n",
                text + "more: x\n",
                text.replace("\n", "\r\n"),
                text.replace("size: 20", "size: 020"),
                text.replace("size: 20", "size: +20"),
                text.replace("size: 20", "size: 0"),
                text.replace("size: 20", "size: " + (ReleasePackage.MAX_BYTES + 1)),
                text.replace("size: 20", "size: 99999999999999999999"),
                text.replace("kind: deb", "kind: rpm"),
                text.replace("version: 1.2.0", "version: -1"),
                text.replace("architecture: amd64\n", ""),
                text.replaceFirst("key: .*\n", "key: short\n"),
                text.replaceFirst("signature: .*\n", "signature: AAAA\n"),
                text + "x".repeat(ReleaseSignature.MAX_BYTES));
        for (String each : others) {
            assertThat(each).isNotEqualTo(text);
            assertThatThrownBy(() -> ReleaseSignature.parse(each)).as(each).isInstanceOf(FormatException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1.0~rc1, 1.0",
        "1.0, 1.0+fix1",
        "1.0, 1.0.1",
        "1.0+next, 1.0.1",
        "1.9, 1.10",
        "1.0a, 1.0b",
        "1.0a, 1.0+",
        "0.9, 1",
        "1.99999999999999999999, 2.0"
    })
    void versionsAreOrderedAsDpkgDoes(String older, String newer) {
        ReleaseVersion a = new ReleaseVersion(older);
        ReleaseVersion b = new ReleaseVersion(newer);
        assertThat(a).isLessThan(b);
        assertThat(b).isGreaterThan(a);
        assertThat(a).isEqualByComparingTo(a);
    }

    @Test
    void leadingZerosCountForNothing() {
        assertThat(new ReleaseVersion("1.01")).isEqualByComparingTo(new ReleaseVersion("1.1"));
    }
}
