package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The installer of upgrades, on a root directory of its own: the client that verifies is real, and dpkg and systemctl note what
 * they are told.
 */
class UpgradeScriptTest {
    private static final Path TREE = Path.of(Product.launcher()).getParent();
    private static final byte[] PACKAGE = "a package".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path root;

    private final ReleaseSigner vendor;
    private Path handover;
    private Path tools;

    UpgradeScriptTest() throws Exception {
        vendor = new ReleaseSigner();
    }

    /** What the installer printed, and how it ended. */
    private record Ran(int code, String said) {}

    @BeforeEach
    void make() throws IOException {
        handover = Files.createDirectories(root.resolve("var/lib/holdfast/upgrade"));
        tools = Files.createDirectories(root.resolve("tools"));
        Files.createDirectories(root.resolve("etc/holdfast"));
        Files.createDirectories(root.resolve("usr/lib"));
        Files.writeString(root.resolve("etc/holdfast/client.toml"), "# nothing\n");
        // As on all Debian systems, though the package has a directory of this name.
        Files.createSymbolicLink(root.resolve("lib"), Path.of("usr/lib"));
        Files.writeString(
                Files.createDirectories(root.resolve("usr/lib/systemd")).resolve("client.service"), "[Unit]\n");
        tool("dpkg", "exit 0");
        tool("dpkg-query", """
                case $1 in
                  -L) printf '%s\\n' /. /usr /usr/lib /usr/lib/holdfast /usr/lib/holdfast/holdfast \
                    /usr/lib/holdfast/client.release \
                    /lib /lib/systemd /lib/systemd/client.service ;;
                  -s) printf '%s\\n' 'Package: holdfast-client' 'Status: install ok installed' 'Architecture: all' \
                    'Version: 1.1.0' 'Maintainer: x <x@example.com>' 'Conffiles:' ' /etc/x 0123' 'Description: client' ;;
                  *) exit 1 ;;
                esac
                """);
        // The new service, which reaches the appliance.
        tool("systemctl", "echo new >" + handover.resolve("decision"));
    }

