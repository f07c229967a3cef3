package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets and names of files are planted wherever a support bundle looks, and must not be in it. */
class SupportTest {
    private static final String PASSWORD = "canary-password-7";
    private static final String HOOK = "https://hooks.example.com/services/T0CANARY/B1/canaryhook4711";
    private static final String ACCESS_KEY = "LTAI5tCanaryAccessKey";
    private static final String ACCESS_SECRET = "cAnArYaccessSecret0123456789AbCdEf";
    private static final String BEARER = "eyJjYW5hcnkiOiJ0b2tlbiJ9.canarybody.signature";
    private static final String PRIVATE_KEY =
            "-----BEGIN PRIVATE KEY-----\nMIICANARYKEYBYTES0123\nSECONDLINEOFCANARY\n-----END PRIVATE KEY-----";
    /** Names of files, with all that makes them hard to recognise. */
    private static final List<String> NAMES = List.of(
            "Entlassungen 2027.odt",
            "geheim",
            "salaries.xlsx",
            "buyout",
            "merger.pptx",
            "layoffs",
            "bonus.csv",
            "Vertrag");

    @TempDir
    private Path work;

    private Path data;
    private final List<String> secrets = new ArrayList<>(List.of(
            PASSWORD,
            "canaryhook4711",
            "T0CANARY",
            ACCESS_KEY,
            ACCESS_SECRET,
            "canarybody",
            "MIICANARYKEY",
            "canarytoken4711",
            "SECONDLINE"));

