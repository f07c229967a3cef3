package dev.holdfast.vault.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} promises. */
public abstract class ObjectStoreContract {
    protected ObjectStore store;

    /** A store that is empty. */
    protected abstract ObjectStore create() throws Exception;

    @BeforeEach
    void open() throws Exception {
        store = create();
    }

    @AfterEach
    void close() throws Exception {
        store.close();
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private byte[] read(String key, long offset, long length) throws IOException {
        try (InputStream in = store.get(key, offset, length)) {
            return in.readAllBytes();
        }
    }

    private static void refused(Kind kind, ThrowingCallable call) {
        ObjectStoreException e = catchThrowableOfType(ObjectStoreException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.kind()).isEqualTo(kind);
        assertThat(e.getMessage()).isNotBlank();
    }

    private static long crc(byte[] bytes) {
        Crc64 crc = new Crc64();
        crc.update(bytes, 0, bytes.length);
        return crc.value();
    }

    @Test
    void aStretchBehindTheEndIsEmpty() throws IOException {
        store.put("c/empty", Body.of(new byte[0]), PutOptions.NEW);
        store.put("c/short", Body.of(new byte[] {1, 2, 3}), PutOptions.NEW);
        for (String key : List.of("c/empty", "c/short")) {
            try (InputStream in = store.get(key, 3, 10)) {
                assertThat(in.readAllBytes()).isEmpty();
            }
        }
        try (InputStream in = store.get("c/short", 1, 10)) {
            assertThat(in.readAllBytes()).containsExactly(2, 3);
        }
    }

    @Test
    void theChecksumIsThatOfTheStandard() {
        assertThat(Long.toHexString(crc("123456789".getBytes()))).isEqualTo("995dc9bbdf1939fa");
    }

    @Test
    void checksumsOfStretchesCombine() {
        Random random = new Random(3);
        for (int i = 0; i < 50; i++) {
            byte[] data = bytes(random.nextInt(5000), i);
            int cut = random.nextInt(data.length + 1);
            long first = crc(java.util.Arrays.copyOf(data, cut));
            long second = crc(java.util.Arrays.copyOfRange(data, cut, data.length));
            assertThat(Crc64.combine(first, second, data.length - cut)).isEqualTo(crc(data));
        }
    }

    @Test
    void anObjectComesBackWholeAndInPieces() throws IOException {
        byte[] data = bytes(300_000, 1);
        StoredObject stored = store.put("c/ab/one", Body.of(data), PutOptions.NEW);
        assertThat(stored.bytes()).isEqualTo(data.length);
        assertThat(stored.crc64()).isEqualTo(crc(data));
        assertThat(read("c/ab/one", 0, data.length)).isEqualTo(data);
        assertThat(read("c/ab/one", 1000, 1)).containsExactly(data[1000]);
        assertThat(read("c/ab/one", 299_999, 1)).containsExactly(data[299_999]);
        assertThat(read("c/ab/one", 299_000, 5000)).hasSize(1000);
        StoredObject head = store.head("c/ab/one");
        assertThat(head.bytes()).isEqualTo(data.length);
        assertThat(head.crc64()).isEqualTo(crc(data));
        assertThat(head.readable()).isTrue();
    }

    @Test
    void anEmptyObjectIsAnObject() throws IOException {
        store.put("empty", Body.of(new byte[0]), PutOptions.NEW);
        assertThat(store.head("empty").bytes()).isZero();
    }

    @Test
    void whatIsThereIsReplacedOnlyOnRequest() throws IOException {
        store.put("key", Body.of(bytes(10, 1)), PutOptions.NEW);
        refused(Kind.EXISTS, () -> store.put("key", Body.of(bytes(10, 2)), PutOptions.NEW));
        assertThat(read("key", 0, 10)).isEqualTo(bytes(10, 1));
        store.put("key", Body.of(bytes(20, 3)), PutOptions.REPLACE);
        assertThat(read("key", 0, 20)).isEqualTo(bytes(20, 3));
    }

    @Test
    void ofManyWhoCreateOneObjectOneSucceeds() throws Exception {
        List<Callable<Boolean>> attempts = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            byte[] data = bytes(5000, i);
            attempts.add(() -> {
                try {
                    store.put("contended", Body.of(data), PutOptions.NEW);
                    return true;
                } catch (ObjectStoreException e) {
                    assertThat(e.kind()).isEqualTo(Kind.EXISTS);
                    return false;
                }
            });
        }
        int won = 0;
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> each : pool.invokeAll(attempts)) {
                won += each.get() ? 1 : 0;
            }
        }
        assertThat(won).isEqualTo(1);
    }

    @Test
    void exclusiveCreationIsProbedWithoutATrace() throws IOException {
        Exclusive.require(store);
        assertThat(store.list("", "", 10).objects()).isEmpty();
    }

    @Test
    void whatIsMissingIsSaidToBe() {
        refused(Kind.NOT_FOUND, () -> store.head("c/none"));
        refused(Kind.NOT_FOUND, () -> store.get("c/none", 0, 10).close());
        refused(Kind.NOT_FOUND, () -> store.tags("c/none"));
        refused(Kind.NOT_FOUND, () -> store.parts("c/none", "3e0ca2a0-0000-0000-0000-000000000000"));
    }

    @Test
    void aSourceThatIsShorterThanItSaysStoresNothing() throws IOException {
        Body lying = new Body() {
            @Override
            public long length() {
                return 2000;
            }

            @Override
            public InputStream open() {
                return new java.io.ByteArrayInputStream(new byte[1000]);
            }
        };
        assertThat(catchThrowableOfType(IOException.class, () -> store.put("lie", lying, PutOptions.NEW)))
                .isNotNull();
        refused(Kind.NOT_FOUND, () -> store.head("lie"));
    }

    @Test
    void listsAreSortedAndComeInPages() throws IOException {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            keys.add(String.format("c/%02x/object-%03d", i % 4, i));
        }
        keys.add("c-not/below");
        keys.add("m/00/another");
        for (String key : keys) {
            store.put(key, Body.of(bytes(key.length(), 1)), PutOptions.NEW);
        }
        List<String> listed = new ArrayList<>();
        String after = "";
        int pages = 0;
        while (true) {
            ObjectStore.Listing page = store.list("c/", after, 10);
            page.objects().forEach(each -> listed.add(each.key()));
            page.objects()
                    .forEach(each ->
                            assertThat(each.bytes()).isEqualTo(each.key().length()));
            pages++;
            if (page.last()) {
                break;
            }
            after = listed.getLast();
        }
        assertThat(pages).isEqualTo(3);
        assertThat(listed)
                .isEqualTo(
                        keys.stream().filter(k -> k.startsWith("c/")).sorted().toList());
        assertThat(store.list("c/01/", "c/01/object-009", 100).objects())
                .extracting(StoredObject::key)
                .containsExactly("c/01/object-013", "c/01/object-017", "c/01/object-021");
        assertThat(store.list("none/", "", 10).objects()).isEmpty();
        assertThat(store.list("", "", 100).objects()).hasSize(27);
    }

    @Test
    void deletingIsIdempotent() throws IOException {
        store.put("a/b/c", Body.of(bytes(3, 1)), PutOptions.NEW);
        store.delete(List.of("a/b/c", "a/b/none"));
        store.delete(List.of("a/b/c"));
        refused(Kind.NOT_FOUND, () -> store.head("a/b/c"));
        store.put("a/b/c", Body.of(bytes(3, 2)), PutOptions.NEW);
        assertThat(read("a/b/c", 0, 3)).isEqualTo(bytes(3, 2));
    }

    @Test
    void partsInAnyOrderMakeAnObject() throws Exception {
        byte[] data = bytes(450_000, 4);
        String upload = store.begin("c/big", PutOptions.NEW);
        ObjectStore.Part third = store.putPart("c/big", upload, 3, part(data, 300_000, 150_000));
        ObjectStore.Part first = store.putPart("c/big", upload, 1, part(data, 0, 150_000));
        // Stored twice, as after an answer that was lost.
        store.putPart("c/big", upload, 2, part(data, 100, 150_000));
        ObjectStore.Part second = store.putPart("c/big", upload, 2, part(data, 150_000, 150_000));
        assertThat(store.parts("c/big", upload)).containsExactly(first, second, third);
        assertThat(store.uploads("c/")).containsExactly(new ObjectStore.Upload("c/big", upload));
        refused(Kind.NOT_FOUND, () -> store.head("c/big"));
        StoredObject whole = store.complete("c/big", upload, List.of(first, second, third), true);
        assertThat(whole.bytes()).isEqualTo(data.length);
        assertThat(whole.crc64()).isEqualTo(crc(data));
        assertThat(read("c/big", 0, data.length)).isEqualTo(data);
        assertThat(store.uploads("")).isEmpty();
        refused(Kind.NOT_FOUND, () -> store.complete("c/big", upload, List.of(first), true));
    }

    private static Body part(byte[] data, int offset, int length) {
        return Body.of(java.util.Arrays.copyOfRange(data, offset, offset + length));
    }

    @Test
    void anUploadIsAbortedAndNothingIsLeft() throws IOException {
        String upload = store.begin("c/big", PutOptions.NEW);
        store.putPart("c/big", upload, 1, Body.of(bytes(100, 1)));
        store.abort("c/big", upload);
        store.abort("c/big", upload);
        assertThat(store.uploads("")).isEmpty();
        refused(Kind.NOT_FOUND, () -> store.putPart("c/big", upload, 2, Body.of(bytes(100, 1))));
    }

    @Test
    void anUploadDoesNotReplaceWhatCameBetween() throws IOException {
        String upload = store.begin("c/big", PutOptions.NEW);
        ObjectStore.Part part = store.putPart("c/big", upload, 1, Body.of(bytes(100, 1)));
        store.put("c/big", Body.of(bytes(50, 2)), PutOptions.NEW);
        refused(Kind.EXISTS, () -> store.complete("c/big", upload, List.of(part), true));
        refused(Kind.EXISTS, () -> store.begin("c/big", PutOptions.NEW));
        assertThat(read("c/big", 0, 50)).isEqualTo(bytes(50, 2));
    }

    @Test
    void classesFreezeAndThaw() throws IOException {
        byte[] data = bytes(1000, 5);
        store.put("cold", Body.of(data), PutOptions.NEW.as(StorageClass.ARCHIVE));
        assertThat(store.head("cold").storageClass()).isEqualTo(StorageClass.ARCHIVE);
        assertThat(store.head("cold").readable()).isFalse();
        refused(Kind.FROZEN, () -> store.get("cold", 0, 1000).close());
        store.thaw("cold", 1);
        store.thaw("cold", 1);
        assertThat(store.head("cold").readable()).isTrue();
        assertThat(store.list("cold", "", 1).objects().getFirst().readable()).isTrue();
        assertThat(read("cold", 0, 1000)).isEqualTo(data);
        store.changeClass("cold", StorageClass.INFREQUENT);
        assertThat(store.head("cold").storageClass()).isEqualTo(StorageClass.INFREQUENT);
        assertThat(store.list("", "", 1).objects().getFirst().storageClass()).isEqualTo(StorageClass.INFREQUENT);
        assertThat(read("cold", 0, 1000)).isEqualTo(data);
        refused(Kind.REFUSED, () -> store.thaw("cold", 1));
    }

    @Test
    void tagsAreKept() throws IOException {
        store.put("tagged", Body.of(bytes(1, 1)), new PutOptions(true, StorageClass.STANDARD, Map.of("kind", "data")));
        assertThat(store.tags("tagged")).isEqualTo(Map.of("kind", "data"));
        store.setTags("tagged", Map.of("kind", "other", "until", "2027-01-01"));
        assertThat(store.tags("tagged")).isEqualTo(Map.of("kind", "other", "until", "2027-01-01"));
        store.put("plain", Body.of(bytes(1, 1)), PutOptions.NEW);
        assertThat(store.tags("plain")).isEmpty();
    }
}
