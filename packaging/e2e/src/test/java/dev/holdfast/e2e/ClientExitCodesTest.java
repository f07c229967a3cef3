package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.cli.Main;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.cli.ExitCases;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.ExitTable;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of docs/command-line.md for the client: a case for each exit code of each command, run in this process against
 * an appliance over TLS. A command or a code without a case fails this test.
 */
class ClientExitCodesTest {
    /** What runs an appliance as a process of its own: tested end to end. */
    private static final Map<String, String> ELSEWHERE = Map.ofEntries(
            Map.entry("quickstart 0", "QuickstartTest"),
            Map.entry("quickstart 1", "its source would have to have what cannot be kept"),
            Map.entry("quickstart 7", "a snapshot would have to differ from its source"),
            Map.entry("service 0", "LauncherTest and ServiceTest"),
            Map.entry("rescue 0", "ExitCodesTest"),
            Map.entry("rescue 1", "ExitCodesTest"),
            Map.entry("rescue 5", "ExitCodesTest"),
            Map.entry("rescue 6", "ExitCodesTest"),
            Map.entry("rescue 7", "ExitCodesTest"),
            Map.entry("config check 3", "its file, which the environment names, would have to be unreadable"),
            Map.entry("verify-package 0", "UpgradeScriptTest, which has an installed client"),
            Map.entry("help 3", "ExitCodesTest"),
            Map.entry("mount 0", "MountTest"),
            Map.entry("move-disk 0", "MoveDiskTest"),
            Map.entry("vm list 0", "LibvirtBackupTest, which has a libvirt"),
            Map.entry("vm list 1", "LibvirtBackupTest"),
            Map.entry("vm enroll 0", "VmNodesTest, which has a machine"),
            Map.entry("vm enroll 4", "VmNodesTest"),
            Map.entry("vm enroll 5", "VmNodesTest"),
            Map.entry("vm list 3", "/proc would have to be unreadable"),
            Map.entry("restore-machine 0", "RestoreMachineTest"),
            Map.entry("restore-machine 1", "RestoreMachineTest"),
            Map.entry("verify 1", "FrozenVaultTest"),
            Map.entry("restore 1", "RestoreOptionsTest"));

    /**
     * Cases, one a line: the exit code, then the command. ONE is the state of a node whose snapshot has what cannot be kept in
     * it, HURT of one whose stored data is damaged, FAR of one whose appliance cannot be reached, OUT of one whose certificate is
     * revoked, NONE of none, BAD one that is damaged. Where no state is named it is ONE.
     */
    private static final String CASES = """
            0 backup TREE/plain
            1 backup TREE
            1 backup TREE/missing TREE/plain
            2 backup
            2 backup --streams 99 TREE
            2 backup --exclude-larger-than large TREE
            2 backup --vm libvirt:
            2 backup --vm /var/run/qemu-server/100.qmp
            2 backup --vm libvirt:mail --guest-agent /run/agent
            2 backup --vm WORK/missing --image WORK/missing
            2 backup --disk system TREE
            3 backup --vm WORK/missing
            3 backup --image WORK/missing
            0 backup --snapshot auto TREE/plain
            2 backup --snapshot vss TREE
            2 backup --snapshot lvm --snapshot-size 0% TREE
            2 backup --snapshot auto --stdin name
            3 backup --snapshot zfs TREE/plain
            0 restore latest:TREE/plain/a-file --target WORK/back
            6 restore ffffffff --target WORK/back
            6 restore latest:/nothing --target WORK/back
            3 restore latest --target TREE/plain/a-file
            2 restore latest
            7 restore latest --target WORK/hurt --state HURT
            6 mount ffffffff MOUNT
            2 mount
            2 mount --cache 1MB MOUNT
            3 mount WORK/missing
            6 mount latest:/nothing MOUNT
            7 mount latest:TREE/plain MOUNT --state HURT
            0 restore-disk latest:TREE/plain/a-file WORK/disk.raw --overwrite
            2 restore-disk latest:TREE/plain/a-file WORK/disk.raw
            3 restore-disk latest:TREE/plain/a-file WORK/none/disk.raw
            6 restore-disk ffffffff WORK/other.raw
            3 move-disk --vm WORK/none system WORK/other.raw
            2 move-disk system WORK/other.raw
            2 vm list mail
            2 vm enroll libvirt:
            3 vm enroll WORK/none https://127.0.0.1:1
            7 restore-disk latest:TREE/plain/a-file WORK/hurt.raw --overwrite --state HURT
            6 restore-machine ffffffff --yes
            2 restore-machine --disk word
            6 restore-machine --dry-run
            7 restore-machine FIRST --yes --state HURT
            0 snapshots
            0 ls latest
            6 ls ffffffff
            6 ls latest:/nothing
            7 ls -r latest --state HURT
            0 find a-f*
            6 find nothing
            6 find --snapshot ffffffff a*
            7 find a-f* --state HURT
            0 cat latest:TREE/plain/a-file
            2 cat latest
            6 cat latest:/nothing
            7 cat latest:TREE/plain/a-file --state HURT
            0 diff latest latest
            6 diff latest ffffffff
            7 diff FIRST latest --state HURT
            0 report latest
            6 report ffffffff
            7 report latest --state HURT
            0 verify latest
            6 verify ffffffff
            7 verify latest --state HURT
            0 compare TREE TREE
            1 compare TREE TREE/plain
            3 compare TREE WORK/missing
            3 verify-package WORK/missing
            5 verify-package TOKEN --signature TOKEN
            0 config check
            2 config check word
            0 support bundle --output WORK/support.zip
            2 support bundle --days 0
            3 support bundle --output WORK/none/support.zip
            0 relocate URL
            2 relocate nonsense://x
            4 relocate https://127.0.0.1:9
            2 enroll URL --token-file TOKEN
            0 enroll URL --token-file TOKEN --name another --state WORK/another
            5 enroll URL --token-file TOKEN --name again --state WORK/again
            4 enroll https://127.0.0.1:9 --token-file TOKEN --name far --state WORK/far
            3 enroll URL --token-file WORK/missing --name again --state WORK/again
            2 enroll URL --token-file EMPTY --name again --state WORK/again
            2 enroll
            2 enroll --undo-move
            2 enroll URL --move --token-file TOKEN
            5 enroll URL --move --token-file TOKEN --state NONE
            0 dedup
            2 dedup word
            2 dedup --renew
            5 service --state OUT
            3 rescue ffffffff --from file://WORK/none --recovery-key-file WORK/missing --target WORK/back --quiet
            3 quickstart --exit --source WORK/missing --work WORK/quick
            0 help ls
            2 help nonsense
            """;

