package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes and profiles change while an appliance runs, by commands. */
class VolumeCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path GUIDE = Path.of("../../docs/guide/move-to-new-hardware.md");

    @TempDir
    private Path work;

    private Path data;
    private Appliance appliance;

    @AfterEach
    void stop() throws Exception {
        if (appliance != null) {
            appliance.close();
        }
    }

    private static final class Silent implements IndexRecovery.Progress {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    }

    private void init(String... volumes) throws IOException {
        data = work.resolve("data");
        DataDirectory.init(data, "dev", Stream.of(volumes).map(work::resolve).toList(), null);
    }

    private static Credential key(DataDirectory directory) throws IOException {
        return Objects.requireNonNull(directory.unattendedKey());
    }

    private interface Use {
        void on(Store store) throws IOException;
    }

    /** Opens the store of the appliance, which does not run. */
    private void onStore(Use use) throws IOException {
        DataDirectory directory = DataDirectory.open(data);
        try (Credential key = key(directory);
                VaultKeys keys = directory.keyring().unlock(key);
                Store store = new Store(directory.storeConfig(), keys, new LocalDisk(), new Silent())) {
            use.on(store);
        }
    }

    private static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 30_000), StoreFixture.random(seed + 100L, 50_000));
    }

    private void backUp(int seed) throws IOException {
        onStore(store -> StoreFixture.backup(store, 1, files(seed)));
    }

    private void start() throws Exception {
        DataDirectory directory = DataDirectory.open(data);
        try (Credential key = key(directory)) {
            appliance = new Appliance(directory, key, new InetSocketAddress("127.0.0.1", 0), new Silent());
        }
    }

    private void end() throws Exception {
        appliance.close();
        appliance = null;
    }

    /** Runs a command that must end with a code; returns what it printed, messages too. */
    private String run(int code, String... words) {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        if (!all.contains("--data")) {
            all.addAll(List.of("--data", data.toString()));
        }
        return Typed.run(code, all.toArray(String[]::new));
    }

    private JsonNode json(int code, String... words) throws IOException {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.add("--json");
        return JSON.readTree(run(code, all.toArray(String[]::new)));
    }

    private List<String> states() throws IOException {
        return states(0);
    }

    private List<String> acts() throws IOException {
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            return control.audit().newest(50).stream()
                    .filter(each ->
                            each.action().startsWith("volume ") || each.action().startsWith("profile "))
                    .map(AuditEntry::action)
                    .distinct()
                    .toList();
        }
    }

    private void assertReadable(int... seeds) throws IOException {
        onStore(store -> {
            for (int seed : seeds) {
                StoreReads.assertReadable(store, 1, files(seed));
            }
            assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                    .isEmpty();
        });
    }

    private List<Path> containers(String volume) throws IOException {
        try (Stream<Path> found = Files.walk(work.resolve(volume))) {
            return found.filter(each -> each.toString().endsWith(".hfc")).toList();
        }
    }

    @Test
    void volumesAreAddedDrainedReplacedAndRetired() throws Exception {
        init("disk0");
        backUp(1);
        start();
        assertThat(run(5, "volume", "drain", "0")).contains("no other volume takes containers");
        assertThat(run(5, "volume", "retire", "0")).contains("no other volume takes containers");
        JsonNode looked = JSON.readTree(run(1, "volume", "add", path("disk1"), "--dry-run", "--json")
                .lines()
                .takeWhile(line -> !line.startsWith("holdfast: "))
                .reduce("", String::concat));
        assertThat(looked.path("number").asInt()).isEqualTo(1);
        assertThat(work.resolve("disk1")).doesNotExist();
        assertThat(run(1, "volume", "add", path("disk1"))).contains("is on the same file system as volume 0");
        assertThat(states()).containsExactly("0 active", "1 active");
        assertThat(work.resolve("disk1/keyring.json")).hasSameBinaryContentAs(data.resolve("keys/keyring.json"));
        assertThat(run(5, "volume", "retire", "0")).contains("volume 0 holds 2 containers");
        assertThat(json(0, "volume", "drain", "0", "--dry-run")
                        .path("containers")
                        .asInt())
                .isEqualTo(2);
        assertThat(states()).containsExactly("0 active", "1 active");
        assertThat(run(0, "volume", "drain", path("disk0"), "--wait")).contains("Moved 2 containers");
        assertThat(states()).containsExactly("0 drained", "1 active");
        assertThat(run(0, "volume", "retire", "0")).contains("its disk can be removed");
        assertThat(work.resolve("disk0")).isEmptyDirectory();
        assertThat(run(6, "volume", "retire", "0")).contains("there is no volume 0");
        assertThat(run(0, "volume", "replace", "1", path("disk0"), "--wait")).contains("and retired it");
        assertThat(states()).containsExactly("2 active");
        end();
        assertThat(acts()).containsExactlyInAnyOrder("volume add", "volume drain", "volume retire");
        assertReadable(1);
        assertThat(containers("disk0")).hasSize(2);
    }

    private String path(String name) {
        return work.resolve(name).toString();
    }

    @Test
    void directoriesThatCannotBeVolumesAreRefused() throws Exception {
        init("disk0");
        Files.createDirectories(work.resolve("used/files"));
        assertThat(run(5, "volume", "add", path("used"))).contains("is not empty");
        assertThat(run(5, "volume", "add", path("disk0/below"))).contains("one inside the other");
        assertThat(run(5, "volume", "add", data.resolve("keys").toString())).contains("is part of the data directory");
        DataDirectory.init(work.resolve("other"), "dev", List.of(work.resolve("foreign")), null);
        assertThat(run(5, "volume", "add", path("foreign"))).contains("is a volume of another appliance");
        Files.write(work.resolve("file"), new byte[1]);
        assertThat(run(5, "volume", "add", path("file"))).contains("is not a directory");
        for (int i = 1; i < 4; i++) {
            run(1, "volume", "add", path("disk" + i));
        }
        assertThat(run(5, "volume", "add", path("disk4"))).contains("profile dev has at most 4 volumes");
        assertThat(states()).containsExactly("0 active", "1 active", "2 active", "3 active");
    }

    @Test
    void drainIsPausedAndResumesAfterARestart() throws Exception {
        init("disk0", "disk1");
        onStore(store -> {
            for (int seed = 1; seed < 5; seed++) {
                StoreFixture.backup(store, 1, files(seed));
                store.archiving().sealOpen();
            }
        });
        String full = containers("disk0").isEmpty() ? "1" : "0";
        assertThat(run(0, "volume", "drain", full)).contains("the task begins when it starts");
        String task = json(0, "volume", "drain", full).path("task").asText();
        run(0, "tasks", "pause", task);
        start();
        assertThat(json(0, "tasks", "show", task).path("task").path("state").asText())
                .isEqualTo("QUEUED");
        end();
        start();
        run(0, "tasks", "resume", task);
        run(0, "volume", "drain", full, "--wait");
        assertThat(states()).contains(full + " drained");
        // A volume that was to leave may stay.
        run(0, "volume", "add", path("disk" + full));
        assertThat(states()).containsExactly("0 active", "1 active");
        end();
        assertReadable(1, 2, 3, 4);
    }

    @Test
    void damagedContainerMovesAlongAndIsTold() throws Exception {
        init("disk0", "disk1");
        backUp(1);
        String full = containers("disk0").isEmpty() ? "1" : "0";
        Path container = containers("disk" + full).getFirst();
        byte[] bytes = Files.readAllBytes(container);
        bytes[bytes.length / 2] ^= 1;
        Files.write(container, bytes);
        start();
        assertThat(run(1, "volume", "drain", full, "--wait")).contains("1 container is damaged");
        assertThat(states()).contains(full + " drained");
    }

    @Test
    void whatALostVolumeHeldComesFromTheVaultAndTheRestIsNamed() throws Exception {
        init("disk0");
        Files.createDirectories(work.resolve("vault"));
        run(0, "vault", "set", "file://" + work.resolve("vault"), "--when", "manually");
        backUp(1);
        start();
        run(0, "vault", "upload", "--wait");
        end();
        backUp(2);
        start();
        Files.move(work.resolve("disk0"), work.resolve("dead"));
        assertThat(run(1, "volume", "list")).contains("missing").contains("is not there");
        assertThat(run(5, "volume", "drain", "0")).contains("If its disk is dead, give it up");
        assertThat(run(5, "volume", "retire", "0", "--lost")).contains("add one first");
        run(0, "volume", "add", path("disk1"));
        String planned = run(0, "volume", "retire", "0", "--lost", "--dry-run", "--wait");
        assertThat(planned).contains("2 containers are in a vault, 2 lost").contains("damaged: snapshot");
        assertThat(states(1)).containsExactly("0 missing", "1 active");
        assertThat(run(1, "volume", "retire", "0", "--lost", "--wait"))
                .contains("2 containers fetched from a vault")
                .contains("1 snapshots are damaged");
        assertThat(states()).containsExactly("1 active");
        assertThat(run(1, "events")).contains("was lost with 2 containers");
        end();
        onStore(store -> {
            StoreReads.assertReadable(store, 1, files(1));
            // What is lost is taken again.
            StoreFixture.backup(store, 1, files(2));
        });
        assertReadable(1, 2);
    }

    @Test
    void lostVolumeIsReplacedWhereTheApplianceCannotStart() throws Exception {
        init("disk0");
        Files.createDirectories(work.resolve("vault"));
        run(0, "vault", "set", "file://" + work.resolve("vault"), "--when", "manually");
        backUp(1);
        start();
        run(0, "vault", "upload", "--wait");
        end();
        Files.move(work.resolve("disk0"), work.resolve("dead"));
        assertThat(run(3, "run", "--listen", "127.0.0.1:0"))
                .contains("volume 0: volume " + path("disk0") + " is not there")
                .contains("Mount it and start again")
                .contains("holdfast appliance run --read-only --data DIR")
                .contains("holdfast appliance volume retire 0 --lost --data DIR");
        assertThat(run(3, "volume", "replace", "0", path("disk1"), "--lost", "--dry-run"))
                .contains("the appliance is not running");
        run(0, "volume", "replace", "0", path("disk1"), "--lost");
        assertThat(states()).containsExactly("0 lost", "1 active");
        start();
        while (states().contains("0 lost")) {
            Thread.onSpinWait();
        }
        assertThat(states()).containsExactly("1 active");
        end();
        assertReadable(1);
        // What the dead disk held is not taken for data if it comes back.
        assertThat(run(5, "volume", "add", path("dead"))).contains("is not used any more");
    }

    @Test
    void allMissingVolumesAreNamedAtOnce() throws Exception {
        init("disk0", "disk1", "disk2");
        Files.move(work.resolve("disk0"), work.resolve("gone0"));
        Files.move(work.resolve("disk2"), work.resolve("gone2"));
        // An unmounted disk leaves an empty directory.
        Files.createDirectory(work.resolve("disk2"));
        assertThatThrownBy(this::start)
                .hasMessageContaining("volume 0: volume " + path("disk0") + " is not there")
                .hasMessageContaining("volume 2: volume " + path("disk2") + " is not there")
                .hasMessageContaining("volume retire 0 --lost")
                .hasMessageContaining("volume retire 2 --lost")
                .hasMessageNotContaining(path("disk1"));
        Files.delete(work.resolve("disk2"));
        Files.move(work.resolve("gone0"), work.resolve("disk0"));
        Files.move(work.resolve("gone2"), work.resolve("disk2"));
        start();
        assertThat(states()).containsExactly("0 active", "1 active", "2 active");
    }

    private List<String> states(int code) throws IOException {
        List<String> states = new ArrayList<>();
        json(code, "volume", "list")
                .forEach(each -> states.add(
                        each.path("number").asInt() + " " + each.path("state").asText()));
        return states;
    }

    /** A profile file like that of the development profile, with more nodes and memory. */
    private Path largeProfile() throws IOException {
        String dev = new String(
                HardwareProfile.class.getResourceAsStream("dev.json").readAllBytes(), StandardCharsets.UTF_8);
        return Files.writeString(
                work.resolve("large.json"),
                dev.replace("\"dev\"", "\"large\"")
                        .replace("\"nodes\": 8", "\"nodes\": 80")
                        .replace("200 GB", "1 GB")
                        .replace("512 MiB", "600 MiB"));
    }

    @Test
    void profileCountsFromTheNextStart() throws Exception {
        init("disk0");
        start();
        assertThat(run(0, "profile", "show")).contains("profile   dev").doesNotContain("From the next start");
        String before = Files.readString(data.resolve("jvm.options"));
        run(0, "profile", "set", largeProfile().toString(), "--dry-run");
        assertThat(data.resolve("jvm.options")).hasContent(before);
        assertThat(run(0, "profile", "set", largeProfile().toString()))
                .contains("Replaces profile dev once the appliance was restarted");
        assertThat(run(0, "profile", "show")).contains("profile   dev").contains("From the next start: large");
        assertThat(data.resolve("jvm.options")).content().contains("-Xmx600m");
        end();
        assertThat(run(0, "profile", "show")).contains("profile   large").contains("nodes     80");
        assertThat(run(6, "profile", "set", largeProfile().toString())).contains("is large already");
        run(1, "volume", "add", path("disk1"));
        Path one = Files.writeString(
                work.resolve("one.json"),
                Files.readString(largeProfile()).replace("\"maxVolumes\": 4", "\"maxVolumes\": 1"));
        assertThat(run(5, "profile", "set", one.toString())).contains("there are 2 volumes, and it allows 1");
        assertThat(acts()).contains("profile set");
    }

    // ---- the guide

    /** The commands below a heading of the guide, with the directories of this test. */
    private List<String> guide(String heading) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean here = false;
        boolean code = false;
        StringBuilder continued = new StringBuilder();
        for (String line : Files.readAllLines(GUIDE)) {
            here = line.startsWith("## ") ? line.equals("## " + heading) : here;
            code ^= here && line.strip().startsWith("```");
            if (here && code && !line.strip().startsWith("```")) {
                continued.append(line.replaceFirst(" # .*", "").strip());
                if (line.endsWith("\\")) {
                    continued.setLength(continued.length() - 1);
                    continue;
                }
                commands.add(continued
                        .toString()
                        .replace("/mnt/old/holdfast", work.resolve("data").toString())
                        .replace("/srv/holdfast", work.resolve("moved").toString())
                        .replace("/mnt/", work + "/")
                        .replace("hdr-2000", work.resolve("large.json").toString()));
                continued.setLength(0);
            }
        }
        assertThat(commands).isNotEmpty();
        return commands;
    }

    private void follow(String heading, int added) throws Exception {
        largeProfile();
        for (String command : guide(heading)) {
            String[] words = command.split(" +");
            if (command.startsWith("cp -a ")) {
                StoreFixture.copy(Path.of(words[2]), Path.of(words[3]));
                data = Path.of(words[3]);
            } else if (command.startsWith("holdfast appliance run ")) {
                start();
            } else if (command.startsWith("holdfast appliance ")) {
                // Directories of a test are on one file system, of which adding warns.
                int code = command.contains(" volume add ") ? added : 0;
                run(code, Arrays.copyOfRange(words, 2, words.length));
            }
        }
    }

    @Test
    void guideToCopyAnApplianceIsFollowed() throws Exception {
        data = work.resolve("data");
        DataDirectory.init(data, "dev", List.of(), null);
        backUp(1);
        follow("Copy", 1);
        assertThat(states()).containsExactly("1 active");
        end();
        assertThat(DataDirectory.open(data).profile().name()).isEqualTo("large");
        assertReadable(1);
    }

    @Test
    void guideToMoveTheDisksIsFollowed() throws Exception {
        init("disk0");
        backUp(1);
        Files.move(work.resolve("disk0"), work.resolve("moved-disk"));
        follow("Move the disks", 0);
        assertThat(states()).containsExactly("0 active");
        end();
        assertThat(DataDirectory.open(data).profile().name()).isEqualTo("large");
        assertThat(DataDirectory.open(data).volumes()).containsExactly(work.resolve("moved-disk"));
        assertReadable(1);
    }
}
