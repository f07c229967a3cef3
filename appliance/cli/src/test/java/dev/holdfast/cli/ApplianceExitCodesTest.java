package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.ExitCases;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.ExitTable;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.ManifestFiles;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The table of docs/command-line.md for the appliance: a case for each exit code of each command, in one order, since some
 * prepare what others need. A command or a code without a case fails this test.
 */
class ApplianceExitCodesTest {
    private static final UUID SNAPSHOT = UUID.fromString("3f2a0000-0000-4000-8000-000000000001");

    /** What needs a client, or a process that ends: tested end to end. */
    private static final Map<String, String> ELSEWHERE = Map.ofEntries(
            Map.entry("run 0", "LauncherTest and UnitsTest"),
            Map.entry("config check 3", "its file, which the environment names, would have to be unreadable"),
            Map.entry("hardware show 0", "HardwareChainTest"),
            Map.entry("hardware forget 0", "HardwareChainTest"),
            Map.entry("hardware forget 5", "HardwareChainTest"),
            Map.entry("certificate show 0", "CertificateCommandsTest"),
            Map.entry("certificate reset 0", "CertificateCommandsTest"),
            Map.entry("snapshot restore 1", "OrderedRestoreTest"),
            Map.entry("snapshot verify 1", "OrderedRestoreTest"),
            Map.entry("snapshot forget 0", "MaintenanceTest"),
            Map.entry("plan run 1", "ServiceTest"),
            Map.entry("drill run 1", "ServiceTest"),
            Map.entry("drill boot 0", "BootDrillTest of the end-to-end tests"),
            Map.entry("drill boot 6", "BootDrillTest of the end-to-end tests"),
            Map.entry("drill boot 7", "it reads lists of files as restores do"),
            Map.entry("gc 1", "DamageTest"),
            Map.entry("volume drain 1", "VolumeCommandsTest"),
            Map.entry("volume retire 1", "VolumeCommandsTest"),
            Map.entry("report send 0", "ReportMailTest of the server"),
            Map.entry(
                    "report send 5", "it needs a mail server, and opens the secret of its channel as alert test does"),
            Map.entry("scrub 7", "MaintenanceTest"),
            Map.entry("key rotate 1", "KeyRotationTest"),
            // An appliance without data publishes nothing.
            Map.entry("vault check 0", "ExitCodesTest of the end-to-end tests"),
            Map.entry("vault check 1", "FrozenVaultTest of the end-to-end tests"),
            Map.entry("recover 1", "ExitCodesTest of the end-to-end tests"),
            Map.entry("vault check 5", "ExitCodesTest of the end-to-end tests"),
            Map.entry("vault check 7", "ExitCodesTest of the end-to-end tests"),
            Map.entry("recover instant 0", "InstantRecoveryTest"),
            Map.entry("recover instant 6", "InstantRecoveryTest"),
            Map.entry("recover instant 7", "it opens disks as restores do"),
            Map.entry("recover list 0", "InstantRecoveryTest"),
            Map.entry("recover files 0", "ImageFilesTest"),
            Map.entry("recover files 1", "ImageFilesTest"),
            Map.entry("recover files 7", "it opens disks as restores do"),
            Map.entry("recover end 0", "InstantRecoveryTest"),
            Map.entry("recover end 5", "InstantRecoveryTest"),
            Map.entry("recover end 6", "InstantRecoveryTest"),
            Map.entry("recover 0", "ExitCodesTest of the end-to-end tests"),
            Map.entry("recover 5", "ExitCodesTest of the end-to-end tests"),
            Map.entry("recover 6", "ExitCodesTest of the end-to-end tests"),
            Map.entry("recover 7", "ExitCodesTest of the end-to-end tests"),
            Map.entry("vault thaw 0", "ExitCodesTest of the end-to-end tests"),
            Map.entry("vault thaw 1", "FrozenVaultTest of the end-to-end tests"));

