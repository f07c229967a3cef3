package dev.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.cli.StandardOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The support bundle of a client has none of its keys. */
class SupportCommandTest {
    @TempDir
    private Path work;

    private static String run(int code, String... words) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertThat(Main.run(new StandardOutput(printed), words))
                .as("%s", Arrays.asList(words))
                .isEqualTo(code);
        return printed.toString(StandardCharsets.UTF_8);
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

    @Test
    void stateIsListedWithoutItsContent() throws Exception {
        Path state = Files.createDirectory(work.resolve("state"));
        for (String name : new String[] {"node.key", "renewed.pem", "private-dedup", "identity.json", "holder"}) {
            Files.writeString(state.resolve(name), "-----BEGIN PRIVATE KEY-----\ncanary of " + name + "\n");
        }
        Path bundle = work.resolve("bundle.zip");
        String[] words = {"support", "bundle", "--output", bundle.toString(), "--state", state.toString()};
        assertThat(run(0, append(words, "--dry-run"))).contains("state.txt");
        assertThat(bundle).doesNotExist();
        assertThat(run(0, words)).contains(bundle.toString());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bundle)))
                .isEqualTo("rw-------");
        Map<String, String> found = read(bundle);
        assertThat(found.get("state.txt")).contains(" node.key", " identity.json");
        assertThat(found.get("certificates.txt")).contains("node.crt: not there");
        assertThat(found.get("system.txt")).contains("holdfast 0.1.0");
        assertThat(found.values()).noneMatch(text -> text.contains("canary"));
        assertThat(found).containsKey("MANIFEST.sha256");
        run(2, append(words, "--days=0"));
        run(3, words);
    }

    private static String[] append(String[] words, String more) {
        String[] longer = Arrays.copyOf(words, words.length + 1);
        longer[words.length] = more;
        return longer;
    }
}
