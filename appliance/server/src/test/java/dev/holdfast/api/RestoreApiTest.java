package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the restore page asks: days with snapshots, versions and previews of files, and checks of restores before they are ordered. */
class RestoreApiTest {
    /** One pixel. */
    private static final byte[] PNG = HexFormat.of()
            .parseHex("89504e470d0a1a0a0000000d4948445200000001000000010806000000"
                    + "1f15c4890000000d4944415478da63fcff9fa11e000782027fa9d8d1b30000000049454e44ae426082");

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static UUID first;
    private static UUID second;
    private static UUID other;
    private Browser restorer;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work, RestoreApiTest::fill);
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    @BeforeEach
    void signIn() throws Exception {
        restorer = appliance.signIn("restore-operator-user");
    }

    private static void fill(DataDirectory data, ControlDb control, VaultKeys keys) throws IOException {
        try (Store store = new Store(
                data.storeConfig(),
                keys,
                new LocalDisk(),
                VaultData.numbersOnly(data.root()),
                new IndexRecovery.Progress() {
                    @Override
                    public void step(String what, long done, long total) {}

                    @Override
                    public void warning(String what) {}
                })) {
            TreeMap<String, byte[]> files = new TreeMap<>(Map.of(
                    "a.txt", text("as it was"),
                    "b.txt", text("never changed\u001B[31m"),
                    "gbk.txt", "中文目录".getBytes(Charset.forName("GB18030")),
                    "evil.svg", text("<svg onload=\"alert(1)\"/>"),
                    "dot.png", PNG,
                    "fake.png", text("\u0089PNG\r\n\u001A\n\0\0"),
                    "raw", StoreFixture.random(1, 1000)));
            first = backup(store, 1, 0, files);
            files.put("a.txt", text("as it is!"));
            second = backup(store, 1, 3, files);
            backup(store, 1, 0, files);
            other = backup(store, 2, 0, files);
        }
        control.nodes().restoresBelow(1, List.of("/srv/files", "/back"));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A snapshot of /srv/files. */
    private static UUID backup(Store store, int node, int problems, Map<String, byte[]> files) throws IOException {
        try (BackupSession session = store.openBackup(node, "db" + node)) {
            PageWriter writer = new PageWriter();
            writer.add(new Node.Directory(text("srv"), attributes(1, 0)));
            writer.add(new Node.Directory(text("files"), attributes(2, 0)));
            long inode = 2;
            for (Map.Entry<String, byte[]> each : files.entrySet()) {
                byte[] bytes = each.getValue();
                Extent extent = new Extent(0, StoreFixture.put(session, bytes), bytes.length, 0, bytes.length);
                writer.add(new Node.RegularFile(
                        text(each.getKey()),
                        attributes(++inode, bytes.length),
                        new Content(List.of(extent), false, false, bytes.length)));
            }
            writer.add(new Node.Leave());
            writer.add(new Node.Leave());
            List<PageRef> pages = new ArrayList<>();
            writer.take((start, continuation, bytes, records) -> {
                Digest digest = store.vault().hash().digest(bytes);
                session.put(ChunkKind.PAGE, digest, Packed.raw(bytes));
                pages.add(new PageRef(start, continuation, digest, bytes.length, records));
            });
            session.addPages(pages);
            List<TreePath> sources = List.of(TreePath.parse("/srv/files"), TreePath.parse("/srv/later"));
            SnapshotSummary summary = new SnapshotSummary(
                    "host",
                    "test",
                    1,
                    2,
                    sources,
                    List.of(),
                    new SnapshotSummary.Counts(files.size(), 2, 0, 100, 0, 0, 0, 0, problems),
                    List.of());
            return session.commit(summary.encode()).id();
        }
    }

    private static Attributes attributes(long inode, long size) {
        Attributes.Timestamp time = new Attributes.Timestamp(1, 2);
        return new Attributes(0644, 0, 0, time, time, inode, 0, 1, size, List.of());
    }

    private JsonNode get(String path) throws Exception {
        return json(appliance.call(restorer, "GET", path, null));
    }

    private JsonNode preview(String file) throws Exception {
        return get("/snapshots/" + first + "/preview?path=/srv/files/" + file);
    }

    private HttpResponse<String> check(UUID snapshot, Object body) throws Exception {
        return appliance.call(
                restorer, "POST", "/snapshots/" + snapshot + "/restore-check", JSON.writeValueAsString(body));
    }

    @Test
    void daysOfAMonthSayHowManySnapshotsTheyHaveAndWhatIsWrongWithThem() throws Exception {
        Browser admin = appliance.signIn("administrator-user");
        assertThat(appliance
                        .call(admin, "PUT", "/snapshots/" + first + "/hold", "{\"why\":\"audit\"}")
                        .statusCode())
                .isEqualTo(204);
        JsonNode month = get("/nodes/db1/restore-points?zone=UTC");
        assertThat(month.path("points").asInt()).isEqualTo(3);
        assertThat(month.path("newest").path("id").asText()).isNotEqualTo(second.toString());
        assertThat(month.path("earlier").isNull()).isTrue();
        int points = 0;
        int problems = 0;
        int kept = 0;
        for (JsonNode day : month.path("days")) {
            assertThat(day.path("day").asText()).startsWith(month.path("month").asText());
            points += day.path("points").asInt();
            problems += day.path("problems").asInt();
            kept += day.path("kept").asInt();
        }
        assertThat(List.of(points, problems, kept)).containsExactly(3, 1, 1);

        JsonNode empty = get("/nodes/db1/restore-points?zone=UTC&month=2020-01");
        assertThat(empty.path("days")).isEmpty();
        assertThat(empty.path("later").asText())
                .isEqualTo(YearMonth.from(Instant.now().atZone(ZoneOffset.UTC)).toString());
        for (String wrong : List.of("month=2020-13", "zone=Nowhere")) {
            assertThat(appliance
                            .call(restorer, "GET", "/nodes/db1/restore-points?" + wrong, null)
                            .statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
        Browser narrow = appliance.signIn("narrow-restorer");
        assertThat(appliance
                        .call(narrow, "GET", "/nodes/db2/restore-points", null)
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void listOfADayHasNoSnapshotsOfOtherDays() throws Exception {
        String now = Instant.now().plusSeconds(60).toString();
        assertThat(get("/snapshots?node=db1&since=2020-01-01T00:00:00Z&before=" + now)
                        .path("snapshots"))
                .hasSize(3);
        assertThat(get("/snapshots?node=db1&since=" + now).path("snapshots")).isEmpty();
    }

    @Test
    void browsingBeginsAtTheSourcesAndSaysWhatIsNotThere() throws Exception {
        JsonNode sources = get("/snapshots/" + first + "/sources");
        assertThat(sources.path("entries").findValuesAsText("path")).containsExactly("/srv/files");
        assertThat(sources.path("missing").path(0).asText()).isEqualTo("/srv/later");
        HttpResponse<String> gone =
                appliance.call(restorer, "GET", "/snapshots/" + first + "/files?path=/srv/files/gone", null);
        assertThat(gone.statusCode()).isEqualTo(404);
    }

    @Test
    void versionsOfAFileAreToldApartByTheirContent() throws Exception {
        JsonNode changed = get("/nodes/db1/versions?path=/srv/files/a.txt");
        assertThat(changed.path("looked").asInt()).isEqualTo(3);
        assertThat(changed.path("versions")).hasSize(2);
        assertThat(changed.path("versions").findValuesAsText("snapshots")).containsExactly("2", "1");
        // Neither size nor time tells them apart.
        assertThat(changed.path("versions").findValuesAsText("size")).containsExactly("9", "9");
        assertThat(changed.path("versions").findValuesAsText("content"))
                .doesNotHaveDuplicates()
                .allMatch(each -> !each.isEmpty());
        assertThat(get("/nodes/db1/versions?path=/srv/files/b.txt").path("versions"))
                .hasSize(1);
        JsonNode none = get("/nodes/db1/versions?path=/srv/files/gone").path("versions");
        assertThat(none).hasSize(1);
        assertThat(none.path(0).path("entry").isNull()).isTrue();
        // Snapshots of other directories say nothing of it.
        assertThat(get("/nodes/db1/versions?path=/home/a.txt").path("looked").asInt())
                .isZero();
    }

    @Test
    void versionsGoOnWhereALimitedAnswerEnded() throws Exception {
        JsonNode page = get("/nodes/db1/versions?path=/srv/files/a.txt&limit=1");
        assertThat(page.path("looked").asInt()).isPositive().isLessThan(3);
        int looked = page.path("looked").asInt();
        while (!page.path("next").isNull()) {
            page = get("/nodes/db1/versions?path=/srv/files/a.txt&limit=1&before="
                    + page.path("next").asText());
            looked += page.path("looked").asInt();
        }
        assertThat(looked).isEqualTo(3);
    }

    @Test
    void previewShowsTextInItsEncodingAndWithoutControlCharacters() throws Exception {
        JsonNode plain = preview("b.txt");
        assertThat(plain.path("kind").asText()).isEqualTo("TEXT");
        assertThat(plain.path("encoding").asText()).isEqualTo("UTF-8");
        assertThat(plain.path("text").asText()).isEqualTo("never changed\u241B[31m");
        assertThat(preview("gbk.txt").path("text").asText()).isEqualTo("中文目录");
        assertThat(preview("gbk.txt").path("encoding").asText()).isEqualTo("GB18030");
        assertThat(preview("gbk.txt&encoding=ISO-8859-1").path("text").asText()).startsWith("ÖÐ");
        // What could run is a text like any other.
        assertThat(preview("evil.svg").path("kind").asText()).isEqualTo("TEXT");
        assertThat(preview("raw").path("kind").asText()).isEqualTo("NONE");
        assertThat(preview("raw").path("why").asText()).isEqualTo("binary");
        assertThat(preview("fake.png").path("kind").asText()).isEqualTo("NONE");
        assertThat(preview("dot.png").path("kind").asText()).isEqualTo("PICTURE");
        assertThat(appliance
                        .call(restorer, "GET", "/snapshots/" + first + "/preview?path=/srv/files", null)
                        .statusCode())
                .isEqualTo(400);
        Browser viewer = appliance.signIn("viewer-user");
        assertThat(appliance
                        .call(viewer, "GET", "/snapshots/" + first + "/preview?path=/srv/files/b.txt", null)
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void picturesAndContentCannotActInTheNameOfTheConsole() throws Exception {
        HttpResponse<String> picture =
                appliance.call(restorer, "GET", "/snapshots/" + first + "/picture?path=/srv/files/dot.png", null);
        assertThat(picture.statusCode()).isEqualTo(200);
        assertThat(picture.headers().firstValue("Content-Type")).hasValue("image/png");
        HttpResponse<String> content =
                appliance.call(restorer, "GET", "/snapshots/" + first + "/content?path=/srv/files/evil.svg", null);
        assertThat(content.body()).isEqualTo("<svg onload=\"alert(1)\"/>");
        assertThat(content.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
        assertThat(content.headers().firstValue("Content-Disposition")).hasValue("attachment");
        for (HttpResponse<String> each : List.of(picture, content)) {
            assertThat(each.headers().firstValue("Content-Security-Policy")).hasValue("sandbox; default-src 'none'");
            assertThat(each.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        }
        for (String no : List.of("evil.svg", "fake.png", "raw")) {
            assertThat(appliance
                            .call(restorer, "GET", "/snapshots/" + first + "/picture?path=/srv/files/" + no, null)
                            .statusCode())
                    .as(no)
                    .isEqualTo(400);
        }
    }

    @Test
    void originalPlaceIsFoundBelowWhatTheNodeAllows() throws Exception {
        JsonNode one = json(check(second, Map.of("paths", List.of("/srv/files/a.txt"), "original", true)));
        assertThat(one.path("parts").findValuesAsText("target")).containsExactly("/srv/files");
        assertThat(one.path("connected").asBoolean()).isFalse();
        assertThat(one.path("told").asBoolean()).isTrue();
        // The directory itself lies in one that is not allowed, so what is in it is restored.
        JsonNode whole = json(check(second, Map.of("paths", List.of(), "original", true)));
        assertThat(whole.path("parts").findValuesAsText("target")).containsExactly("/srv/files");
        assertThat(whole.path("parts").findValuesAsText("paths")).containsExactly("7");

        HttpResponse<String> foreign =
                check(other, Map.of("paths", List.of("/srv/files"), "original", true, "node", "db1"));
        assertThat(json(foreign).path("node").asText()).isEqualTo("db1");
        try (ControlDb control = appliance.control()) {
            long tasks = control.tasks().countQueued();
            control.nodes().restoresBelow(1, List.of("/back"));
            HttpResponse<String> refused = check(second, Map.of("paths", List.of("/srv/files"), "original", true));
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("/srv/files", "/back", "--restore-below");
            control.nodes().restoresBelow(1, List.of("/srv/files", "/back"));
            assertThat(control.tasks().countQueued()).isEqualTo(tasks);
        }
        assertThat(check(second, Map.of("paths", List.of(), "target", "/back", "original", true))
                        .statusCode())
                .isEqualTo(400);
        assertThat(check(second, Map.of("paths", List.of())).statusCode()).isEqualTo(400);
        assertThat(check(second, Map.of("paths", List.of("/srv/gone"), "original", true))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void restoreIsOrderedAndRepeatedOnlyWhereTheNodeAllowsIt() throws Exception {
        Browser admin = appliance.signIn("administrator-user");
        JsonNode ordered = json(appliance.call(
                admin,
                "POST",
                "/snapshots/" + first + "/restore",
                "{\"paths\":[\"/srv/files/a.txt\"],\"original\":true}"));
        assertThat(ordered.path("tasks")).hasSize(1);
        String task = "/tasks/" + ordered.path("task").asLong();
        JsonNode argument = JSON.readTree(json(appliance.call(admin, "GET", task, null))
                .path("task")
                .path("argument")
                .asText());
        assertThat(argument.path("target").asText()).isEqualTo("/srv/files");
        assertThat(argument.path("overwrite").asText()).isEqualTo("if-changed");
        assertThat(appliance.call(admin, "POST", task + "/cancel", null).statusCode())
                .isEqualTo(204);
        try (ControlDb control = appliance.control()) {
            control.nodes().restoresBelow(1, List.of("/back"));
            HttpResponse<String> retry = appliance.call(admin, "POST", task + "/retry", null);
            control.nodes().restoresBelow(1, List.of("/srv/files", "/back"));
            assertThat(retry.statusCode()).isEqualTo(409);
            assertThat(retry.body()).contains("does not restore to /srv/files");
        }
        long again = json(appliance.call(admin, "POST", task + "/retry", null))
                .path("task")
                .asLong();
        assertThat(appliance
                        .call(admin, "POST", "/tasks/" + again + "/cancel", null)
                        .statusCode())
                .isEqualTo(204);
    }
}
