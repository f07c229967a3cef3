package dev.holdfast.store.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After a power failure parts of the record that was being written may be zeros, in the middle as well. */
class TornLogTest {
    private static final int SECTOR = 512;
    private static final long MEMORY = 8 << 20;
    private static final Location HERE = new Location(1, 16, 100, ChunkKind.DATA, 0, 1);

    @TempDir
    private Path dir;

    private Path database;
    private Path log;

    @BeforeEach
    void make() throws IOException {
        database = dir.resolve("index");
        new ChunkIndex(database, MEMORY, MEMORY).close();
    }

    private static ChunkId chunk(int seed) {
        return ChunkId.fromBytes(StoreFixture.random(seed, ChunkId.BYTES));
    }

    private static List<ChunkId> chunks(int seed, int count) {
        List<ChunkId> chunks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chunks.add(chunk(seed * 100_000 + i));
        }
        return chunks;
    }

    /** Writes each list with one record of the log, and returns where these end. */
    private List<Integer> write(List<List<ChunkId>> records) throws IOException {
        List<Integer> ends = new ArrayList<>();
        try (ChunkIndex index = new ChunkIndex(database, MEMORY, MEMORY)) {
            for (List<ChunkId> record : records) {
                try (ChunkIndex.Batch batch = index.batch()) {
                    for (ChunkId id : record) {
                        batch.chunk(id, HERE);
                    }
                    batch.commit();
                }
                log = newestLog();
                ends.add(Math.toIntExact(Files.size(log)));
            }
        }
        return ends;
    }

    private Path newestLog() throws IOException {
        try (var files = Files.list(database)) {
            return files.filter(each -> each.toString().endsWith(".log"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    private static byte[] zeroed(byte[] bytes, int from, int to) {
        byte[] torn = bytes.clone();
        Arrays.fill(torn, from, Math.min(to, torn.length), (byte) 0);
        return torn;
    }

    /** Opens a copy of the database whose log has this content; tells which of the chunks it knows. */
    private List<Boolean> open(byte[] content, String name, ChunkId... asked) throws IOException {
        Path copy = dir.resolve(name);
        StoreFixture.copy(database, copy);
        Files.write(copy.resolve(log.getFileName()), content);
        try (ChunkIndex index = new ChunkIndex(copy, MEMORY, MEMORY)) {
            return index.find(List.of(asked)).stream().map(each -> each != null).toList();
        }
    }

    @Test
    void aTornLastRecordCostsNothingThatWasAcknowledged() throws IOException {
        // Short records, and some of several blocks of the log.
        for (int count : new int[] {30, 1500}) {
            List<ChunkId> before = chunks(count, 20);
            List<ChunkId> torn = chunks(count + 1, count);
            List<Integer> ends = write(List.of(before, torn));
            byte[] whole = Files.readAllBytes(log);
            int begin = ends.get(0);
            int sectors = (whole.length - begin) / SECTOR;
            for (int i = 0; i < sectors; i += Math.max(1, sectors / 12)) {
                int hole = begin + i * SECTOR;
                String label = count + "-" + i;
                // A hole in the record, and nothing but zeros behind a place in it.
                assertThat(open(zeroed(whole, hole, hole + SECTOR), label, before.getFirst(), torn.getLast()))
                        .as(label)
                        .containsExactly(true, false);
                assertThat(open(zeroed(whole, hole, whole.length), label + "-end", before.getFirst(), torn.getLast()))
                        .as(label)
                        .containsExactly(true, false);
            }
        }
    }

    @Test
    void damageBeforeAWholeRecordIsReportedAndLeft() throws IOException {
        List<Integer> ends = write(List.of(chunks(1, 20), chunks(2, 1500), chunks(3, 1), chunks(4, 1)));
        byte[] whole = Files.readAllBytes(log);
        for (int at : new int[] {20, ends.get(0) + 20, ends.get(0) + 40_000, ends.get(2) - 10}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            String name = "damaged" + at;
            assertThatThrownBy(() -> open(damaged, name, chunk(1)))
                    .as("damage at " + at)
                    .isInstanceOf(IndexException.class)
                    .hasMessageContaining("rebuild-index");
            assertThat(dir.resolve(name).resolve(log.getFileName())).hasBinaryContent(damaged);
        }
    }

    @Test
    void aTornLogIsWrittenOnAfterwards() throws IOException {
        List<ChunkId> before = chunks(1, 20);
        List<Integer> ends = write(List.of(before, chunks(2, 100)));
        Files.write(log, zeroed(Files.readAllBytes(log), ends.get(0) + SECTOR, ends.get(0) + 2 * SECTOR));
        List<ChunkId> after = chunks(3, 20);
        write(List.of(after));
        try (ChunkIndex index = new ChunkIndex(database, MEMORY, MEMORY)) {
            assertThat(index.find(before)).doesNotContainNull();
            assertThat(index.find(after)).doesNotContainNull();
            index.verify();
        }
    }
}
