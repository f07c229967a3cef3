package dev.holdfast.vault.oss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreContract;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.OssServer.Fault;
import dev.holdfast.vault.oss.OssServer.Mishap;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OssObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    private OssServer server;
    private OssCredentials.Keys keys;

    @Override
    protected ObjectStore create() throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        keys = server.admit("LTAItest", "");
        return new OssObjectStore(server.location("office-7"), keys);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ObjectStoreException refusal(OssLocation location, OssCredentials credentials) throws Exception {
        try (ObjectStore other = new OssObjectStore(location, credentials)) {
            return org.assertj.core.api.Assertions.catchThrowableOfType(
                    ObjectStoreException.class, () -> other.put("k", Body.of(new byte[3]), PutOptions.NEW));
        }
    }

    @Test
    void aPrefixIsAWorldOfItsOwn() throws Exception {
        store.put("one", Body.of(new byte[3]), PutOptions.NEW);
        assertThat(server.keys()).containsExactly("office-7/one");
        try (ObjectStore other = new OssObjectStore(server.location("office-8"), keys)) {
            assertThat(other.list("", "", 10).objects()).isEmpty();
        }
    }

    @Test
    void wrongKeysAreSaidToBeWrong() throws Exception {
        OssLocation location = server.location("");
        ObjectStoreException unknown = refusal(location, new OssCredentials.Keys("nobody", "secret", null));
        assertThat(unknown.kind()).isEqualTo(Kind.DENIED);
        assertThat(unknown).hasMessageContaining("InvalidAccessKeyId").hasMessageContaining("access key");
        ObjectStoreException wrong = refusal(location, new OssCredentials.Keys(keys.id(), "not-the-secret", null));
        assertThat(wrong.kind()).isEqualTo(Kind.DENIED);
        assertThat(wrong).hasMessageContaining("SignatureDoesNotMatch");
        assertThat(wrong.getMessage()).doesNotContain("not-the-secret");
        ObjectStoreException outside = refusal(server.location("theirs"), server.admit("narrow", "ours/"));
        assertThat(outside.kind()).isEqualTo(Kind.DENIED);
        assertThat(outside).hasMessageContaining("RAM policy");
    }

    @Test
    void aMissingBucketIsNoMissingObject() throws Exception {
        OssLocation l = server.location("");
        OssLocation elsewhere =
                new OssLocation("no-such-bucket", "", l.region(), l.endpoint(), l.network(), l.addressing(), null);
        ObjectStoreException e = refusal(elsewhere, keys);
        assertThat(e.kind()).isEqualTo(Kind.REFUSED);
        assertThat(e).hasMessageContaining("create the bucket first");
    }

    @Test
    void temporaryKeysCarryTheirToken() throws Exception {
        OssCredentials.Keys temporary = server.admitTemporarily("STS.abc");
        try (ObjectStore other = new OssObjectStore(server.location(""), temporary)) {
            other.put("k", Body.of(new byte[3]), PutOptions.NEW);
        }
        OssCredentials.Keys bare = new OssCredentials.Keys(temporary.id(), temporary.secret(), null);
        assertThat(refusal(server.location(""), bare).kind()).isEqualTo(Kind.DENIED);
    }

    @Test
    void theKeysOfAnInstancesRoleAreFetchedOnce() throws Exception {
        try (ObjectStore other =
                new OssObjectStore(server.location(""), new OssCredentials.EcsRole("backup", server.endpoint()))) {
            for (int i = 0; i < 5; i++) {
                other.put("k" + i, Body.of(new byte[3]), PutOptions.NEW);
            }
        }
        assertThat(server.metadataTokens()).isEqualTo(1);
        String nowhere = "http://127.0.0.1:1";
        ObjectStoreException e = refusal(server.location(""), new OssCredentials.EcsRole("backup", nowhere));
        assertThat(e.kind()).isEqualTo(Kind.DENIED);
        assertThat(e).hasMessageContaining("metadata service gives no keys");
    }

    @Test
    void anEndlessAnswerOfTheMetadataServiceIsRefused() throws Exception {
        HttpServer endless = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        AtomicLong sent = new AtomicLong();
        endless.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] block = "x".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            try (OutputStream out = exchange.getResponseBody()) {
                // Twice the heap of the tests: who keeps it all runs out of memory.
                while (sent.addAndGet(block.length) < 2L << 30) {
                    out.write(block);
                }
            }
        });
        endless.start();
        try {
            String url = "http://127.0.0.1:" + endless.getAddress().getPort();
            ObjectStoreException e = refusal(server.location(""), new OssCredentials.EcsRole("backup", url));
            assertThat(e.kind()).isEqualTo(Kind.DENIED);
            assertThat(e).hasMessageContaining("metadata service gives no keys");
        } finally {
            endless.stop(0);
        }
        assertThat(sent).hasValueLessThan(2L << 30);
    }

    @Test
    void whatArrivedDamagedIsNotTakenForStored() throws IOException {
        server.script(new Fault(r -> r.operation().equals("PUT"), Mishap.STORED_DAMAGED));
        assertThatThrownBy(() -> store.put("k", Body.of(new byte[1000]), PutOptions.NEW))
                .isInstanceOfSatisfying(
                        ObjectStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
        String upload = store.begin("parts", PutOptions.NEW);
        server.script(new Fault(r -> r.operation().equals("PART"), Mishap.STORED_DAMAGED));
        assertThatThrownBy(() -> store.putPart("parts", upload, 1, Body.of(new byte[1000])))
                .hasMessageContaining("arrived damaged");
    }

    @ParameterizedTest
    @EnumSource(
            value = Mishap.class,
            names = {
                "UNAVAILABLE",
                "INTERNAL_ERROR",
                "THROTTLED",
                "DONE_WITHOUT_ANSWER",
                "RESET_WHILE_SENDING",
                "RESET_WHILE_ANSWERING"
            })
    void whatGoesWrongOnceIsRepeatedInOneLayer(Mishap mishap) throws Exception {
        byte[] data = new byte[400_000];
        new Random(9).nextBytes(data);
        store.put("there", Body.of(data), PutOptions.NEW);
        try (Retries retries = new Retries(store, 4, Duration.ofMillis(1), Duration.ofMillis(5))) {
            server.script(new Fault(r -> true, mishap));
            retries.put("new", Body.of(data), PutOptions.NEW);
            server.script(new Fault(r -> true, mishap));
            try (InputStream in = retries.get("there", 10, 300_000)) {
                assertThat(in.readAllBytes()).isEqualTo(java.util.Arrays.copyOfRange(data, 10, 300_010));
            }
            server.script(new Fault(r -> true, mishap));
            String upload = retries.begin("parts", PutOptions.NEW);
            server.script(new Fault(r -> true, mishap));
            ObjectStore.Part part = retries.putPart("parts", upload, 1, Body.of(data));
            server.script(new Fault(r -> true, mishap));
            assertThat(retries.complete("parts", upload, List.of(part), true).bytes())
                    .isEqualTo(data.length);
            server.script(new Fault(r -> true, mishap));
            retries.delete(List.of("there"));
            server.script(new Fault(r -> true, mishap));
            assertThat(retries.list("", "", 10).objects()).hasSize(2);
            server.script(new Fault(r -> true, mishap));
            retries.setTags("new", Map.of("a", "b"));
            assertThat(server.faultsLeft()).isZero();
            assertThat(retries.repeated()).isBetween(1L, 8L);
        }
    }

    @Test
    void nobodyElsesObjectIsTakenForOnesOwn() throws Exception {
        store.put("k", Body.of(new byte[] {1, 2, 3}), PutOptions.NEW);
        try (Retries retries = new Retries(store, 4, Duration.ofMillis(1), Duration.ofMillis(5))) {
            server.script(new Fault(r -> true, Mishap.UNAVAILABLE));
            assertThatThrownBy(() -> retries.put("k", Body.of(new byte[] {3, 2, 1}), PutOptions.NEW))
                    .isInstanceOfSatisfying(
                            ObjectStoreException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.EXISTS));
        }
    }

    @Test
    void whatIsForbiddenIsNotRepeated() throws Exception {
        try (Retries retries = new Retries(store, 4, Duration.ofMillis(1), Duration.ofMillis(5))) {
            server.script(new Fault(r -> true, Mishap.FORBIDDEN));
            assertThatThrownBy(() -> retries.head("k")).isInstanceOf(ObjectStoreException.class);
            assertThat(retries.repeated()).isZero();
        }
    }

    @Test
    void credentialsComeFromAFileAndAreNeverPrinted() throws IOException {
        Path file = directory.resolve("credentials");
        Files.writeString(
                file, "# for the vault\nOSS_ACCESS_KEY_ID=LTAI5abcdef\nOSS_ACCESS_KEY_SECRET = very=secret\n");
        OssCredentials read = OssCredentials.read(file);
        assertThat(read).isEqualTo(new OssCredentials.Keys("LTAI5abcdef", "very=secret", null));
        assertThat(read.toString()).doesNotContain("very").doesNotContain("abcdef");
        Files.writeString(file, "OSS_ECS_ROLE=backup");
        assertThat(OssCredentials.read(file)).isEqualTo(new OssCredentials.EcsRole("backup", null));
        Files.writeString(file, "LTAI5abcdef very-secret");
        assertThatThrownBy(() -> OssCredentials.read(file)).hasMessageNotContaining("very");
    }

    @Test
    void locationsAreChecked() {
        assertThat(OssLocation.parse(
                                "oss://backups/office/7/",
                                "cn-hangzhou",
                                null,
                                OssLocation.Network.INTERNAL,
                                OssLocation.Addressing.HOST,
                                null)
                        .url())
                .isEqualTo("oss://backups/office/7");
        for (String bad : List.of("oss://UPPER/x", "http://backups", "oss://", "oss://backups/../x")) {
            assertThatThrownBy(() -> OssLocation.parse(
                            bad, "cn-hangzhou", null, OssLocation.Network.PUBLIC, OssLocation.Addressing.HOST, null))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
