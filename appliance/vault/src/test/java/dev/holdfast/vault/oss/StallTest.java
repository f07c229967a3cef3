package dev.holdfast.vault.oss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.format.Office;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.object.StalledException;
import dev.holdfast.vault.oss.StallingRelay.Stall;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of stall over real sockets: it ends by a deadline of progress, is repeated, and never holds up a stop. */
class StallTest {
    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2), 4 << 10);
    private static final Patience ENDLESS =
            new Patience(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), 1);
    /** For what ends by itself in a second or two. */
    private static final long OUTER_SECONDS = 60;

    private static final byte[] DATA = random(512 << 10);

    /** More than the buffers of the system take. */
    private static final byte[] LARGE = random(8 << 20);

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private OssServer server;
    private OssCredentials.Keys keys;

    @BeforeEach
    void begin() throws IOException {
        server = new OssServer(directory.resolve("bucket"));
        keys = server.admit("LTAItest", "");
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
        server.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private OssLocation location(String endpoint, String prefix) {
        OssLocation l = server.location(prefix);
        return new OssLocation(l.bucket(), prefix, l.region(), endpoint, l.network(), l.addressing(), null);
    }

    private OssObjectStore store(String endpoint, String prefix, Patience patience) {
        return new OssObjectStore(location(endpoint, prefix), keys, patience, InetAddress::getAllByName);
    }

    private static Retries patient(ObjectStore store) {
        return new Retries(store, 5, Duration.ofMillis(1), Duration.ofMillis(5));
    }

    private interface Use {
        /** @param plain the same store without stalls, for what comes before and after */
        void run(ObjectStore store, ObjectStore plain) throws Exception;
    }

    /** On a machine that is busy with other things an honest server stalls too. */
    private static void again(Use use, ObjectStore store, ObjectStore plain) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                use.run(store, plain);
                return;
            } catch (IOException e) {
                if (attempt == 10 || StalledException.in(e) == null) {
                    throw e;
                }
            }
        }
    }

    /** An operation, the first lines of its requests, and the stalls that can strike it. */
    private record Case(String name, String line, List<Stall> stalls, Use use) {}

    private static final List<Stall> ANSWERS =
            List.of(Stall.SILENCE, Stall.ANSWERS_BY_BYTES, Stall.AFTER_HEADERS, Stall.IN_BODY);
    private static final List<Stall> BODIES =
            List.of(Stall.SILENCE, Stall.STOPS_READING, Stall.READS_BY_BYTES, Stall.ANSWERS_BY_BYTES);

    private static List<Case> cases() {
        return List.of(
                new Case(
                        "put",
                        "PUT .*/big .*",
                        BODIES,
                        (store, plain) -> store.put("big", Body.of(DATA), PutOptions.REPLACE)),
                new Case(
                        "large",
                        "PUT .*/large .*",
                        List.of(Stall.STOPS_READING, Stall.READS_BY_BYTES),
                        (store, plain) -> store.put("large", Body.of(LARGE), PutOptions.REPLACE)),
                new Case("part", "PUT .*partNumber=2.*", BODIES, (store, plain) -> {
                    String upload = plain.begin("parts", PutOptions.NEW);
                    ObjectStore.Part one = plain.putPart("parts", upload, 1, Body.of(DATA));
                    ObjectStore.Part two = store.putPart("parts", upload, 2, Body.of(DATA));
                    assertThat(plain.complete("parts", upload, List.of(one, two), true)
                                    .bytes())
                            .isEqualTo(2L * DATA.length);
                }),
                new Case("get", "GET .*/there .*", ANSWERS, (store, plain) -> {
                    try (InputStream in = store.get("there", 5, DATA.length - 5)) {
                        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(DATA, 5, DATA.length));
                    }
                }),
                new Case(
                        "head",
                        "HEAD .*",
                        List.of(Stall.SILENCE, Stall.ANSWERS_BY_BYTES),
                        (store, plain) ->
                                assertThat(store.head("there").bytes()).isEqualTo(DATA.length)),
                new Case(
                        "list",
                        "GET .*list-type=2.*",
                        ANSWERS,
                        (store, plain) ->
                                assertThat(store.list("", "", 10).objects()).hasSize(1)));
    }

    @Test
    void stallIsRepeatedAndWhoeverStallsAlwaysIsGivenUp() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (Case each : cases()) {
            for (Stall stall : each.stalls) {
                all.add(threads.submit(() -> {
                    stallsOnce(each, stall);
                    return null;
                }));
                all.add(threads.submit(() -> {
                    stallsAlways(each, stall);
                    return null;
                }));
            }
        }
        for (Future<?> each : all) {
            each.get(OUTER_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void stallsOnce(Case it, Stall stall) throws Exception {
        String name = it.name + " " + stall;
        String prefix = "once/" + name.replace(' ', '-');
        try (ObjectStore plain = store(server.endpoint(), prefix, ENDLESS);
                StallingRelay relay = new StallingRelay(server.endpoint());
                Retries retries = patient(store(relay.endpoint(), prefix, SHORT))) {
            plain.put("there", Body.of(DATA), PutOptions.NEW);
            relay.stall(stall, 1, line -> line.matches(it.line));
            again(it.use, retries, plain);
            assertThat(relay.stalled()).as(name).isEqualTo(1);
            assertThat(retries.repeated()).as(name).isPositive();
        }
    }

    private void stallsAlways(Case it, Stall stall) throws Exception {
        String name = it.name + " " + stall;
        String prefix = "always/" + name.replace(' ', '-');
        try (ObjectStore plain = store(server.endpoint(), prefix, ENDLESS);
                StallingRelay relay = new StallingRelay(server.endpoint());
                Retries retries = patient(store(relay.endpoint(), prefix, SHORT))) {
            plain.put("there", Body.of(DATA), PutOptions.NEW);
            relay.stall(stall, 100, line -> line.matches(it.line));
            ObjectStoreException e = catchThrowableOfType(ObjectStoreException.class, () -> it.use.run(retries, plain));
            assertThat(e).as(name).isNotNull();
            assertThat(e.kind()).as(name).isEqualTo(Kind.TRANSIENT);
            assertThat(e)
                    .as(name)
                    .hasMessageContaining("oss://" + OssServer.BUCKET + "/" + prefix)
                    .hasMessageContaining(relay.endpoint())
                    .message()
                    .containsAnyOf("nothing came from the server for", "the server took nothing for", "bytes moved in");
            assertThat(StalledException.in(e)).as(name).isNotNull();
            // Not as often as failures that come at once.
            assertThat(relay.stalled()).as(name).isBetween(1, 3);
        }
    }

    @Test
    void closeEndsEveryStallThatNoDeadlineEnds() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (Case each : cases()) {
            for (Stall stall : each.stalls) {
                all.add(threads.submit(() -> {
                    closes(each, stall);
                    return null;
                }));
            }
        }
        for (Future<?> each : all) {
            each.get(OUTER_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void closes(Case it, Stall stall) throws Exception {
        String name = it.name + " " + stall;
        String prefix = "close/" + name.replace(' ', '-');
        try (ObjectStore plain = store(server.endpoint(), prefix, ENDLESS);
                StallingRelay relay = new StallingRelay(server.endpoint())) {
            plain.put("there", Body.of(DATA), PutOptions.NEW);
            relay.stall(stall, 100, line -> line.matches(it.line));
            Retries retries = patient(store(relay.endpoint(), prefix, ENDLESS));
            Future<Throwable> use =
                    threads.submit(() -> catchThrowableOfType(IOException.class, () -> it.use.run(retries, plain)));
            while (relay.stalled() == 0) {
                Thread.sleep(5);
            }
            retries.close();
            assertThat(use.get(OUTER_SECONDS, TimeUnit.SECONDS)).as(name).isNotNull();
            assertThat(relay.stalled()).as(name).isEqualTo(1);
            assertThat(catchThrowableOfType(IOException.class, () -> retries.head("there")))
                    .as(name)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void slowAndSteadyTransferIsNotCut() throws Exception {
        byte[] data = random(2 << 20);
        Body throttled = new Body() {
            @Override
            public long length() {
                return 12 << 10;
            }

            @Override
            public InputStream open() {
                // Longer than a stall between any two reads, on this side.
                return new FilterInputStream(new java.io.ByteArrayInputStream(data, 0, 12 << 10)) {
                    @Override
                    public int read(byte[] buffer, int offset, int length) throws IOException {
                        sleep(1200);
                        return super.read(buffer, offset, Math.min(length, 4 << 10));
                    }
                };
            }
        };
        try (StallingRelay relay = new StallingRelay(server.endpoint());
                OssObjectStore store = store(relay.endpoint(), "slow", SHORT)) {
            Future<?> own = threads.submit(() -> store.put("throttled", throttled, PutOptions.NEW));
            relay.stall(Stall.SLOW, 100, line -> !line.contains("throttled"));
            store.put("line", Body.of(data), PutOptions.NEW);
            try (InputStream in = store.get("line", 0, data.length)) {
                assertThat(in.readAllBytes()).isEqualTo(data);
            }
            own.get(OUTER_SECONDS, TimeUnit.SECONDS);
            assertThat(server.requests()).containsEntry("PUT", 2L).containsEntry("GET", 1L);
            assertThat(store.movement().bytes()).isGreaterThan(2L * data.length);
        }
    }

    private static void sleep(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void handshakeAndLookUpThatHangEndByTheirDeadlines() throws Exception {
        // Its backlog takes connections, and nobody speaks TLS there.
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                OssObjectStore store = store("https://127.0.0.1:" + mute.getLocalPort(), "", SHORT)) {
            ObjectStoreException e = catchThrowableOfType(ObjectStoreException.class, () -> store.head("k"));
            assertThat(e.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(e).hasMessageContaining("nothing came from the server");
        }
        CountDownLatch never = new CountDownLatch(1);
        Names.Lookup hangs = host -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new UnknownHostException(host);
        };
        OssLocation region = new OssLocation(
                "bk1", "", "cn-hangzhou", null, OssLocation.Network.PUBLIC, OssLocation.Addressing.HOST, null);
        try (OssObjectStore store = new OssObjectStore(region, keys, SHORT, hangs)) {
            ObjectStoreException e = catchThrowableOfType(ObjectStoreException.class, () -> store.head("k"));
            assertThat(e.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(e)
                    .hasMessageContaining("oss-cn-hangzhou.aliyuncs.com could not be looked up")
                    .hasMessageContaining("name servers");
        }
        OssObjectStore store = new OssObjectStore(region, keys, ENDLESS, hangs);
        Future<Throwable> use = threads.submit(() -> catchThrowableOfType(IOException.class, () -> store.head("k")));
        Thread.sleep(50);
        store.close();
        assertThat(use.get(OUTER_SECONDS, TimeUnit.SECONDS)).isNotNull();
        never.countDown();
    }

    /** What uses a vault, over a line that stalls now and then. */
    @Test
    void uploadCheckAndRestoreGetOverStalls() throws Exception {
        try (StallingRelay relay = new StallingRelay(server.endpoint());
                Retries vault = patient(store(relay.endpoint(), "office", SHORT));
                Office office = Office.open(Files.createDirectories(directory.resolve("office")), vault)) {
            List<byte[]> content = List.of(random(900_000), random(1000));
            StoredSnapshot snapshot = StoreFixture.backup(office.store, 1, content);
            relay.stall(Stall.STOPS_READING, 1, line -> line.startsWith("PUT") && line.contains("/c/"));
            again((store, plain) -> office.upload(), vault, vault);
            assertThat(relay.stalled()).isEqualTo(1);
            relay.stall(Stall.SILENCE, 1, line -> line.startsWith("GET"));
            again(
                    (store, plain) -> assertThat(new VaultCheck(vault, (what, done, total) -> {})
                                    .run(Office.recoveryKey(), true)
                                    .findings())
                            .isEmpty(),
                    vault,
                    vault);
            assertThat(relay.stalled()).isEqualTo(2);
            for (Archiving.Local each : office.store.archiving().local()) {
                office.store.archiving().evict(each.number());
            }
            relay.stall(Stall.IN_BODY, 1, line -> line.startsWith("GET"));
            again(
                    (store, plain) -> assertThat(office.files(snapshot).values())
                            .anyMatch(each -> Arrays.equals(each, content.getFirst())),
                    vault,
                    vault);
            assertThat(relay.stalled()).isEqualTo(3);
        }
    }
}
