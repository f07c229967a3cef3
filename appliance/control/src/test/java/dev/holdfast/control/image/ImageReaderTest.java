package dev.holdfast.control.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of one chunk each, as those of disks are, read in parts and as a whole, with and without a file of chunks. */
class ImageReaderTest {
    private static final int CHUNK = SealedSlots.CHUNK_BYTES;
    /** Less than a chunk: each is read from the store, or from the file of chunks. */
    private static final long NO_HEAP = 4096;

    @TempDir
    private Path dir;

    private static List<byte[]> contents() {
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            // Some are compressed.
            byte[] content = i % 2 == 0 ? StoreFixture.random(i, CHUNK) : new byte[CHUNK];
            Arrays.fill(content, 0, i, (byte) i);
            contents.add(content);
        }
        return contents;
    }

    private static List<ImageReader> open(ImageCache cache, StoredSnapshot snapshot, int count) throws IOException {
        List<ImageReader> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            images.add(ImageReader.open(cache, snapshot, TreePath.parse(String.format("/f%05d", i))));
        }
        return images;
    }

    private static byte[] read(ImageReader image, int offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocateDirect(length);
        image.read(offset, target);
        byte[] bytes = new byte[length];
        target.flip().get(bytes);
        return bytes;
    }

    private static void compare(ImageCache cache, StoredSnapshot snapshot, List<byte[]> contents) throws IOException {
        Random random = new Random(3);
        List<ImageReader> images = open(cache, snapshot, contents.size());
        for (int i = 0; i < 300; i++) {
            int number = random.nextInt(images.size());
            int offset = i % 3 == 0 ? 0 : random.nextInt(CHUNK);
            int length = i % 3 == 0 ? CHUNK : 1 + random.nextInt(Math.min(8192, CHUNK - offset));
            assertThat(read(images.get(number), offset, length))
                    .as("file %d, %d bytes from %d on", number, length, offset)
                    .isEqualTo(Arrays.copyOfRange(contents.get(number), offset, offset + length));
        }
    }

    @Test
    void partsAndWholeChunksAreReadAsTheyWereStored() throws IOException {
        List<byte[]> contents = contents();
        try (Store store = new StoreFixture(dir.resolve("store")).open()) {
            StoredSnapshot snapshot = StoreFixture.backup(store, 1, contents);
            compare(new ImageCache(store, NO_HEAP, Optional.empty()), snapshot, contents);
            compare(new ImageCache(store, 64 << 20, Optional.empty()), snapshot, contents);
            for (int chunks : List.of(2, 100)) {
                try (ChunkFile file = ChunkFile.make(dir, (chunks + 32L) * SealedSlots.SLOT_BYTES, bytes -> true)) {
                    compare(new ImageCache(store, NO_HEAP, Optional.of(file)), snapshot, contents);
                    assertThat(file.bytes()).isPositive();
                }
            }
        }
    }

    @Test
    void aDamagedChunkIsAnErrorAndReportedUnlessItWasReadBefore() throws IOException {
        StoreFixture fixture = new StoreFixture(dir.resolve("store"));
        List<byte[]> contents = contents();
        try (Store store = fixture.open();
                ChunkFile file = ChunkFile.make(dir, 1L << 30, bytes -> true)) {
            StoredSnapshot snapshot = StoreFixture.backup(store, 1, contents);
            ImageCache cache = new ImageCache(store, NO_HEAP, Optional.of(file));
            List<ImageReader> images = open(cache, snapshot, contents.size());
            assertThat(read(images.get(0), 5, 100)).isEqualTo(Arrays.copyOfRange(contents.get(0), 5, 105));
            store.archiving().sealOpen();
            for (Path each : fixture.files(".hfc")) {
                byte[] bytes = Files.readAllBytes(each);
                for (int at = 4096; at < bytes.length - 4096; at += 512) {
                    bytes[at] ^= 1;
                }
                Files.write(each, bytes);
            }
            assertThat(read(images.get(0), 0, CHUNK)).isEqualTo(contents.get(0));
            assertThatThrownBy(() -> read(images.get(2), 0, CHUNK)).isInstanceOf(FormatException.class);
            assertThatThrownBy(() -> read(images.get(4), 0, 100)).isInstanceOf(FormatException.class);
            assertThat(store.reader().damage().take()).isNotEmpty();
            assertThat(cache.giveBack()).isTrue();
            assertThatThrownBy(() -> read(images.get(0), 0, CHUNK)).isInstanceOf(FormatException.class);
        }
    }
}
