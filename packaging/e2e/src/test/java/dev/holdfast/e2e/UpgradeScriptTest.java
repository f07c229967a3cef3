package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The installer of upgrades, on a root directory of its own; the client that verifies is real. */
class UpgradeScriptTest {
    private static final byte[] PACKAGE = "a package".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path root;

    private final ReleaseSigner vendor;
    private UpgradeRoot machine;
    private Path handover;

    UpgradeScriptTest() throws Exception {
        vendor = new ReleaseSigner();
    }

    @BeforeEach
    void make() throws IOException {
        machine = new UpgradeRoot(root, vendor);
        handover = machine.handover;
    }

    private static final String INSTALL = "dpkg --force-confold -i /var/lib/holdfast-upgrade/";

    @Test
    void packageIsVerifiedAndInstalled() throws Exception {
        machine.installDeb();
        machine.handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        UpgradeRoot.Ran ran = machine.run();
        assertThat(ran.code()).as(ran.said()).isZero();
        assertThat(machine.calls()).containsExactly(INSTALL + "package", "systemctl restart holdfast-client");
        assertThat(handover.resolve("ready")).doesNotExist();
        assertThat(handover.resolve("outcome")).doesNotExist();
        assertThat(ran.said()).contains("version 1.2.0 is installed and has reached the appliance");
        // A second start has nothing to do.
        assertThat(machine.run().code()).isZero();
        assertThat(machine.calls()).hasSize(2);
    }

    @Test
    void previousPackageComesBackIfTheNewVersionIsNotHeardOf() throws Exception {
        machine.installDeb();
        machine.tool("systemctl", "exit 0");
        machine.handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        UpgradeRoot.Ran ran = machine.run();
        assertThat(ran.code()).as(ran.said()).isEqualTo(3);
        assertThat(machine.calls())
                .containsExactly(
                        INSTALL + "package",
                        "systemctl restart holdfast-client",
                        INSTALL + "previous.deb",
                        "systemctl restart holdfast-client");
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("version 1.2.0 did not reach the appliance within 5 minutes")
                .contains("version 1.1.0 is installed again");
        assertThat(handover.resolve("decision")).hasContent("previous");
        // It is a package that dpkg can install: with the files as they were.
        Process content = new ProcessBuilder(
                        "dpkg-deb",
                        "-c",
                        root.resolve("var/lib/holdfast-upgrade/previous.deb").toString())
                .start();
        assertThat(new String(content.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("./usr/lib/holdfast/client.release");
        assertThat(content.waitFor()).isZero();
    }

    @Test
    void packageThatDpkgRefusesIsTakenBack() throws Exception {
        machine.installDeb();
        machine.tool("dpkg", "case $3 in */package) echo 'unmet dependencies'; exit 1 ;; esac");
        machine.handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("could not be installed: unmet dependencies")
                .contains("version 1.1.0 is installed again");
    }

    @Test
    void whatTheClientMustNotInstallIsNotTouched() throws Exception {
        Path home = machine.installDeb();
        machine.handOver("another".getBytes(StandardCharsets.US_ASCII), PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("the installer refuses the package")
                .contains("truncated");
        machine.handOver(PACKAGE, PACKAGE, "1.0.0", PackageKind.DEB);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("older than this client");
        assertThat(machine.calls()).isEmpty();
        // This machine's administrator may allow it.
        Files.writeString(root.resolve("etc/holdfast/client.toml"), "allow-downgrade = true\n");
        Files.delete(handover.resolve("outcome"));
        Files.createFile(handover.resolve("ready"));
        UpgradeRoot.Ran ran = machine.run();
        assertThat(ran.code()).as(ran.said()).isZero();
        Files.delete(home.resolve("release-keys/vendor.pem"));
        machine.handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("trusts no release key");
    }

    @Test
    void archiveIsExchangedByItsLink() throws Exception {
        Path previous = root.resolve("usr/lib/holdfast-client-1.1.0-amd64");
        machine.install(previous, PackageKind.ARCHIVE);
        Path link = Files.createSymbolicLink(root.resolve("usr/lib/holdfast"), previous.getFileName());
        byte[] archive = machine.archive();
        machine.handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        UpgradeRoot.Ran ran = machine.run();
        assertThat(ran.code()).as(ran.said()).isZero();
        assertThat(link.toRealPath()).isEqualTo(root.toRealPath().resolve("usr/lib/holdfast-client-1.2.0"));
        assertThat(previous).exists();
    }

    @Test
    void linkPointsToThePreviousArchiveAgain() throws Exception {
        Path previous = root.resolve("usr/lib/holdfast-client-1.1.0-amd64");
        machine.install(previous, PackageKind.ARCHIVE);
        Path link = Files.createSymbolicLink(root.resolve("usr/lib/holdfast"), previous.getFileName());
        machine.tool("systemctl", "exit 1");
        byte[] archive = machine.archive();
        machine.handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(link.toRealPath()).isEqualTo(previous.toRealPath());
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("the service of version 1.2.0 did not start");
    }

    @Test
    void archiveWithoutALinkSaysSo() throws Exception {
        machine.install(root.resolve("usr/lib/holdfast"), PackageKind.ARCHIVE);
        byte[] archive = machine.archive();
        machine.handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        assertThat(machine.run().code()).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("no symbolic link");
        assertThat(machine.calls()).isEmpty();
    }
}
