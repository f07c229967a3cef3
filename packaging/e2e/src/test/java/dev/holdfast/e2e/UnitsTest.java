package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                        "ReadWritePaths=-/srv -/mnt -/media",
                        "StateDirectory=holdfast-appliance",
                        "Type=notify",
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

    /** Anything that allows one device denies the others, and the tools need all. */
    @Test
    void theCollectorOpensAllDevices() throws IOException {
        assertThat(unit("hardware"))
                .contains("NoNewPrivileges=yes", "ProtectSystem=strict")
                .noneMatch(line -> line.matches("(ProtectClock|PrivateDevices|DeviceAllow|DevicePolicy)=.*"));
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

    private static final String CAPABILITIES = "CapabilityBoundingSet=";

    /** A service as systemd would start it: its user, environment, working directory, mask, capabilities and command line. */
    private record Started(Process process, Path log) {
        static Started of(String unit, Map<String, String> places, Map<String, String> environment, int uid, Path log)
                throws IOException {
            List<String> lines = unit(unit);
            String start = lines.stream()
                    .filter(line -> line.startsWith("ExecStart="))
                    .findFirst()
                    .orElseThrow()
                    .substring(10);
            for (Map.Entry<String, String> place : places.entrySet()) {
                start = start.replace(place.getKey(), place.getValue());
            }
            List<String> command = new ArrayList<>();
            if (System.getProperty("user.name").equals("root")) {
                String kept = lines.stream()
                        .filter(line -> line.startsWith(CAPABILITIES))
                        .flatMap(line -> Arrays.stream(line.substring(CAPABILITIES.length())
                                .toLowerCase(Locale.ROOT)
                                .split(" ", -1)))
                        .filter(name -> !name.isEmpty())
                        .map(name -> ",+" + name.substring(4))
                        .collect(Collectors.joining());
                command.addAll(List.of("setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all" + kept));
                if (uid != 0) {
                    command.addAll(List.of("--reuid=" + uid, "--regid=" + uid, "--clear-groups"));
                }
            }
            command.addAll(List.of("/bin/sh", "-c", "umask 0077; exec \"$@\"", "systemd"));
            command.addAll(List.of(start.split(" ", -1)));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().clear();
            builder.environment()
                    .putAll(Map.of(
                            "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                            "LANG", "C.UTF-8",
                            "INVOCATION_ID", "0123456789abcdef0123456789abcdef",
                            "SYSTEMD_EXEC_PID", "1"));
            builder.environment().putAll(environment);
            return new Started(builder.start(), log);
        }

        Started mustSay(String text) throws Exception {
            for (int i = 0; i < 600 && !Files.readString(log).contains(text); i++) {
                assertThat(process.isAlive() || Files.readString(log).contains(text))
                        .as(Files.readString(log))
                        .isTrue();
                Thread.sleep(100);
            }
            assertThat(Files.readString(log)).contains(text);
            return this;
        }

        /** @param kilobytes resident */
        void mustTakeAtMost(int kilobytes) throws Exception {
            int taken = Integer.MAX_VALUE;
            for (int i = 0; i < 900 && taken > kilobytes; i++) {
                Thread.sleep(100);
                taken = Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToInt(line -> Integer.parseInt(line.replaceAll("[^0-9]", "")))
                        .sum();
            }
            assertThat(taken).isLessThanOrEqualTo(kilobytes);
        }

        int stop() throws InterruptedException {
            process.destroy();
            return process.waitFor();
        }
    }

    @Test
    void unitsStartAndStopAsTheyAre(@TempDir Path dir) throws Exception {
        Path data = dir.resolve("data");
        Path nothing = dir.resolve("client.toml");
        int uid = owner(dir);
        Product office = new Product(dir.resolve("office"), "dev");
        try (office) {
            Product.Client client = office.enrol("client");
            Map<String, String> places = Map.of("/usr/bin/holdfast", Product.launcher());
            // In place of /var/lib/holdfast, which may be in use.
            Map<String, String> state =
                    Map.of("HOLDFAST_STATE", client.state.toString(), "HOLDFAST_CONFIG", nothing.toString());
            Started service = Started.of("client", places, state, 0, dir.resolve("client.log"))
                    .mustSay("Ready for orders");
            // It waits most of its life; what its start needed has gone back to the system.
            service.mustTakeAtMost(80_000);
            assertThat(service.stop()).as(Files.readString(service.log)).isZero();

            Started revoked = Started.of("client", places, state, 0, dir.resolve("revoked.log"))
                    .mustSay("Ready for orders");
            office.run("appliance", "node", "revoke", "client", "--data", office.data.toString())
                    .mustBe(0);
            assertThat(revoked.process.waitFor()).isEqualTo(5);
            assertThat(unit("client")).contains("RestartPreventExitStatus=2 5", "SuccessExitStatus=143");
            assertThat(unit("appliance")).contains("RestartPreventExitStatus=2 5", "SuccessExitStatus=143");

            office.run("appliance", "init", "--data", data.toString(), "--profile", "dev")
                    .mustBe(0);
        }
        chown(data, uid);
        // What the package installs, with other places.
        Path configuration = Files.writeString(
                dir.resolve("appliance.toml"),
                Files.readString(Path.of("../linux/etc/appliance.toml"))
                        .replace("/var/lib/holdfast-appliance", data.toString())
                        .replace("0.0.0.0:8807", "127.0.0.1:0")
                        .replace("0.0.0.0:8808", "127.0.0.1:0")
                        .replace("127.0.0.1:9807", "127.0.0.1:0"));
        Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rw-r--r--"));
        Started appliance = Started.of(
                        "appliance",
                        Map.of("/usr/sbin/holdfast-appliance", Product.launcher() + " appliance"),
                        Map.of("HOLDFAST_CONFIG", configuration.toString()),
                        uid,
                        dir.resolve("appliance.log"))
                .mustSay("listens on");
        assertThat(appliance.stop()).as(Files.readString(appliance.log)).isZero();
    }

    /** Another user than root, where root runs this and that user can reach the packaged product. */
    private static int owner(Path dir) throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            return (int) Files.getAttribute(dir, "unix:uid");
        }
        int nobody = 65534;
        Process reach = new ProcessBuilder(
                        "setpriv", "--reuid=" + nobody, "--clear-groups", "test", "-r", Product.launcher())
                .start();
        if (reach.waitFor() != 0) {
            return 0;
        }
        for (Path at = dir; !at.equals(Path.of("/tmp")) && at.getParent() != null; at = at.getParent()) {
            Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwx--x--x"));
        }
        return nobody;
    }

    private static void chown(Path tree, int uid) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : all.toList()) {
                Files.setAttribute(each, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}
