package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that shares no chunks with others, and everything that it does besides as any node does it. */
class PrivateDedupTest {
    private static final int LARGE_BYTES = 3_000_000;

    @TempDir
    Path dir;

    private Product product;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        source = dir.resolve("source");
        Files.createDirectories(source);
        Files.write(source.resolve("empty"), new byte[0]);
        for (int i = 0; i < 30; i++) {
            write("small-" + i, 1 + 997 * i, i);
        }
        write("large", LARGE_BYTES, 99);
        // Chunks of these are as long as chunks can be.
        Files.write(source.resolve("zeros"), new byte[LARGE_BYTES]);
        byte[] same = new byte[LARGE_BYTES];
        java.util.Arrays.fill(same, (byte) 7);
        Files.write(source.resolve("sevens"), same);
    }

    private void write(String name, int length, int seed) throws IOException {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        Files.write(source.resolve(name), content);
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private Product.Client enrolPrivately(String name) throws Exception {
        Product.Client client = product.new Client(dir.resolve("state-" + name));
        String token = product.token();
        client.run("enroll", product.url(), "--token", token, "--name", name, "--private-dedup")
                .mustBe(0);
        return client;
    }

    /** The chunks of content of the client's newest snapshot. */
    private Set<Digest> chunks(Product.Client client, JsonNode backup) throws Exception {
        Set<Digest> chunks = new HashSet<>();
        try (Appliance appliance = new Appliance(Identity.load(client.state), client.state)) {
            RemoteManifest manifest =
                    appliance.open(UUID.fromString(backup.path("snapshot").asText()), Purpose.OTHER, "test");
            TreeCursor cursor = new TreeCursor(manifest);
            for (TreeCursor.Entry each = cursor.next(); each != null; each = cursor.next()) {
                Content content = switch (each.node()) {
                    case Node.RegularFile file -> file.content();
                    case Node.More more -> more.content();
                    default -> null;
                };
                if (content != null) {
                    for (Extent extent : content.extents()) {
                        assertThat(extent.chunkLength()).isLessThanOrEqualTo(Packed.MAX_RAW_BYTES);
                        chunks.add(extent.chunk());
                    }
                }
            }
        }
        assertThat(chunks).isNotEmpty();
        return chunks;
    }

    private JsonNode backup(Product.Client client) throws Exception {
        return client.backup(0, source.toString());
    }

    @Test
    void privateNodeSharesNoChunkAndRestoresAsAnyNode() throws Exception {
        Product.Client open = product.enrol("open");
        Product.Client secret = enrolPrivately("secret");
        Product.Client other = enrolPrivately("other");
        Path file = secret.state.resolve("private-dedup");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Set<Digest> shared = chunks(open, backup(open));
        JsonNode first = backup(secret);
        Set<Digest> own = chunks(secret, first);
        assertThat(own).doesNotContainAnyElementsOf(shared);
        assertThat(chunks(other, backup(other)))
                .doesNotContainAnyElementsOf(own)
                .doesNotContainAnyElementsOf(shared);
        secret.mustRestore(source, dir.resolve("back"));
        secret.run("verify", "latest").mustBe(0);
        assertThat(secret.run("cat", "latest:" + source.resolve("small-20"))
                        .mustBe(0)
                        .out()
                        .length())
                .isEqualTo(1 + 997 * 20);
        // Unchanged files are taken over; without the copy of the manifest they are read, and nothing is sent.
        JsonNode again = backup(secret);
        assertThat(again.path("filesReused").asLong())
                .isEqualTo(first.path("files").asLong());
        try (var copies = Files.list(secret.state.resolve("previous"))) {
            for (Path each : copies.toList()) {
                Files.delete(each);
            }
        }
        JsonNode anew = backup(secret);
        assertThat(anew.path("filesReused").asLong()).isZero();
        assertThat(anew.path("bytesRead").asLong()).isGreaterThan(3L * LARGE_BYTES);
        assertThat(anew.path("bytesSentRaw").asLong()).isLessThan(LARGE_BYTES / 10);
        assertThat(chunks(secret, anew)).isEqualTo(own);
        assertThat(secret.run("dedup").mustBe(0).out()).contains("private");
    }

    @Test
    void changeCountsFromTheNextBackupOnAndNothingOfBeforeIsTakenOver() throws Exception {
        Product.Client client = product.enrol("client");
        Set<Digest> shared = chunks(client, backup(client));
        assertThat(client.run("dedup", "--json").mustBe(0).json().path("dedup").asText())
                .isEqualTo("shared");
        client.run("dedup", "private").mustBe(0);
        Set<Digest> own = chunks(client, backup(client));
        assertThat(own).doesNotContainAnyElementsOf(shared);
        // Said twice it is the same; a new secret is made only if one asks for it.
        client.run("dedup", "private").mustBe(0);
        assertThat(chunks(client, backup(client))).isEqualTo(own);
        Path file = client.state.resolve("private-dedup");
        byte[] bytes = Files.readAllBytes(file);
        bytes[5] ^= 1;
        Files.write(file, bytes);
        Product.Result refused = client.run("backup", source.toString()).mustBe(3);
        assertThat(refused.err()).contains("is damaged").contains(" dedup private --renew");
        client.run("dedup", "private", "--renew").mustBe(0);
        assertThat(chunks(client, backup(client))).doesNotContainAnyElementsOf(own);
        assertThat(client.run("dedup", "shared").mustBe(0).out()).contains("shared from the next backup on");
        // What did not change is taken over as it is, until everything is read anew.
        assertThat(backup(client).path("bytesRead").asLong()).isZero();
        assertThat(chunks(client, client.backup(0, "--full-read", source.toString())))
                .isEqualTo(shared);
        client.mustRestore(source, dir.resolve("back"));
        client.run("dedup", "--renew").mustBe(2);
        // Enrolled anew, perhaps since it is a copy of another machine, it has a secret of its own.
        client.run("dedup", "private").mustBe(0);
        byte[] secret = Files.readAllBytes(file);
        client.run("enroll", product.url(), "--token", product.token(), "--name", "copy", "--force")
                .mustBe(0);
        assertThat(Files.readAllBytes(file)).isNotEqualTo(secret);
        client.run("dedup", "sometimes").mustBe(2);
    }
}
