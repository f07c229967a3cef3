package dev.holdfast.vault.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreContract;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    @Override
    protected ObjectStore create() throws Exception {
        return new FileObjectStore(directory.resolve("vault"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../up", "a/../../up", "/etc/passwd", "a//b", "", ".holdfast/tmp/x", "a/.hidden", "a\0b"})
    void noKeyLeadsElsewhere(String key) {
        assertThatThrownBy(() -> store.put(key, Body.of(new byte[1]), PutOptions.NEW))
                .isInstanceOf(ObjectStoreException.class);
        assertThat(directory.resolve("up")).doesNotExist();
    }

    @Test
    void aMissingMountIsNotFilledIn() {
        assertThatThrownBy(() -> new FileObjectStore(directory.resolve("mnt/usb")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("mount it");
        assertThat(directory.resolve("mnt")).doesNotExist();
    }

    @Test
    void nothingIsLeftBesideObjects() throws IOException {
        store.put("c/a", Body.of(new byte[10]), PutOptions.NEW);
        String upload = store.begin("c/b", PutOptions.NEW);
        store.complete("c/b", upload, java.util.List.of(store.putPart("c/b", upload, 1, Body.of(new byte[5]))), true);
        try (var files = Files.walk(directory.resolve("vault"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("a", "b");
        }
    }
}