    private void tool(String name, String body) throws IOException {
        script(tools.resolve(name), "echo \"" + name + " $*\" >>" + root.resolve("calls") + "\n" + body + "\n");
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/bash\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** An installation in this directory, whose programs are those of the build. */
    private void install(Path home, PackageKind kind) throws IOException {
        Files.createDirectories(home);
        for (String each : List.of("lib", "native", "classes")) {
            Files.createSymbolicLink(home.resolve(each), TREE.resolve(each));
        }
        Files.copy(TREE.resolve("holdfast"), home.resolve("holdfast"));
        Files.copy(Path.of("../linux/upgrade"), home.resolve("upgrade"));
        Files.writeString(
                home.resolve("client.release"),
                "holdfast-client-installation 1\nversion: 1.1.0\narchitecture: amd64\nkind: " + kind.text() + "\n");
        vendor.trustedIn(home);
    }

    private Path installDeb() throws IOException {
        Path home = root.resolve("usr/lib/holdfast");
        install(home, PackageKind.DEB);
        return home;
    }

    /** As the service hands it over. */
    private void handOver(byte[] content, byte[] signed, String version, PackageKind kind) throws Exception {
        Files.write(handover.resolve("package"), content);
        Files.writeString(
                handover.resolve("package.sig"),
                vendor.sign(signed, version, kind).text());
        Files.createFile(handover.resolve("ready"));
    }

    private Ran run() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "bash", root.resolve("usr/lib/holdfast/upgrade").toString());
        builder.environment().put("PATH", tools + ":" + System.getenv("PATH"));
        builder.environment().put("HOLDFAST_UPGRADE_ROOT", root.toString());
        builder.environment()
                .put("HOLDFAST_CONFIG", root.resolve("etc/holdfast/client.toml").toString());
        builder.environment().put("HOLDFAST_UPGRADE_SECONDS", "1");
        Path log = root.resolve("log");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        int code = process.waitFor();
        return new Ran(code, Files.readString(log));
    }

    private List<String> calls() throws IOException {
        Path calls = root.resolve("calls");
        return Files.exists(calls)
                ? Files.readAllLines(calls).stream()
                        .filter(each -> !each.startsWith("dpkg-query"))
                        .map(each -> each.replace(root.toString(), ""))
                        .toList()
                : List.of();
    }

    private static final String INSTALL = "dpkg --force-confold -i /var/lib/holdfast-upgrade/";

    @Test
    void packageIsVerifiedAndInstalled() throws Exception {
        installDeb();
        handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        Ran ran = run();
        assertThat(ran.code).as(ran.said).isZero();
        assertThat(calls()).containsExactly(INSTALL + "package", "systemctl restart holdfast-client");
        assertThat(handover.resolve("ready")).doesNotExist();
        assertThat(handover.resolve("outcome")).doesNotExist();
        assertThat(ran.said).contains("version 1.2.0 is installed and has reached the appliance");
        // A second start has nothing to do.
        assertThat(run().code).isZero();
        assertThat(calls()).hasSize(2);
    }

    @Test
    void previousPackageComesBackIfTheNewVersionIsNotHeardOf() throws Exception {
        installDeb();
        tool("systemctl", "exit 0");
        handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        Ran ran = run();
        assertThat(ran.code).as(ran.said).isEqualTo(3);
        assertThat(calls())
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
        installDeb();
        tool("dpkg", "case $3 in */package) echo 'unmet dependencies'; exit 1 ;; esac");
        handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(run().code).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("could not be installed: unmet dependencies")
                .contains("version 1.1.0 is installed again");
    }

    @Test
    void whatTheClientMustNotInstallIsNotTouched() throws Exception {
        Path home = installDeb();
        handOver("another".getBytes(StandardCharsets.US_ASCII), PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(run().code).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("the installer refuses the package")
                .contains("truncated");
        handOver(PACKAGE, PACKAGE, "1.0.0", PackageKind.DEB);
        assertThat(run().code).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("older than this client");
        assertThat(calls()).isEmpty();
        // This machine's administrator may allow it.
        Files.writeString(root.resolve("etc/holdfast/client.toml"), "allow-downgrade = true\n");
        Files.delete(handover.resolve("outcome"));
        Files.createFile(handover.resolve("ready"));
        Ran ran = run();
        assertThat(ran.code).as(ran.said).isZero();
        Files.delete(home.resolve("release-keys/vendor.pem"));
        handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        assertThat(run().code).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("trusts no release key");
    }

    @Test
    void archiveIsExchangedByItsLink() throws Exception {
        Path previous = root.resolve("usr/lib/holdfast-client-1.1.0-amd64");
        install(previous, PackageKind.ARCHIVE);
        Path link = Files.createSymbolicLink(root.resolve("usr/lib/holdfast"), previous.getFileName());
        byte[] archive = archive();
        handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        Ran ran = run();
        assertThat(ran.code).as(ran.said).isZero();
        assertThat(link.toRealPath()).isEqualTo(root.toRealPath().resolve("usr/lib/holdfast-client-1.2.0"));
        assertThat(previous).exists();
    }

    @Test
    void linkPointsToThePreviousArchiveAgain() throws Exception {
        Path previous = root.resolve("usr/lib/holdfast-client-1.1.0-amd64");
        install(previous, PackageKind.ARCHIVE);
        Path link = Files.createSymbolicLink(root.resolve("usr/lib/holdfast"), previous.getFileName());
        tool("systemctl", "exit 1");
        byte[] archive = archive();
        handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        assertThat(run().code).isEqualTo(3);
        assertThat(link.toRealPath()).isEqualTo(previous.toRealPath());
        assertThat(Files.readString(handover.resolve("outcome")))
                .contains("the service of version 1.2.0 did not start");
    }

    @Test
    void archiveWithoutALinkSaysSo() throws Exception {
        install(root.resolve("usr/lib/holdfast"), PackageKind.ARCHIVE);
        byte[] archive = archive();
        handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        assertThat(run().code).isEqualTo(3);
        assertThat(Files.readString(handover.resolve("outcome"))).contains("no symbolic link");
        assertThat(calls()).isEmpty();
    }

    private byte[] archive() throws Exception {
        Path content = Files.createDirectories(root.resolve("new/holdfast-client-1.2.0-amd64"));
        script(content.resolve("holdfast"), "exit 0\n");
        Path file = root.resolve("new/archive");
        assertThat(new ProcessBuilder(
                                "tar",
                                "-C",
                                root.resolve("new").toString(),
                                "--zstd",
                                "-cf",
                                file.toString(),
                                "holdfast-client-1.2.0-amd64")
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        return Files.readAllBytes(file);
    }
}
