package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.upgrade.UpgradeFiles;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The installer of upgrades, killed as by a power failure and started again as at a boot. Whatever it was at, the new version is
 * installed in the end, or the previous one and the service knows why.
 */
class UpgradeInterruptionTest {
    private static final byte[] PACKAGE = "a package".getBytes(StandardCharsets.US_ASCII);
    private static final int KILLED = 128 + 9;
    /** How often the installer can be interrupted, and one more. */
    private static final int MOST_RUNS = 5;

    /** All of its 160 to 210 commands would take a minute. */
    private static final int EVERY = 11;

    private static final String SECONDS = "HOLDFAST_UPGRADE_SECONDS";
    private static final Map<String, String> IMPATIENT = Map.of(SECONDS, "0");

    @TempDir
    Path work;

    private final ReleaseSigner vendor;

    UpgradeInterruptionTest() throws Exception {
        vendor = new ReleaseSigner();
    }

    /**
     * A machine to which an upgrade was handed over.
     *
     * @param service what systemctl does
     */
    private UpgradeRoot machine(Path root, String service) throws Exception {
        UpgradeRoot machine = new UpgradeRoot(Files.createDirectories(root), vendor);
        Path home = machine.installDeb();
        // The real one is in the way: each run of it takes a second.
        UpgradeRoot.script(home.resolve("holdfast"), "exit 0\n");
        machine.tool("dpkg", "case $3 in */package) echo 1.2.0 ;; *) echo 1.1.0 ;; esac >" + root.resolve("installed"));
        machine.tool("systemctl", service);
        machine.handOver(PACKAGE, PACKAGE, "1.2.0", PackageKind.DEB);
        return machine;
    }

    /** Of a version that reaches the appliance. */
    private static String reaching(Path root) {
        Path decision = root.resolve("var/lib/holdfast/upgrade/decision");
        return "[ -e " + decision + " ] || [ $(cat " + root.resolve("installed") + ") != 1.2.0 ] || echo new >"
                + decision;
    }

    /** Runs the installer, which dies before its n-th command. */
    private Map<String, String> killedAt(int n) throws IOException {
        Path debug = work.resolve("debug");
        if (!Files.exists(debug)) {
            Files.writeString(debug, """
                    case $0 in
                      */upgrade | */installer)
                        set -T
                        commands=0
                        trap 'commands=$((commands + 1)); [ "$commands" -ne "$KILL_AT" ] || kill -9 $$' DEBUG
                        ;;
                    esac
                    """);
        }
        return Map.of(SECONDS, "0", "BASH_ENV", debug.toString(), "KILL_AT", "" + n);
    }

    private static boolean isUnderWay(UpgradeRoot machine) {
        return Files.exists(machine.work.resolve("state"))
                || Files.exists(machine.handover.resolve("begun"))
                || Files.exists(machine.handover.resolve("ready"));
    }

    /** As holdfast-upgrade.path does it. */
    private static String finish(UpgradeRoot machine) throws Exception {
        StringBuilder said = new StringBuilder();
        for (int run = 0; isUnderWay(machine); run++) {
            assertThat(run).as(said.toString()).isLessThan(MOST_RUNS);
            said.append(machine.run(IMPATIENT).said());
        }
        return said.toString();
    }

    private static String installed(UpgradeRoot machine) throws IOException {
        return Files.readString(machine.root.resolve("installed")).strip();
    }

    /** Commands all over the installer in turn are the last one before a power failure. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptedInstallerGoesOn(boolean good) throws Exception {
        int killed = 0;
        for (int n = 1; ; n += EVERY) {
            Path root = work.resolve("at-" + n);
            UpgradeRoot machine = machine(root, good ? reaching(root) : "exit 0");
            UpgradeRoot.Ran ran = machine.run(killedAt(n));
            String said = "killed before command " + n + ": " + ran.said() + finish(machine);
            assertThat(installed(machine)).as(said).isEqualTo(good ? "1.2.0" : "1.1.0");
            assertThat(machine.decision()).as(said).hasContent(good ? "new" : "previous");
            Path outcome = machine.handover.resolve("outcome");
            if (good) {
                assertThat(outcome).as(said).doesNotExist();
            } else {
                assertThat(Files.readString(outcome)).as(said).contains("version 1.1.0 is installed again");
            }
            if (ran.code() != KILLED) {
                assertThat(machine.work.resolve("installer")).as(said).doesNotExist();
                break;
            }
            killed++;
        }
        assertThat(killed).isGreaterThan(12);
    }

    @Test
    void halfInstalledPackageIsInstalledAgain() throws Exception {
        UpgradeRoot machine = machine(work, reaching(work));
        Path once = work.resolve("once");
        Path installed = work.resolve("installed");
        machine.tool(
                "dpkg",
                "if [ ! -e " + once + " ]; then touch " + once + "; echo half >" + installed
                        + "; kill -9 $PPID; exit; fi; echo"
                        + " 1.2.0 >" + installed);
        assertThat(machine.run(IMPATIENT).code()).isEqualTo(KILLED);
        assertThat(installed(machine)).isEqualTo("half");
        assertThat(finish(machine)).contains("going on after an interruption, step 'installing'");
        assertThat(installed(machine)).isEqualTo("1.2.0");
    }

    /** A new version that takes the machine down with it is gone after the second time. */
    @Test
    void versionThatInterruptsEachTimeIsReplaced() throws Exception {
        String crash = "[ $(cat " + work.resolve("installed") + ") != 1.2.0 ] || kill -9 $PPID";
        UpgradeRoot machine = machine(work, crash);
        finish(machine);
        assertThat(installed(machine)).isEqualTo("1.1.0");
        assertThat(Files.readString(machine.handover.resolve("outcome")))
                .contains("interrupted 2 times before version 1.2.0 reached the appliance")
                .contains("version 1.1.0 is installed again");
    }