    /**
     * Cases, one a line: the exit code, then the command. DATA is a data directory of a node, a snapshot and a task; CLOSED one
     * that opens with a passphrase; LOCKED one that another process uses; RUNNING that of an appliance that runs; NONE is none.
     * Where no directory is named it is DATA.
     */
    private static final String CASES = """
            0 help
            2 help nonsense
            0 preflight --profile WORK/modest.json --volume WORK --seconds 0.05
            1 preflight --profile WORK/boastful.json --volume WORK --seconds 0.05
            2 preflight --seconds 0
            3 preflight --volume WORK/none --seconds 0.05
            0 setup --answers WORK/answers.toml --data WORK/new-setup
            1 setup --data WORK/new-setup
            2 setup --answers WORK/mistyped.toml --data WORK/new-setup-2
            5 setup --confirm-recovery-key WORK/recovery-key
            8 setup --answers WORK/answers.toml --data LOCKED
            0 init --profile dev --data WORK/new
            0 init --profile dev --hash sha-256 --data WORK/new-sha-256
            2 init --profile dev --hash md5 --data WORK/new-md5
            0 init --profile dev --passphrase-file WORK/passphrase --data CLOSED
            3 run --listen 127.0.0.1:0 --data NONE
            5 run --listen 127.0.0.1:0 --passphrase-file WORK/wrong --data CLOSED
            2 run --listen 127.0.0.1:0 --api 127.0.0.1:0 --api-certificate WORK/wrong --data CLOSED
            3 run --listen 127.0.0.1:0 --api 127.0.0.1:0 --api-certificate WORK/wrong --api-key WORK/wrong --data CLOSED
            8 run --listen 127.0.0.1:0 --data LOCKED
            5 run --listen 127.0.0.1:0 --data NEWER
            0 upgrade check --data RUNNING
            1 upgrade check --data MISSING
            3 upgrade check --data NONE
            5 upgrade check --data NEWER
            7 upgrade check
            6 upgrade roll-back --data CLEAN
            0 upgrade roll-back --dry-run --data OLDER
            0 upgrade roll-back --data OLDER
            8 upgrade roll-back --data LOCKED
            0 plan set p --path /x
            0 plan list
            0 plan bind p web1
            6 plan bind zzzz web1
            6 plan bind p zzzz
            0 plan next
            0 plan run p --no-wait
            6 plan run zzzz --no-wait
            6 plan run p zzzz --no-wait
            0 tasks list
            0 tasks show 2
            6 tasks show 4711
            0 tasks pause 2
            6 tasks pause 4711
            0 tasks resume 2
            6 tasks resume 4711
            0 tasks cancel 1
            6 tasks cancel 4711
            0 tasks keep 10
            2 tasks keep 0
            0 plan pause p
            6 plan pause zzzz
            2 plan pause p --until yesterday
            0 plan resume p
            6 plan resume zzzz
            5 plan remove p
            0 plan unbind p web1
            6 plan unbind p zzzz
            6 plan unbind zzzz web1
            0 plan remove p
            6 plan remove p
            0 policy set q --last 3
            0 policy list
            0 policy bind q web1
            6 policy bind zzzz web1
            6 policy bind q zzzz
            5 policy remove q
            0 policy unbind web1
            6 policy unbind zzzz
            0 policy remove q
            6 policy remove q
            0 policy preview --data RUNNING
            0 policy apply --data RUNNING
            0 token create
            0 token create --node web1
            0 token create --tag production
            2 token create --node web1 --tag production
            6 token create --node zzzz
            0 token list
            0 token revoke febe1d741b49
            6 token revoke febe1d741b49
            6 token revoke zzzz
            0 node list
            0 node list --tag production
            0 node tag web1 --add production --remove test
            2 node tag web1 --add a/b
            0 node tag web1
            6 node tag zzzz
            6 node tag zzzz --add production
            0 node resume web1
            6 node resume web1
            6 node resume zzzz
            1 attack
            1 attack web1
            6 attack zzzz
            0 node keep web1 --reason encrypted
            2 node keep web1
            6 node keep zzzz --reason x
            1 attack web1
            0 node release web1 --reason test
            6 node release zzzz
            6 node keep web1 --reason x
            0 attack
            0 attack web1
            0 node release-identity web1
            6 node release-identity zzzz
            0 client-package list
            5 node upgrade web1
            0 client-package add WORK/client.deb
            0 client-package add WORK/client.deb
            5 client-package add WORK/client.deb --signature WORK/other.sig
            3 client-package add WORK/none.deb
            0 client-package list
            0 node upgrade web1
            0 node upgrade --all
            2 node upgrade
            6 node upgrade zzzz
            6 node upgrade web1 --to 9.9
            0 client-package remove 5f20412b4d5e
            6 client-package remove 5f20412b4d5e
            0 node revoke web2
            6 node revoke web2
            6 node revoke zzzz
            0 node show web1
            6 node show zzzz
            0 node rename web2 shop2
            6 node rename shop2 shop2
            6 node rename zzzz shop3
            5 node rename shop2 web1
            2 node rename shop2 a/b
            0 node remove shop2 --keep-snapshots
            6 node remove shop2 --keep-snapshots
            6 node remove zzzz --with-snapshots
            2 node remove web1
            0 config check
            2 config check word
            0 support bundle --output WORK/support.zip
            2 support bundle --days 0
            3 support bundle --output WORK/none/support.zip
            0 status
            1 hardware show
            3 hardware show --data NONE
            6 hardware forget disk zzzz
            3 certificate show
            6 certificate reset
            3 certificate reset --data NONE
            3 hardware forget disk zzzz --data NONE
            0 hardware collect --output WORK/hardware.json
            3 hardware collect --output WORK/none/hardware.json
            0 snapshot list
            0 snapshot restore 3f2a --target /back --no-wait
            2 snapshot restore 3f2a --target back --no-wait
            2 snapshot restore 3f2a --no-wait
            6 snapshot restore zzzz --target /back --no-wait
            0 snapshot verify 3f2a --no-wait
            6 snapshot verify zzzz --no-wait
            0 drill run web1 --no-wait
            6 drill run zzzz --no-wait
            3 drill boot 3f2a
            2 drill boot 3f2a --port word
            0 drill list
            0 drill export 1 WORK/drill
            6 drill export 4711 WORK/drill
            0 drill every 7
            2 drill every 1000
            0 snapshot hold 3f2a
            6 snapshot hold zzzz
            5 snapshot forget 3f2a
            5 node remove web1 --with-snapshots --yes
            0 snapshot release 3f2a
            6 snapshot release zzzz
            0 snapshot lock 3f2a --days 3 --compliance
            5 snapshot lock 3f2a --days 1
            6 snapshot lock zzzz --days 1
            5 snapshot forget 3f2a
            6 snapshot forget zzzz
            3 snapshot forget 3f2a --data NONE
            0 usage
            0 user add ann --role viewer --password-file WORK/password
            2 user add ann --role viewer --password-file WORK/password
            2 user add bob --role king --password-file WORK/password
            0 user list
            0 user set-password ann --password-file WORK/password
            6 user set-password zzzz --password-file WORK/password
            0 user add ann --role viewer --password-file WORK/password --passphrase-file WORK/passphrase --data CLOSED
            5 user set-password ann --password-file WORK/password --passphrase-file WORK/wrong --data CLOSED
            0 api-token create ann --permission view
            2 api-token create ann --permission juggle
            2 api-token create ann
            6 api-token create zzzz --permission view
            0 api-token create ann --permission view --passphrase-file WORK/passphrase --data CLOSED
            5 api-token create ann --permission view --passphrase-file WORK/wrong --data CLOSED
            0 api-token list
            0 api-token revoke made-before
            6 api-token revoke made-before
            0 user remove ann
            6 user remove ann
            0 user provider --off
            1 events
            0 events --acknowledge-all
            0 events
            6 events --acknowledge 4711
            0 alert webhook ops HOOK --allow-plain-http
            2 alert webhook ops x
            0 alert mail office --host localhost --from a@example.com --to b@example.com
            0 alert list
            0 alert test ops
            6 alert test zzzz
            0 report show
            0 report show --html --language zh --period monthly
            2 report show --period yearly
            1 report schedule
            2 report send
            2 report schedule --every daily --channel zzzz
            0 report schedule --every weekly --weekday 5 --channel office --console https://backup.example.com
            2 report schedule --weekday 8
            2 report schedule --channel ops
            0 report schedule
            3 report send
            0 report schedule --every never
            0 alert remove office
            6 alert remove office
            0 gc --data RUNNING
            0 scrub --data RUNNING
            0 damage
            7 damage --data MISSING
            0 audit
            1 audit --verify
            5 audit --verify --vaults --passphrase-file WORK/wrong --data CLOSED
            6 vault status
            6 vault unset
            6 vault upload --data RUNNING
            6 vault evict 1MB --data RUNNING
            2 vault evict --data RUNNING x
            6 vault thaw 3f2a
            3 vault thaw 3f2a --data NONE
            0 vault set file://WORK/vault --passphrase-file WORK/passphrase --data CLOSED
            5 vault thaw 3f2a --passphrase-file WORK/wrong --data CLOSED
            0 vault set file://WORK/vault --when manually --data VAULTED
            0 vault status --data VAULTED
            START VAULTED
            0 vault upload --wait --data VAULTED
            0 vault evict all --wait --data VAULTED
            0 vault set file://WORK/copies --name dr --data VAULTED
            5 vault unset --data VAULTED
            STOP VAULTED
            5 vault unset --data VAULTED
            0 vault set file://WORK/locked-vault --data LOCKED
            8 vault unset --data LOCKED
            6 vault status --data DATA
            0 audit --verify --data VAULTED
            3 vault check file://WORK/none
            3 recover list
            3 recover instant 3f2a
            2 recover instant 3f2a --qemu --json
            3 recover end 3f2a
            6 recover files 3f2a
            3 recover files 3f2a --data NONE
            2 recover files 3f2a /dev/sda1 /a /b
            2 recover --list
            3 recover --from file://WORK/none --recovery-key-file WORK/recovery-key --list
            0 vault unset --name dr --data VAULTED
            5 upgrade roll-back --copy before-upgrade-v13-j1-20260101-000000.db --data VAULTED
            0 volume list
            1 volume list --data MISSING
            1 volume add WORK/disk2 --data RUNNING
            0 volume add WORK/disk2 --data RUNNING
            5 volume add WORK --data RUNNING
            8 volume add WORK/disk3 --data LOCKED
            0 volume drain 0 --wait --data RUNNING
            5 volume drain 0
            6 volume drain 7
            8 volume drain 0 --data LOCKED
            0 volume retire 0 --data RUNNING
            5 volume retire 1 --data RUNNING
            5 volume retire 1 --lost --data RUNNING
            6 volume retire 7
            8 volume retire 0 --data LOCKED
            0 volume replace 1 WORK/disk4 --wait --data RUNNING
            1 volume add WORK/disk5 --data RUNNING
            1 volume replace 2 WORK/disk6 --wait --data RUNNING
            5 volume replace 3 WORK --data RUNNING
            6 volume replace 7 WORK/disk7
            8 volume replace 0 WORK/disk7 --data LOCKED
            0 profile show
            6 profile set dev
            2 profile set nonsense
            0 profile set WORK/small.json
            1 profile set WORK/spacious.json
            5 profile set WORK/hungry.json
            8 profile set WORK/small.json --data LOCKED
            0 check --data CLEAN
            0 rebuild-index --data CLEAN
            7 check
            8 check --data LOCKED
            8 rebuild-index --data LOCKED
            0 key list
            6 key remove-key-file --passphrase-file WORK/passphrase --data CLOSED
            5 key remove-key-file --passphrase-file WORK/passphrase --data CLEAN
            0 key set-passphrase --new-passphrase-file WORK/passphrase --data CLEAN
            0 key new-recovery-key --data CLEAN
            5 key remove-key-file --passphrase-file WORK/wrong --data CLEAN
            0 key remove-key-file --passphrase-file WORK/passphrase --data CLEAN
            0 key rotate --passphrase-file WORK/passphrase --data CLEAN
            5 key rotate --passphrase-file WORK/wrong --data CLEAN
            8 key rotate --data LOCKED
            TAMPER DATA
            7 audit --verify
            """;

