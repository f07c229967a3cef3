package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.ZipInputStream;
import javax.net.ssl.SSLSocket;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One flipped byte in a stored container: who is told, what a restore and a download say, and that it all ends by itself. */
class DamagedStoreTest {
    private static final int FILE_BYTES = 300_000;
    private static final String REPORT = "HOLDFAST-DAMAGED-FILES.txt";

    @TempDir
    Path work;

    private Path data;
    private UUID first;
    private UUID second;
    private UUID large;

    /** Five files of db1, then five of db2, then one of db2 that has five chunks; all in one container. */
    private void fill(DataDirectory directory, VaultKeys keys) throws IOException {
        data = directory.root();
        try (Store store = new Store(
                directory.storeConfig(),
                keys,
                new LocalDisk(),
                VaultData.numbersOnly(data),
                new IndexRecovery.Progress() {
                    @Override
                    public void step(String what, long done, long total) {}

                    @Override
                    public void warning(String what) {}
                })) {
            first = StoreFixture.backup(store, 1, contents(1)).id();
            second = StoreFixture.backup(store, 2, contents(10)).id();
            large = backupLarge(store);
        }
    }

    private static List<byte[]> contents(long seed) {
        return LongStream.range(seed, seed + 5)
                .mapToObj(each -> StoreFixture.random(each, FILE_BYTES))
                .toList();
    }

    private static UUID backupLarge(Store store) throws IOException {
        try (BackupSession session = store.openBackup(2, "node-2")) {
            List<Extent> extents = new ArrayList<>();
            for (byte[] each : contents(20)) {
                extents.add(new Extent(0, StoreFixture.put(session, each), FILE_BYTES, 0, FILE_BYTES));
            }
            Attributes.Timestamp time = new Attributes.Timestamp(1, 2);
            long size = 5L * FILE_BYTES;
            PageWriter writer = new PageWriter();
            writer.add(new Node.RegularFile(
                    "large".getBytes(StandardCharsets.US_ASCII),
                    new Attributes(0644, 0, 0, time, time, 1, 0, 1, size, List.of()),
                    new Content(extents, false, false, size)));
            List<PageRef> pages = new ArrayList<>();
            writer.take((start, continuation, bytes, records) -> {
                Digest digest = store.vault().hash().digest(bytes);
                session.put(ChunkKind.PAGE, digest, Packed.raw(bytes));
                pages.add(new PageRef(start, continuation, digest, bytes.length, records));
            });
            session.addPages(pages);
            return session.commit(StoreFixture.summary(1).encode()).id();
        }
    }

