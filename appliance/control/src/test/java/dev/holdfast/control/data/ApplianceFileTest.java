package dev.holdfast.control.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.volume.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All versions of {@code appliance.json}. */
class ApplianceFileTest {
    /** As every release writes it where chunks are named by SHA-256, the first one included. */
    private static final String FIRST = """
            {
              "version" : 1,
              "profile" : "dev",
              "volumes" : [ "volumes/0" ]
            }""";

    private static final String SECOND = """
            {
              "version" : 2,
              "profile" : "dev",
              "volumes" : [ "volumes/0" ],
              "hash" : "blake3"
            }""";

    /** As releases write it once a volume was drained or retired. */
    private static final String THIRD = """
            {
              "version" : 3,
              "profile" : "dev",
              "volumes" : [ {
                "number" : 0,
                "path" : "volumes/0",
                "state" : "draining"
              }, {
                "number" : 2,
                "path" : "volumes/2",
                "state" : "active"
              }, {
                "number" : 3,
                "path" : "/mnt/disk3",
                "state" : "lost"
              }, {
                "number" : 4,
                "path" : "/mnt/disk4",
                "state" : "retired"
              } ],
              "nextVolume" : 5,
              "hash" : "blake3"
            }""";

    @TempDir
    Path dir;

    private Path init(HashAlgorithm hash) throws IOException {
        Path root = dir.resolve(hash.label());
        DataDirectory.init(root, "dev", List.of(), null, hash, made -> {});
        return root;
    }

    private static HashAlgorithm opened(Path root) throws IOException {
        DataDirectory directory = DataDirectory.open(root);
        try (Credential key = directory.unattendedKey();
                VaultKeys keys = directory.keyring().unlock(Objects.requireNonNull(key))) {
            return keys.hash();
        }
    }

    @Test
    void fileNamesTheHashUnlessItIsThatOfTheFirstFormat() throws IOException {
        Path old = init(HashAlgorithm.SHA_256);
        assertThat(old.resolve("appliance.json")).hasContent(FIRST);
        assertThat(opened(old)).isEqualTo(HashAlgorithm.SHA_256);
        assertThat(old.resolve("keys/keyring.json")).content().doesNotContain("hash");
        Path made = init(HashAlgorithm.BLAKE3);
        assertThat(made.resolve("appliance.json")).hasContent(SECOND);
        assertThat(opened(made)).isEqualTo(HashAlgorithm.BLAKE3);
        DataDirectory.init(dir.resolve("newest"), "dev", List.of(), null);
        assertThat(dir.resolve("newest/appliance.json")).hasContent(SECOND);
    }

    @Test
    void fileThatDisagreesWithItselfOrTheKeyringIsRefused() throws IOException {
        Path root = init(HashAlgorithm.BLAKE3);
        refused(root, SECOND.replace("2", "4"), "has version 4, this release reads up to 3");
        refused(root, SECOND.replace("2", "0"), "has version 0, which was never released");
        refused(root, SECOND.replace("2", "1"), "is damaged: it is of version 1 and names a hash");
        refused(root, FIRST.replace("1", "2"), "is damaged: it is of version 2 and names no hash");
        refused(root, FIRST, "appliance.json names no hash, the keyring the hash blake3");
        refused(root, SECOND.replace("blake3", "sha-256"), "names the hash sha-256, the keyring the hash blake3");
        Path old = init(HashAlgorithm.SHA_256);
        refused(old, SECOND, "appliance.json names the hash blake3, the keyring no hash");
        Files.writeString(root.resolve("appliance.json"), SECOND);
        assertThat(opened(root)).isEqualTo(HashAlgorithm.BLAKE3);
    }

    @Test
    void volumesAreNumberedOnceTheyDifferFromTheFirstVersions() throws IOException {
        Path root = init(HashAlgorithm.BLAKE3);
        ApplianceFile.parse(THIRD.getBytes(StandardCharsets.UTF_8)).write(root);
        assertThat(root.resolve("appliance.json")).hasContent(THIRD);
        DataDirectory directory = DataDirectory.open(root);
        assertThat(directory.volumeList().all())
                .containsExactly(
                        new Volume(0, root.resolve("volumes/0"), Volume.State.DRAINING),
                        new Volume(2, root.resolve("volumes/2"), Volume.State.ACTIVE),
                        new Volume(3, Path.of("/mnt/disk3"), Volume.State.LOST));
        // What earlier releases can read is written so that they can.
        ApplianceFile.parse(SECOND.getBytes(StandardCharsets.UTF_8)).write(root);
        assertThat(root.resolve("appliance.json")).hasContent(SECOND);
    }

    @Test
    void numbersThatAreNotValidAreRefused() throws IOException {
        Path root = init(HashAlgorithm.BLAKE3);
        refused(root, THIRD.replace("\"number\" : 2", "\"number\" : 0"), "volume number 0 is not valid");
        refused(root, THIRD.replace("\"nextVolume\" : 5", "\"nextVolume\" : 4"), "volume number 4 is not valid");
        refused(root, THIRD.replace("\"number\" : 2", "\"number\" : -2"), "volume number -2 is not valid");
        refused(root, THIRD.replace("\"lost\"", "\"gone\""), "is damaged");
        refused(root, THIRD.replace("\"nextVolume\" : 5,", ""), "is damaged");
    }

    private static void refused(Path root, String content, String why) throws IOException {
        Files.writeString(root.resolve("appliance.json"), content);
        assertThatThrownBy(() -> opened(root)).isInstanceOf(IOException.class).hasMessageContaining(why);
    }
}