    /** The service waits for longer than the unit lets the installer run, as often as it starts again. */
    @Test
    void installerEndsBeforeTheServiceGivesItUp() throws Exception {
        UpgradeRoot machine = machine(work, "kill -9 $PPID");
        int runs = 0;
        for (; isUnderWay(machine); runs++) {
            machine.run(IMPATIENT);
        }
        assertThat(runs).isEqualTo(MOST_RUNS);
        assertThat(Files.readString(machine.handover.resolve("outcome")))
                .contains("interrupted 2 times while version 1.1.0 was installed again");
        String minutes = Files.readAllLines(Path.of("../systemd/holdfast-upgrade.service")).stream()
                .filter(line -> line.startsWith("TimeoutStartSec="))
                .map(line -> line.replaceAll("\\D", ""))
                .findFirst()
                .orElseThrow();
        assertThat(Duration.ofMinutes(Long.parseLong(minutes)).multipliedBy(runs))
                .isLessThan(UpgradeFiles.LONGEST);
    }

    @Test
    void newerScriptLeavesTheUpgradeToTheOneThatBeganIt() throws Exception {
        UpgradeRoot machine = machine(work, reaching(work));
        machine.tool("dpkg", "echo 1.2.0 >" + work.resolve("installed") + "; kill -9 $PPID");
        machine.run(IMPATIENT);
        Path script = work.resolve("usr/lib/holdfast/upgrade");
        Files.writeString(script, Files.readString(script).replace("holdfast-upgrade: $*", "newer: $*"));
        machine.tool("dpkg", "exit 0");
        assertThat(finish(machine)).contains("version 1.2.0 is installed").doesNotContain("newer:");
    }

    /** The link points to the new version then, from which the installer is started again. */
    @Test
    void archiveIsExchangedBackAfterAnInterruption() throws Exception {
        UpgradeRoot machine = new UpgradeRoot(work, vendor);
        Path previous = work.resolve("usr/lib/holdfast-client-1.1.0-amd64");
        machine.install(previous, PackageKind.ARCHIVE);
        UpgradeRoot.script(previous.resolve("holdfast"), "exit 0\n");
        Path link = Files.createSymbolicLink(work.resolve("usr/lib/holdfast"), previous.getFileName());
        machine.tool("systemctl", "kill -9 $PPID");
        byte[] archive = machine.archive();
        machine.handOver(archive, archive, "1.2.0", PackageKind.ARCHIVE);
        assertThat(machine.run(IMPATIENT).code()).isEqualTo(KILLED);
        assertThat(link.toRealPath().getFileName()).hasToString("holdfast-client-1.2.0");
        machine.tool("systemctl", "exit 0");
        assertThat(finish(machine)).contains("step 'waiting'");
        assertThat(link.toRealPath()).isEqualTo(previous.toRealPath());
        assertThat(Files.readString(machine.handover.resolve("outcome"))).contains("version 1.1.0 is installed again");
    }

    /** The service that waited for hours has told the appliance that the upgrade failed. */
    @Test
    void serviceThatGaveUpIsNotUpgradedAfterAll() throws Exception {
        UpgradeRoot machine = machine(work, reaching(work));
        Path launcher = work.resolve("usr/lib/holdfast/holdfast");
        UpgradeRoot.script(launcher, "kill -9 $PPID\n");
        assertThat(machine.run(IMPATIENT).code()).isEqualTo(KILLED);
        UpgradeRoot.script(launcher, "exit 0\n");
        new UpgradeFiles(machine.handover.getParent()).giveUp();
        assertThat(finish(machine)).doesNotContain("has reached the appliance");
        assertThat(work.resolve("installed")).doesNotExist();
        assertThat(Files.readString(machine.handover.resolve("outcome"))).contains("the service waits no more");
    }
}
