package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that are opened otherwise while they are read. */
class LateStoreTest {
    @TempDir
    Path work;

    private LateStore directory(String name, String content) throws IOException {
        LateStore store = new LateStore("file://" + name, () -> FileObjectStore.watched(work.resolve(name)));
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        store.put("o/1", Body.of(bytes, bytes.length), PutOptions.NEW);
        return store;
    }

    private static String read(ObjectStore store) throws IOException {
        return new String(store.bytes("o/1", 0, 3), StandardCharsets.UTF_8);
    }

    @Test
    void whatIsReadEndsAsItBeganAndIsClosedThen() throws Exception {
        LateStore before = directory("a", "old");
        LateStore after = directory("b", "new");
        LateStore store = new LateStore("file://vault", () -> before);
        try (InputStream open = store.get("o/1", 0, 3)) {
            store.renew(() -> after);
            assertThat(read(store)).isEqualTo("new");
            assertThat(read(before)).isEqualTo("old");
            assertThat(new String(open.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("old");
        }
        assertThatThrownBy(() -> read(before)).hasMessageContaining("closed");
        assertThat(read(store)).isEqualTo("new");
        store.close();
        assertThatThrownBy(() -> read(after)).hasMessageContaining("closed");
        assertThatThrownBy(() -> read(store)).hasMessageContaining("closed");
    }

    @Test
    void aFailureToOpenIsForgottenWithTheWayItWasOpened() throws Exception {
        LateStore after = directory("b", "new");
        LateStore store = new LateStore("file://vault", () -> {
            throw new IOException("no credentials");
        });
        assertThatThrownBy(() -> read(store)).hasMessageContaining("no credentials");
        store.renew(() -> after);
        assertThat(read(store)).isEqualTo("new");
        store.close();
    }
}
