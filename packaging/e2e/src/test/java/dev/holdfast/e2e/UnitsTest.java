package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the units of systemd must confine, and must not. */
class UnitsTest {
    private static List<String> unit(String name) throws IOException {
        return Files.readAllLines(Path.of("../systemd/holdfast-" + name + ".service"));
    }

    @Test
    void theApplianceHasNoRights() throws IOException {
        assertThat(unit("appliance"))
                .contains(
                        "User=holdfast",
                        "UMask=0077",
                        "NoNewPrivileges=yes",
                        "CapabilityBoundingSet=",
                        "ProtectSystem=strict",
                        "ReadWritePaths=/srv/holdfast",
                        "ProtectHome=yes",
                        "PrivateTmp=yes",
                        "PrivateDevices=yes",
                        "ProtectKernelTunables=yes",
                        "ProtectKernelModules=yes",
                        "ProtectKernelLogs=yes",
                        "RestrictNamespaces=yes",
                        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
                        "SystemCallFilter=@system-service")
                .noneMatch(line -> line.startsWith("MemoryDenyWriteExecute="));
    }

    @Test
    void theClientReadsAndRestoresEverythingAndNoMore() throws IOException {
        List<String> lines = unit("client");
        List<String> capabilities = lines.stream()
                .filter(line -> line.startsWith("CapabilityBoundingSet="))
                .flatMap(line -> List.of(line.substring(line.indexOf('=') + 1).split(" ", -1)).stream())
                .toList();
        assertThat(capabilities)
                .containsExactlyInAnyOrder(
                        "CAP_DAC_READ_SEARCH",
                        "CAP_DAC_OVERRIDE",
                        "CAP_CHOWN",
                        "CAP_FOWNER",
                        "CAP_FSETID",
                        "CAP_SETFCAP",
                        "CAP_MKNOD",
                        "CAP_SYS_ADMIN",
                        "CAP_SETUID",
                        "CAP_SETGID",
                        "CAP_KILL");
        // These hide files from backups, keep restores from making what was there, or forbid the JVM to compile.
        for (String harmful : List.of(
                "ProtectKernelModules",
                "PrivateTmp",
                "PrivateDevices",
                "PrivateUsers",
                "ProtectProc",
                "RestrictSUIDSGID",
                "InaccessiblePaths",
                "MemoryDenyWriteExecute")) {
            assertThat(lines).noneMatch(line -> line.startsWith(harmful + "="));
        }
        assertThat(lines)
                .contains("NoNewPrivileges=yes", "UMask=0077", "DeviceAllow=char-* m", "DeviceAllow=block-* m")
                .noneMatch(line -> line.equals("ProtectHome=yes") || line.equals("ProtectHome=tmpfs"));
    }
}
