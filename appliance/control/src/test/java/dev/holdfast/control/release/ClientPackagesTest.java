package dev.holdfast.control.release;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages arrive in parts, are offered when they are whole, and survive interruptions. */
class ClientPackagesTest {
    private static final byte[] CONTENT = "a package of the client".getBytes(US_ASCII);

    @TempDir
    Path root;

    private ReleaseSigner vendor;
    private ClientPackages packages;

    @BeforeEach
    void open() throws Exception {
        vendor = new ReleaseSigner();
        packages = new ClientPackages(root);
    }

    private ReleaseSignature add(byte[] content, String version) throws Exception {
        ReleaseSignature signature = vendor.sign(content, version, PackageKind.DEB);
        packages.offer(signature);
        packages.append(signature.about().sha256(), 0, content);
        return signature;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("client-packages"))) {
            return files.map(each -> each.getFileName().toString().replaceFirst("^[0-9a-f]{64}", "H"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void arrivesInPartsAndResumes() throws Exception {
        ReleaseSignature signature = vendor.sign(CONTENT, "1.2.0", PackageKind.DEB);
        String id = signature.about().sha256();
        assertThat(packages.list()).isEmpty();
        assertThat(packages.offer(signature)).isZero();
        assertThat(packages.append(id, 0, Arrays.copyOf(CONTENT, 5))).isEqualTo(5);
        assertThat(packages.list()).isEmpty();
        assertThat(new ClientPackages(root).offer(signature)).isEqualTo(5);
        assertThatThrownBy(() -> packages.append(id, 0, CONTENT)).hasMessageContaining("5 of 23 bytes");
        assertThat(packages.append(id, 5, Arrays.copyOfRange(CONTENT, 5, CONTENT.length)))
                .isEqualTo(CONTENT.length);
        assertThat(packages.list()).containsExactly(signature);
        assertThat(packages.offer(signature)).isEqualTo(CONTENT.length);
        assertThat(files()).containsExactly("H.package", "H.sig");
        assertThat(packages.read(signature.about(), 2, 7)).isEqualTo("package".getBytes(US_ASCII));
        assertThat(packages.read(signature.about(), CONTENT.length - 1, 7)).hasSize(1);
        assertThat(packages.read(signature.about(), CONTENT.length + 5, 7)).isEmpty();
    }

    @Test
    void otherContentIsNotOffered() throws Exception {
        ReleaseSignature signature = vendor.sign(CONTENT, "1.2.0", PackageKind.DEB);
        byte[] altered = CONTENT.clone();
        altered[3] ^= 1;
        packages.offer(signature);
        assertThatThrownBy(() -> packages.append(signature.about().sha256(), 0, altered))
                .isInstanceOf(ClientPackages.NotTakenException.class)
                .hasMessageContaining("not the one that was signed");
        assertThat(files()).isEmpty();
        assertThatThrownBy(() -> packages.append(signature.about().sha256(), 0, CONTENT))
                .hasMessageContaining("was offered");
        assertThatThrownBy(() -> packages.append("../x", 0, CONTENT)).hasMessageContaining("was offered");
    }

    @Test
    void moreThanTheSignedSizeIsRefused() throws Exception {
        ReleaseSignature signature = vendor.sign(CONTENT, "1.2.0", PackageKind.DEB);
        packages.offer(signature);
        assertThatThrownBy(() ->
                        packages.append(signature.about().sha256(), 0, Arrays.copyOf(CONTENT, CONTENT.length + 1)))
                .isInstanceOf(ClientPackages.NotTakenException.class);
    }

    @Test
    void newestVersionComesFirst() throws Exception {
        add(new byte[] {1}, "1.9");
        ReleaseSignature newest = add(new byte[] {2}, "1.10");
        add(new byte[] {3}, "1.10~rc1");
        assertThat(packages.newest()).contains(new ReleaseVersion("1.10"));
        assertThat(packages.list().getFirst()).isEqualTo(newest);
        assertThat(packages.of(new ReleaseVersion("1.10"))).containsExactly(newest);
    }

    @Test
    void removedPackageIsGone() throws Exception {
        ReleaseSignature signature = add(CONTENT, "1.0");
        assertThat(packages.remove(signature.about().sha256())).isTrue();
        assertThat(packages.remove(signature.about().sha256())).isFalse();
        assertThat(files()).isEmpty();
        assertThatThrownBy(() -> packages.read(signature.about(), 0, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void numberOfPackagesIsLimited() throws Exception {
        for (int i = 0; i < ClientPackages.MAX_PACKAGES; i++) {
            add(new byte[] {(byte) i}, "1." + i);
        }
        ReleaseSignature more = vendor.sign(CONTENT, "2.0", PackageKind.DEB);
        assertThatThrownBy(() -> packages.offer(more)).hasMessageContaining("20 packages");
    }

    @Test
    void otherProductsAreNotOffered() throws Exception {
        ReleaseSignature other = vendor.sign(new ReleasePackage(
                "holdfast-appliance", new ReleaseVersion("1.0"), "amd64", PackageKind.DEB, 1, "0".repeat(64)));
        assertThatThrownBy(() -> packages.offer(other)).hasMessageContaining("holdfast-client");
    }

    @Test
    void damagedSignatureHidesNoOtherPackage() throws Exception {
        ReleaseSignature signature = add(CONTENT, "1.0");
        Files.writeString(root.resolve("client-packages/" + "0".repeat(64) + ".sig"), "damaged");
        assertThat(packages.list()).containsExactly(signature);
    }
}