    private List<Path> containers() throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(file -> file.toString().endsWith(".hfc"))
                    .sorted(Comparator.comparingLong(file -> file.toFile().length()))
                    .toList();
        }
    }

    /** Turns a byte of the container of data over. */
    private void damage(double where) throws IOException {
        damage(containers().getLast(), where);
    }

    private static void damage(Path container, double where) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(container.toFile(), "rw")) {
            long at = (long) (where * open.length());
            open.seek(at);
            int was = open.read();
            open.seek(at);
            open.write(was ^ 0xff);
        }
    }

    private static void until(String what, Callable<Boolean> check) throws Exception {
        for (int i = 0; i < 1200; i++) {
            if (check.call()) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError(what + ": not within a minute");
    }

    private static JsonNode get(RunningAppliance appliance, Browser browser, String path) throws Exception {
        return json(appliance.call(browser, "GET", path, null));
    }

    /** Runs a task to its end, and what it caused. */
    private static Task run(RunningAppliance appliance, Browser admin, String body) throws Exception {
        long id =
                json(appliance.call(admin, "POST", "/tasks", body)).path("task").asLong();
        try (ControlDb control = appliance.control()) {
            until(
                    "task " + id,
                    () -> control.tasks().find(id).orElseThrow().state().ended());
            until("collections", () -> !control.tasks().pending(TaskKind.GC));
            return control.tasks().find(id).orElseThrow();
        }
    }

    private static final String SCRUB = "{\"kind\":\"scrub\",\"all\":true}";
    private static final String COLLECT = "{\"kind\":\"gc\",\"graceHours\":0}";

    private static byte[] download(RunningAppliance appliance, Browser browser, String path) throws Exception {
        HttpResponse<byte[]> response = appliance
                .http()
                .send(
                        HttpRequest.newBuilder(appliance.uri(path))
                                .header("Cookie", browser.cookie())
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    private static Map<String, byte[]> unzip(byte[] archive) throws IOException {
        Map<String, byte[]> found = new HashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                found.put(entry.getName(), in.readAllBytes());
            }
        }
        return found;
    }

    private static Map<String, byte[]> untar(byte[] archive) throws IOException {
        Map<String, byte[]> found = new HashMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                found.put(entry.getName(), in.readAllBytes());
            }
        }
        return found;
    }

    private static List<String> needs(RunningAppliance appliance, Browser browser) throws Exception {
        List<String> found = new ArrayList<>();
        get(appliance, browser, "/overview").path("needs").forEach(each -> {
            String kind = each.path("kind").asText();
            if (kind.equals("damaged") || each.path("about").asText().equals("damage")) {
                found.add(kind + " " + each.path("node").asText());
            }
        });
        return found;
    }

    @Test
    void damageIsToldEverywhereUntilNoSnapshotNeedsWhatIsDamaged() throws Exception {
        try (RunningAppliance appliance = new RunningAppliance(work, (directory, control, keys) -> {
            fill(directory, keys);
            damage(0.45);
        })) {
            Browser admin = appliance.signIn("administrator-user");
            Task scrub = run(appliance, admin, SCRUB);
            assertThat(scrub.state().text()).isEqualTo("failed");
            assertThat(scrub.reason())
                    .startsWith("found damage that could not be healed: 1 finding, 1 file in 1 snapshot of 1 node;")
                    .contains(" appliance damage ");
            String path = JSON.readTree(scrub.result()).findValuesAsText("path").getFirst();
            assertThat(path).startsWith("/f0000");
            List<String> log = get(appliance, admin, "/tasks/" + scrub.id()).findValuesAsText("text");
            assertThat(log)
                    .anyMatch(line -> line.contains(
                            "it affects snapshot " + second.toString().substring(0, 8) + " of node db2: " + path))
                    .noneMatch(line -> line.contains("Finding["));

            JsonNode damage = get(appliance, admin, "/damage");
            assertThat(damage.path("findings").asInt()).isEqualTo(1);
            assertThat(damage.path("machines").findValuesAsText("node")).containsExactly("db2");
            assertThat(damage.path("hurts").findValuesAsText("path")).containsExactly(path);
            assertThat(damage.path("damaged").findValuesAsText("task")).containsExactly(Long.toString(scrub.id()));
            JsonNode narrow = get(appliance, appliance.signIn("narrow"), "/damage");
            assertThat(narrow.path("findings").asInt()).isZero();
            assertThat(narrow.path("machines")).isEmpty();
            assertThat(narrow.path("hurts")).isEmpty();
            assertThat(narrow.path("damaged")).isEmpty();
            assertThat(appliance
                            .call(admin, "GET", "/damage?after=nowhere", null)
                            .statusCode())
                    .isEqualTo(400);

            assertThat(get(appliance, admin, "/snapshots/" + second)
                            .path("damaged")
                            .asInt())
                    .isEqualTo(1);
            assertThat(get(appliance, admin, "/snapshots/" + first)
                            .path("damaged")
                            .asInt())
                    .isZero();
            JsonNode node = get(appliance, admin, "/nodes/db2").path("node");
            assertThat(node.path("damaged").asInt()).isEqualTo(1);
            assertThat(node.path("health").asText()).isEqualTo("DAMAGED");
            assertThat(needs(appliance, admin)).containsExactly("damaged db2");
            for (int i = 0; i < 2; i++) {
                JsonNode storage = get(appliance, admin, "/storage");
                assertThat(storage.path("damaged")).hasSize(1);
                assertThat(storage.path("lastTasks").path("scrub").path("id").asLong())
                        .isEqualTo(scrub.id());
            }
            JsonNode plan =
                    json(appliance.call(admin, "POST", "/snapshots/" + second + "/restore-plan", "{\"paths\":[]}"));
            assertThat(plan.path("damagedFiles").asInt()).isEqualTo(1);
            assertThat(plan.path("damaged").get(0).asText()).isEqualTo(path);
            for (JsonNode each : get(appliance, admin, "/snapshots/" + second + "/files?path=/")
                    .path("entries")) {
                assertThat(each.path("damaged").asBoolean())
                        .isEqualTo(each.path("path").asText().equals(path));
            }

            String archive = "/snapshots/" + second + "/archive?path=/&format=";
            for (Map<String, byte[]> found : List.of(
                    unzip(download(appliance, admin, archive + "zip")),
                    untar(download(appliance, admin, archive + "tar")))) {
                assertThat(found)
                        .hasSize(5)
                        .doesNotContainKey(path.substring(1))
                        .containsKey(REPORT);
                assertThat(new String(found.get(REPORT), StandardCharsets.UTF_8))
                        .contains(path + "\n");
                assertThat(found.values())
                        .filteredOn(each -> each.length == FILE_BYTES)
                        .hasSize(4);
            }
            HttpResponse<String> single =
                    appliance.call(admin, "GET", "/snapshots/" + second + "/archive?path=" + path, null);
            assertThat(single.statusCode()).isEqualTo(409);
            assertThat(single.body()).contains("urn:holdfast:damaged", path);

            assertThat(appliance
                            .call(admin, "DELETE", "/snapshots/" + second, null)
                            .statusCode())
                    .isEqualTo(204);
            assertThat(get(appliance, admin, "/damage").path("hurts")).isEmpty();
            // The appliance collects, and looks again, by itself.
            until(
                    "nothing is damaged",
                    () -> !get(appliance, admin, "/damage").path("healed").isEmpty());
            cleared(appliance, admin);
            assertThat(run(appliance, admin, SCRUB).state().text()).isEqualTo("done");
        }
    }

    /** Nothing is known to be damaged any more. */
    private static void cleared(RunningAppliance appliance, Browser admin) throws Exception {
        JsonNode damage = get(appliance, admin, "/damage");
        assertThat(damage.path("findings").asInt()).as(damage.toString()).isZero();
        assertThat(damage.path("machines")).isEmpty();
        assertThat(damage.path("healed")).isNotEmpty();
        assertThat(needs(appliance, admin)).isEmpty();
        assertThat(get(appliance, admin, "/events?open=true").path("events").findValuesAsText("kind"))
                .doesNotContain("damage");
        assertThat(get(appliance, admin, "/nodes/db2")
                        .path("node")
                        .path("damaged")
                        .asInt())
                .isZero();
    }

    @Test
    void scrubHealsFromTheVaultOnceItCanBeReached() throws Exception {
        Path place = work.resolve("vault");
        try (RunningAppliance appliance = new RunningAppliance(work, (directory, control, keys) -> {
            fill(directory, keys);
            new VaultSetup(directory.root(), control, keys, LocalCopies.onVolumes(directory))
                    .set(
                            VaultRegistry.FIRST,
                            new VaultSettings(place.toString(), null, VaultPolicy.DEFAULT),
                            null,
                            false);
        })) {
            try (ControlDb control = appliance.control()) {
                until("uploaded", () -> {
                    List<VaultState> states = VaultState.all(control, true);
                    return !states.isEmpty()
                            && states.stream()
                                    .allMatch(each -> each.counted()
                                            && each.snapshotsBehind() == 0
                                            && each.root() > 0
                                            && each.state().equals("idle"));
                });
            }
            damage(0.45);
            Files.move(place, work.resolve("away"));
            Browser admin = appliance.signIn("administrator-user");
            assertThat(run(appliance, admin, SCRUB).state().text()).isEqualTo("failed");
            assertThat(needs(appliance, admin)).containsExactly("damaged db2");
            if (Files.exists(place)) {
                Files.move(place, work.resolve("made-meanwhile"));
            }
            Files.move(work.resolve("away"), place);
            Task scrub = run(appliance, admin, SCRUB);
            assertThat(scrub.state().text()).as(scrub.reason()).isEqualTo("done");
            assertThat(get(appliance, admin, "/tasks/" + scrub.id()).findValuesAsText("text"))
                    .anyMatch(line -> line.matches("container [0-9a-f]{8} was damaged; it is healed from vault vault"));
            cleared(appliance, admin);
            assertThat(unzip(download(appliance, admin, "/snapshots/" + second + "/archive?path=/&format=zip")))
                    .hasSize(5)
                    .doesNotContainKey(REPORT);
        }
    }

    @Test
    void snapshotWhoseListOfFilesIsLostIsNamedWithoutItsFiles() throws Exception {
        try (RunningAppliance appliance = new RunningAppliance(work, (directory, control, keys) -> {
            fill(directory, keys);
            for (Path container : containers().subList(0, containers().size() - 1)) {
                damage(container, 0.5);
            }
        })) {
            Browser admin = appliance.signIn("administrator-user");
            Task scrub = run(appliance, admin, SCRUB);
            assertThat(scrub.state().text()).isEqualTo("failed");
            assertThat(scrub.reason()).contains(" at least ");
            JsonNode damage = get(appliance, admin, "/damage");
            assertThat(damage.path("namesLost").asBoolean()).isTrue();
            List<String> hurt = damage.path("hurts").findValuesAsText("snapshot");
            assertThat(hurt).isNotEmpty();
            assertThat(get(appliance, admin, "/tasks/" + scrub.id()).findValuesAsText("text"))
                    .anyMatch(line -> line.contains(" and what follows it (file names are lost)"));
            for (String each : hurt.stream().distinct().toList()) {
                JsonNode plan =
                        json(appliance.call(admin, "POST", "/snapshots/" + each + "/restore-plan", "{\"paths\":[]}"));
                assertThat(plan.path("complete").asBoolean()).isFalse();
                assertThat(plan.path("damaged")).isNotEmpty();
                HttpResponse<String> list = appliance.call(admin, "GET", "/snapshots/" + each + "/files", null);
                assertThat(list.statusCode()).isEqualTo(409);
                assertThat(list.body()).contains("urn:holdfast:damaged", each, "another snapshot", "damage");
                assertThat(unzip(download(appliance, admin, "/snapshots/" + each + "/archive?path=/&format=zip")))
                        .containsKey(REPORT);
                assertThat(appliance
                                .call(admin, "DELETE", "/snapshots/" + each, null)
                                .statusCode())
                        .isEqualTo(204);
            }
            assertThat(run(appliance, admin, COLLECT).state().text()).isEqualTo("done");
            cleared(appliance, admin);
        }
    }

    @Test
    void downloadOfAFileThatTurnsOutToBeDamagedDoesNotLookWhole() throws Exception {
        try (RunningAppliance appliance = new RunningAppliance(work, (directory, control, keys) -> {
            fill(directory, keys);
            damage(0.05);
            damage(0.95);
        })) {
            Browser admin = appliance.signIn("administrator-user");
            // Nothing of it was sent.
            HttpResponse<String> early =
                    appliance.call(admin, "GET", "/snapshots/" + first + "/archive?path=/f00000", null);
            assertThat(early.statusCode()).isEqualTo(500);
            assertThat(JSON.readTree(early.body()).path("type").asText()).isEqualTo("urn:holdfast:damaged");
            assertThat(early.headers().firstValue("Content-Disposition")).isEmpty();
            // The beginning of it was.
            String target = "/snapshots/" + large + "/archive?path=/large";
            assertThatThrownBy(() -> download(appliance, admin, target)).isInstanceOf(IOException.class);
            try (SSLSocket socket = appliance.connect()) {
                socket.getOutputStream()
                        .write(("GET /api/v1" + target + " HTTP/1.1\r\nHost: localhost\r\nCookie: " + admin.cookie()
                                        + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                byte[] all = readToEnd(socket);
                String text = new String(all, StandardCharsets.ISO_8859_1);
                assertThat(text).startsWith("HTTP/1.1 200").contains("Transfer-Encoding: chunked");
                assertThat(all.length).isGreaterThan(3 * FILE_BYTES);
                assertThat(text).doesNotEndWith("\r\n0\r\n\r\n");
            }
            // Together with other files it is left out.
            assertThat(unzip(download(appliance, admin, "/snapshots/" + first + "/archive?path=/&format=zip")))
                    .hasSize(5)
                    .containsKey(REPORT);
        }
    }

    private static byte[] readToEnd(SSLSocket socket) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        try {
            for (int count = socket.getInputStream().read(buffer);
                    count >= 0;
                    count = socket.getInputStream().read(buffer)) {
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // A reset, which is as good as an end.
        }
        return out.toByteArray();
    }
}
