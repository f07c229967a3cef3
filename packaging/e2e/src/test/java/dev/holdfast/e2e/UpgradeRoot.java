package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSigner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** A root directory with a client and the installer of upgrades; dpkg and systemctl note what they are told. */
final class UpgradeRoot {
    private static final Path TREE = Path.of(Product.launcher()).getParent();

    final Path root;
    final Path handover;
    final Path work;
    private final ReleaseSigner vendor;
    private final Path tools;

    /** What the installer printed, and how it ended. */
    record Ran(int code, String said) {}

    UpgradeRoot(Path root, ReleaseSigner vendor) throws IOException {
        this.root = root;
        this.vendor = vendor;
        work = root.resolve("var/lib/holdfast-upgrade");
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
        tool("systemctl", "[ -e " + decision() + " ] || echo new >" + decision());
    }

    Path decision() {
        return handover.resolve("decision");
    }

    void tool(String name, String body) throws IOException {
        script(tools.resolve(name), "echo \"" + name + " $*\" >>" + root.resolve("calls") + "\n" + body + "\n");
    }

    static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/bash\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** An installation in this directory, whose programs are those of the build. */
    void install(Path home, PackageKind kind) throws IOException {
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

    Path installDeb() throws IOException {
        Path home = root.resolve("usr/lib/holdfast");
        install(home, PackageKind.DEB);
        return home;
    }

    /** As the service hands it over. */
    void handOver(byte[] content, byte[] signed, String version, PackageKind kind) throws Exception {
        Files.write(handover.resolve("package"), content);
        Files.writeString(
                handover.resolve("package.sig"),
                vendor.sign(signed, version, kind).text());
        Files.createFile(handover.resolve("ready"));
    }

    Ran run() throws Exception {
        return run(Map.of("HOLDFAST_UPGRADE_SECONDS", "1"));
    }

    Ran run(Map<String, String> environment) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "bash", root.resolve("usr/lib/holdfast/upgrade").toString());
        builder.environment().put("PATH", tools + ":" + System.getenv("PATH"));
        builder.environment().put("HOLDFAST_UPGRADE_ROOT", root.toString());
        builder.environment()
                .put("HOLDFAST_CONFIG", root.resolve("etc/holdfast/client.toml").toString());
        builder.environment().putAll(environment);
        Path log = root.resolve("log");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        int code = process.waitFor();
        return new Ran(code, Files.readString(log));
    }

    List<String> calls() throws IOException {
        Path calls = root.resolve("calls");
        return Files.exists(calls)
                ? Files.readAllLines(calls).stream()
                        .filter(each -> !each.startsWith("dpkg-query"))
                        .map(each -> each.replace(root.toString(), ""))
                        .toList()
                : List.of();
    }

    byte[] archive() throws Exception {
        Path content = Files.createDirectories(root.resolve("new/holdfast-client-1.2.0-amd64"));
        script(content.resolve("holdfast"), "exit 0\n");
        Files.copy(Path.of("../linux/upgrade"), content.resolve("upgrade"));
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