    @TempDir
    private static Path work;

    private static final Map<String, String> NAMES = new TreeMap<>();
    /** Appliances of this process write to their log when they like, not to what a command prints. */
    private static final List<Logger> LOGS = Stream.of("store", "control", "server")
            .map(each -> Logger.getLogger("dev.holdfast." + each))
            .toList();

    private static ExitCases cases;
    private static Appliance whole;
    private static Appliance damaged;
    private static ServerSocketChannel socket;

    @BeforeAll
    static void make() throws Exception {
        Path tree = Files.createDirectories(work.resolve("tree"));
        Files.createDirectories(tree.resolve("plain"));
        Files.writeString(tree.resolve("plain/a-file"), "content");
        // No snapshot can keep a socket. Its address must be short.
        Path at = Files.createTempDirectory(Path.of("/tmp"), "s").resolve("s");
        socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(at));
        Files.move(at, tree.resolve("socket"));
        Files.delete(at.getParent());
        NAMES.put("WORK", work.toString());
        NAMES.put("TREE", tree.toString());
        Files.writeString(work.resolve("empty"), "");
        NAMES.put("MOUNT", Files.createDirectories(work.resolve("mnt")).toString());
        NAMES.put("EMPTY", work.resolve("empty").toString());
        LOGS.forEach(each -> each.setLevel(Level.OFF));
        cases = new ExitCases(Main::run, ExitTable.commands(Main.commands()).keySet());
        Path data = DataDirectory.init(work.resolve("data"), "dev", List.of(), null)
                .directory()
                .root();
        whole = start(data);
        String url = "https://127.0.0.1:" + whole.port();
        NAMES.put("URL", url);
        Files.writeString(work.resolve("token"), token(data) + "\n");
        NAMES.put("TOKEN", work.resolve("token").toString());
        enrol("ONE", url, token(data));
        enrol("OUT", url, token(data));
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            assertThat(control.nodes().revoke("OUT")).isTrue();
        }
        Path far = copy("FAR", Path.of(NAMES.get("ONE")));
        Files.writeString(
                far.resolve("identity.json"),
                Files.readString(far.resolve("identity.json")).replace(url, "https://127.0.0.1:9"));
        Path bad = copy("BAD", Path.of(NAMES.get("ONE")));
        Files.writeString(bad.resolve("identity.json"), "{");
        NAMES.put("NONE", work.resolve("none").toString());
        hurt(tree);
    }

    /** Two snapshots, whose containers are damaged then. */
    private static void hurt(Path tree) throws Exception {
        Path data = DataDirectory.init(work.resolve("hurt-data"), "dev", List.of(), null)
                .directory()
                .root();
        Appliance first = start(data);
        enrol("HURT", "https://127.0.0.1:" + first.port(), token(data));
        cases.run(List.of("backup", tree.toString(), "--state", NAMES.get("HURT")));
        NAMES.put("FIRST", cases.printed().substring("Snapshot ".length(), "Snapshot ".length() + 8));
        Files.writeString(tree.resolve("plain/second"), "second");
        cases.run(List.of("backup", tree.toString(), "--state", NAMES.get("HURT")));
        first.close();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path each :
                    files.filter(file -> file.toString().endsWith(".hfc")).toList()) {
                byte[] content = Files.readAllBytes(each);
                for (int i = content.length / 8; i < content.length - content.length / 8; i += 7) {
                    content[i] ^= 0x55;
                }
                Files.write(each, content);
            }
        }
        damaged = start(data);
        Path state = Path.of(NAMES.get("HURT"));
        Files.writeString(
                state.resolve("identity.json"),
                Files.readString(state.resolve("identity.json"))
                        .replaceAll("https://127.0.0.1:\\d+", "https://127.0.0.1:" + damaged.port()));
    }

    @AfterAll
    static void stop() throws Exception {
        cases.close();
        LOGS.forEach(each -> each.setLevel(null));
        socket.close();
        damaged.close();
        whole.close();
    }

    private static String token(Path data) throws IOException {
        DataDirectory directory = DataDirectory.open(data);
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            Authority.Token token =
                    Authority.newToken(Authority.fingerprint(Authority.loadCertificate(directory.keys())));
            control.tokens().add(token.secret(), Duration.ofHours(1), null);
            return token.text();
        }
    }

    private static void enrol(String name, String url, String token) throws IOException {
        Path state = Files.createDirectories(work.resolve("state-" + name));
        Enrolment.enroll(Endpoint.parse(url), token, null, name, state);
        NAMES.put(name, state.toString());
    }

    private static Path copy(String name, Path from) throws IOException {
        Path state = Files.createDirectories(work.resolve("state-" + name));
        try (Stream<Path> files = Files.list(from)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                Files.copy(each, state.resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        NAMES.put(name, state.toString());
        return state;
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
        String all = line;
        for (Map.Entry<String, String> each : NAMES.entrySet()) {
            all = all.replaceAll("\\b" + each.getKey() + "\\b", each.getValue());
        }
        return all;
    }

    @Test
    void everyCommandEndsAsTheTableSays() throws Exception {
        Map<String, Set<Integer>> table = ExitTable.of(Path.of(System.getProperty("holdfast.root")), "client");
        Map<String, List<String>> connects = new TreeMap<>();
        for (String line : CASES.lines().toList()) {
            List<String> words = new ArrayList<>(Arrays.asList(replaced(line).split(" ")));
            int code = Integer.parseInt(words.removeFirst());
            if (!words.contains("--state")) {
                words.addAll(List.of("--state", NAMES.get("ONE")));
            }
            cases.check(code, words);
            connects.putIfAbsent(words.getFirst(), words);
        }
        for (Map.Entry<String, List<String>> each : connects.entrySet()) {
            String name = each.getKey();
            List<String> words = new ArrayList<>(each.getValue());
            int state = words.indexOf("--state") + 1;
            // Enrolment is what makes a state; what needs none ignores it.
            if (!Set.of(
                            "enroll",
                            "compare",
                            "config",
                            "help",
                            "move-disk",
                            "quickstart",
                            "rescue",
                            "support",
                            "verify-package",
                            "vm")
                    .contains(name)) {
                words.set(state, NAMES.get("NONE"));
                cases.check(ExitCode.REFUSED, words);
                words.set(state, NAMES.get("BAD"));
                cases.check(ExitCode.FAILED, words);
                if (table.get(name).contains(ExitCode.UNREACHABLE)) {
                    words.set(state, NAMES.get("OUT"));
                    cases.check(ExitCode.REFUSED, words);
                    words.set(state, NAMES.get("FAR"));
                    if (name.equals("backup")) {
                        words.addAll(1, List.of("--retries", "0"));
                    }
                    if (!name.equals("relocate")) {
                        cases.check(ExitCode.UNREACHABLE, words);
                    }
                }
            }
            if (!name.equals("help")) {
                words.add("--no-such-option");
                cases.check(ExitCode.USAGE, words);
            }
        }
        cases.note(ELSEWHERE.keySet());
        cases.requireAll(table);
    }
}