    @TempDir
    private static Path work;

    private static final Map<String, CommandLine> COMMANDS = ExitTable.commands(ApplianceMain.commands());
    private static final Map<String, Path> DIRECTORIES = new TreeMap<>();
    private static ExitCases cases;
    private static HttpServer hook;
    private static AutoCloseable held;
    private static Appliance running;

    @BeforeAll
    static void make() throws Exception {
        for (String name : List.of("DATA", "LOCKED", "RUNNING", "CLEAN", "VAULTED", "MISSING", "NEWER", "OLDER")) {
            DIRECTORIES.put(name, work.resolve(name.toLowerCase(java.util.Locale.ROOT)));
            var made = DataDirectory.init(DIRECTORIES.get(name), "dev", List.of(), null);
            Files.writeString(work.resolve("recovery-key"), made.recoveryKey());
        }
        DIRECTORIES.put("CLOSED", work.resolve("closed"));
        DIRECTORIES.put("NONE", work.resolve("none"));
        Files.writeString(work.resolve("passphrase"), "correct horse battery staple");
        Files.writeString(work.resolve("wrong"), "incorrect horse battery staple");
        Files.writeString(work.resolve("password"), "a password of some length");
        try (InputStream in = HardwareProfile.class.getResourceAsStream("dev.json")) {
            String profile = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Files.writeString(work.resolve("modest.json"), profile.replace("0.5 TB", "1 MB"));
            Files.writeString(work.resolve("boastful.json"), profile.replace("0.5 TB", "90000 TB"));
        }
        ReleaseSigner vendor = new ReleaseSigner();
        byte[] content = "a package for tests\n".getBytes(StandardCharsets.US_ASCII);
        Files.write(work.resolve("client.deb"), content);
        Files.writeString(
                work.resolve("client.deb.sig"),
                vendor.sign(content, "1.2.0", PackageKind.DEB).text());
        Files.writeString(
                work.resolve("other.sig"),
                vendor.sign(new byte[] {1}, "1.2.0", PackageKind.DEB).text());
        Path data = DIRECTORIES.get("DATA");
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            for (String node : List.of("web1", "web2")) {
                control.tokens().add("t-" + node, Duration.ofHours(1), null);
                control.nodes().enroll("t-" + node, node, "linux", 8, id -> "f" + id);
            }
            control.tokens().add("unused", Duration.ofHours(1), null);
            control.tasks().queue(new TaskSpec.Collect(TaskSpec.Selection.DEFAULT), "collect", 0, "administrator");
            control.events().raise(Events.Severity.ALERT, "test", 1, Phrase.plain("something"));
            control.audit().append("administrator", "test", "", "allowed");
            control.suspensions().suspend(1, Phrase.plain("a test"));
            control.events().pauseRetention(1, Phrase.plain("a test"));
            control.settings()
                    .set("report.state", "{\"done\":0,\"sent\":0,\"again\":0,\"attempts\":1,\"error\":\"refused\"}");
            control.users().add("program", "", "viewer", true, "");
            control.users().addToken("hash", "made-before", "program", "", "VIEW", 4_000_000_000_000L);
            control.holders().add(1, new UUID(1, 2), "machine", "boot", 1, "address");
            control.drills()
                    .add(1, 1, System.currentTimeMillis(), "{\"task\":1,\"at\":\"2026-11-23T07:15:00Z\"}", new byte[8]);
        }
        // Of a manifest these commands read the name alone.
        Path manifest = new ManifestFiles(data.resolve("manifests")).path(1, SNAPSHOT);
        AtomicFile.createDirectory(manifest.getParent());
        Files.write(manifest, new byte[10]);
        Files.delete(DIRECTORIES.get("MISSING").resolve("volumes/0/volume.json"));
        try (ControlDb control =
                new ControlDb(DataDirectory.open(DIRECTORIES.get("MISSING")).controlDb())) {
            Finding.Hurt hurt = new Finding.Hurt(SNAPSHOT, 1, "web1", "/home/a", false);
            Finding finding = new Finding(Finding.Kind.CHUNK, "/volume/0000002a.hfc", "is bad", List.of(hurt));
            control.damage().replace(List.of(finding), 1);
        }
        upgrades();
        profiles();
        answers();
        held = DataDirectory.open(DIRECTORIES.get("LOCKED")).lock();
        running = start(DIRECTORIES.get("RUNNING"));
        hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        hook.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        hook.start();
        cases = new ExitCases(ApplianceMain::run, COMMANDS.keySet());
    }

    /** Answers of setups, and a setup that was interrupted. */
    private static void answers() throws Exception {
        String answers = """
                profile = "dev"
                recovery-sheet = "WORK/recovery-sheet"
                [administrator]
                name = "ann"
                password-file = "WORK/password"
                """.replace("WORK", work.toString());
        Files.writeString(work.resolve("answers.toml"), answers);
        Files.writeString(work.resolve("mistyped.toml"), "volume = []\n" + answers);
        try (ControlDb control =
                new ControlDb(DataDirectory.open(DIRECTORIES.get("LOCKED")).controlDb())) {
            new SetupRecord(control).begin(List.of());
        }
    }

    /** What a newer release wrote, and copies that upgrades left. */
    private static void upgrades() throws Exception {
        for (String name : List.of("NEWER", "OLDER", "VAULTED")) {
            Path root = DIRECTORIES.get(name);
            new ControlDb(root.resolve("control.db")).close();
            Files.createDirectories(root.resolve("control-copies"));
            String journals = name.equals("VAULTED") ? "1" : "0";
            Files.copy(
                    root.resolve("control.db"),
                    root.resolve("control-copies/before-upgrade-v13-j" + journals + "-20260101-000000.db"));
        }
        try (Connection raw = DriverManager.getConnection(
                        "jdbc:sqlite:" + DIRECTORIES.get("NEWER").resolve("control.db"));
                Statement statement = raw.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO flyway_schema_history SELECT installed_rank + 100, '999', 'later', type,"
                            + " 'V999__later.sql', 0, installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
        }
    }

    /** Profiles of appliances that hold little, that hold more than any disk, and that need more memory than there is. */
    private static void profiles() throws Exception {
        String dev = new String(
                HardwareProfile.class.getResourceAsStream("dev.json").readAllBytes(), StandardCharsets.UTF_8);
        String small = dev.replace("200 GB", "1 GB");
        Files.writeString(work.resolve("small.json"), small);
        Files.writeString(work.resolve("spacious.json"), dev.replace("200 GB", "9000000 TB"));
        Files.writeString(work.resolve("hungry.json"), small.replace("1200 MiB", "900000 GiB"));
    }

    @AfterAll
    static void stop() throws Exception {
        cases.close();
        hook.stop(0);
        running.close();
        held.close();
    }

    private static Appliance start(Path data) throws Exception {
        DataDirectory directory = DataDirectory.open(data);
        try (Credential credential = directory.unattendedKey()) {
            assertThat(credential).isNotNull();
            return new Appliance(
                    directory, credential, new InetSocketAddress("127.0.0.1", 0), new IndexRecovery.Progress() {
                        @Override
                        public void step(String what, long done, long total) {}

                        @Override
                        public void warning(String what) {}
                    });
        }
    }

    private static String replaced(String line) {
        String all = line.replace(
                        "HOOK", "http://127.0.0.1:" + hook.getAddress().getPort() + "/")
                .replace("WORK", work.toString());
        for (Map.Entry<String, Path> each : DIRECTORIES.entrySet()) {
            all = all.replaceAll("\\b" + each.getKey() + "\\b", each.getValue().toString());
        }
        return all;
    }

    @Test
    void everyCommandEndsAsTheTableSays() throws Exception {
        Map<String, List<String>> succeeds = new TreeMap<>();
        Appliance vaulted = null;
        for (String line : CASES.lines().toList()) {
            List<String> words = new ArrayList<>(Arrays.asList(replaced(line).split(" ")));
            String first = words.removeFirst();
            switch (first) {
                case "START" -> vaulted = start(Path.of(words.getFirst()));
                case "STOP" -> vaulted.close();
                case "TAMPER" -> tamper(Path.of(words.getFirst()));
                default -> {
                    String name = cases.command(words);
                    boolean onData = takes(COMMANDS.get(name), "--data") && !words.contains("--list");
                    if (onData && !words.contains("--data")) {
                        words.addAll(List.of("--data", DIRECTORIES.get("DATA").toString()));
                    }
                    cases.check(Integer.parseInt(first), words);
                    if (first.equals("0") || name.equals("run")) {
                        succeeds.putIfAbsent(name, words);
                    }
                }
            }
        }
        for (Map.Entry<String, CommandLine> each : COMMANDS.entrySet()) {
            List<String> words = new ArrayList<>(
                    succeeds.getOrDefault(each.getKey(), List.of(each.getKey().split(" "))));
            elsewhere(each.getKey(), each.getValue(), words);
            if (each.getKey().equals("help")) {
                continue;
            }
            words.add("--no-such-option");
            cases.check(ExitCode.USAGE, words);
        }
        cases.note(ELSEWHERE.keySet());
        cases.note(Set.of("help " + ExitCode.FAILED));
        cases.requireAll(ExitTable.of(Path.of("../.."), "appliance"));
    }

    /** What a command that succeeds ends with on no data directory, and with a wrong passphrase. */
    private static void elsewhere(String name, CommandLine line, List<String> words) {
        int at = words.indexOf("--data");
        if (at < 0) {
            return;
        }
        List<String> other = new ArrayList<>(words);
        // Below a file nothing can be made either.
        other.set(at + 1, work.resolve("password").resolve("x").toString());
        cases.check(ExitCode.FAILED, other);
        boolean unlocks = takes(line, "--passphrase-file") && takes(line, "--key-file");
        if (unlocks && !cases.seen(name).contains(ExitCode.REFUSED)) {
            other.set(at + 1, DIRECTORIES.get("CLOSED").toString());
            int passphrase = other.indexOf("--passphrase-file");
            if (passphrase >= 0) {
                other.subList(passphrase, passphrase + 2).clear();
            }
            other.addAll(List.of("--passphrase-file", work.resolve("wrong").toString()));
            cases.check(ExitCode.REFUSED, other);
        }
    }

    private static boolean takes(CommandLine line, String option) {
        return line.getCommandSpec().findOption(option) != null;
    }

    /** As somebody who has the file, but not the keys. */
    private static void tamper(Path data) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:sqlite:" + DataDirectory.open(data).controlDb());
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("UPDATE audit SET object = 'other' WHERE id = 3"))
                    .isEqualTo(1);
        }
    }
}