    @BeforeEach
    void plant() throws Exception {
        data = work.resolve("data");
        DataDirectory.Initialised made = DataDirectory.init(data, "dev", List.of(), null);
        secrets.add(made.recoveryKey());
        secrets.addAll(Arrays.asList(made.recoveryKey().split("-")).subList(1, 5));
        byte[] key = Files.readAllBytes(data.resolve("keys/unattended.key"));
        secrets.add(Base64.getEncoder().encodeToString(key));
        secrets.add(HexFormat.of().formatHex(key));
        Files.writeString(work.resolve("password"), PASSWORD);
        String password = work.resolve("password").toString();
        String root = data.toString();
        Typed.run(0, "user", "add", "ann", "--role", "viewer", "--password-file", password, "--data", root);
        String token = Typed.run(0, "token", "create", "--data", root).strip();
        token.lines()
                .flatMap(line -> Arrays.stream(line.split("[\\s.]+")))
                .filter(word -> word.length() >= 20)
                .forEach(secrets::add);
        Typed.run(0, "alert", "webhook", "ops", HOOK, "--data", root);
        Typed.run(
                0,
                "plan",
                "set",
                "nightly",
                "--path",
                "/home/ann/" + NAMES.get(0),
                "--exclude",
                NAMES.get(1),
                "--data",
                root);
        try (ControlDb control = new ControlDb(data.resolve("control.db"))) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
            control.tasks()
                    .queue(
                            new TaskSpec.Collect(TaskSpec.Selection.DEFAULT),
                            "restore of /srv/office/" + NAMES.get(0) + " to web1",
                            0,
                            "administrator");
            control.events()
                    .raise(
                            Events.Severity.INFO,
                            "test",
                            1,
                            Phrase.plain("lost \"layoffs\" and docs/Vertrag 7, bonus.csv"));
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            "test",
                            1,
                            Phrase.plain("cannot read '" + NAMES.get(2) + "': Bearer " + BEARER));
        }
        Files.createDirectories(data.resolve("logs"));
        Files.writeString(
                data.resolve("logs/appliance.log.0"),
                String.join(
                        "\n",
                        "{\"at\":\"2026-11-28T01:00:00Z\",\"level\":\"INFO\",\"message\":\"listens on 127.0.0.1:8807\"}",
                        "{\"message\":\"vault: OSS_ACCESS_KEY_ID=" + ACCESS_KEY + " OSS_ACCESS_KEY_SECRET="
                                + ACCESS_SECRET + "\"}",
                        "{\"message\":\"signed with " + ACCESS_SECRET + " at last\"}",
                        "{\"message\":\"POST " + HOOK + " failed\"}",
                        "{\"message\":\"password: " + PASSWORD + "\"}",
                        "{\"message\":\"key " + made.recoveryKey() + "\"}",
                        "{\"message\":\"Authorization: Bearer " + BEARER + "\"}",
                        PRIVATE_KEY,
                        "{\"message\":\"cannot read \\\"buyout\\\" nor merger.pptx nor docs/Vertrag\"}",
                        "{\"message\":\"token hft_canarytoken4711 of somebody\"}",
                        "{\"message\":\"manifest names /home/ann/" + NAMES.get(0) + " and more\"}",
                        "{\"message\":\"damaged: " + data + "/volumes/0/containers/00000/00000001.hfc\"}",
                        ""));
    }

    private static Map<String, String> read(Path bundle) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (InputStream in = Files.newInputStream(bundle);
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
                found.put(each.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    private void assertNoSecrets(Map<String, String> bundle) {
        for (Map.Entry<String, String> each : bundle.entrySet()) {
            String text = each.getValue().toLowerCase(Locale.ROOT);
            for (String secret : secrets) {
                assertThat(text.contains(secret.toLowerCase(Locale.ROOT)))
                        .as("%s in %s: %s", secret, each.getKey(), each.getValue())
                        .isFalse();
            }
        }
    }

    @Test
    void neitherSecretsNorNamesOfFilesAreInIt() throws Exception {
        Path bundle = work.resolve("bundle.zip");
        assertThat(Typed.run(
                        0, "support", "bundle", "--dry-run", "--output", bundle.toString(), "--data", data.toString()))
                .contains("system.txt", "events.txt", "appliance.log");
        assertThat(bundle).doesNotExist();
        Typed.run(0, "support", "bundle", "--output", bundle.toString(), "--data", data.toString());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bundle)))
                .isEqualTo("rw-------");
        Map<String, String> found = read(bundle);
        assertNoSecrets(found);
        found.forEach((name, text) -> NAMES.forEach(each -> assertThat(text.contains(each))
                .as("%s in %s: %s", each, name, text)
                .isFalse()));
        assertThat(found.get("system.txt")).contains("holdfast 0.1.0", "processors", "place 0: ");
        assertThat(found.get("status.txt")).contains("running: false");
        assertThat(found.get("nodes.txt")).contains("web1");
        assertThat(found.get("plans.txt")).contains("nightly");
        assertThat(found.get("alert-channels.txt")).contains("name: ops");
        assertThat(found.get("events.txt")).contains("cannot read '[name]'");
        assertThat(found.get("formats.txt")).contains("control database");
        // What helps is not lost with it.
        assertThat(found.get("appliance.log"))
                .contains(
                        "listens on 127.0.0.1:8807",
                        "volumes/0/containers/00000/00000001.hfc",
                        "manifest names [name]");
        for (String line : found.get("MANIFEST.sha256").lines().toList()) {
            String[] parts = line.split("  ", 2);
            byte[] content = found.get(parts[1]).getBytes(StandardCharsets.UTF_8);
            assertThat(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content)))
                    .isEqualTo(parts[0]);
        }
        // A file that is there is not replaced.
        assertThat(Typed.run(3, "support", "bundle", "--output", bundle.toString(), "--data", data.toString()))
                .contains("exists already");
    }

    @Test
    void namesOfFilesAreInItWhereTheyAreWantedAndSecretsAreNot() throws Exception {
        Path bundle = work.resolve("bundle.zip");
        Typed.run(
                0, "support", "bundle", "--with-file-names", "--output", bundle.toString(), "--data", data.toString());
        Map<String, String> found = read(bundle);
        assertNoSecrets(found);
        assertThat(found.get("plans.txt")).contains("/home/ann/" + NAMES.get(0));
    }

    @Test
    void bundleOfADamagedApplianceSaysWhatIsMissing() throws Exception {
        Files.writeString(data.resolve("control.db"), "not a database, of more than sixteen bytes");
        Path bundle = work.resolve("bundle.zip");
        Typed.run(0, "support", "bundle", "--output", bundle.toString(), "--data", data.toString());
        Map<String, String> found = read(bundle);
        assertNoSecrets(found);
        assertThat(found.get("status.txt")).startsWith("not available: control database");
        assertThat(found.get("appliance.log")).contains("listens on 127.0.0.1:8807");
    }
}
