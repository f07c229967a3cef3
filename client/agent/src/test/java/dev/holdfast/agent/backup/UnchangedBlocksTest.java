package dev.holdfast.agent.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.image.BlockChanges;
import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which blocks of a disk are taken over: every block that did not change, none that did, whatever the records look like. */
class UnchangedBlocksTest {
    private static final int BLOCK = ContentReader.BLOCK_BYTES;
    private static final UUID SNAPSHOT = UUID.randomUUID();
    private static final TreePath PATH = path("disks/vm/disk.raw");

    private final List<String> unused = new ArrayList<>();
    private final BackupStats stats = new BackupStats();

    private static TreePath path(String text) {
        try {
            return TreePath.parse(text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Digest digest(long number) {
        return HashAlgorithm.SHA_256.digest(
                ByteBuffer.allocate(8).putLong(number).array());
    }

    /** A disk with a previous snapshot; some blocks are holes. */
    private record Disk(long size, BitSet holes) {
        static Disk random(Random random) {
            long size = (1 + random.nextInt(300)) * (long) BLOCK + random.nextInt(BLOCK);
            BitSet holes = new BitSet();
            for (int i = 0; i < size / BLOCK + 1; i++) {
                holes.set(i, random.nextInt(3) == 0);
            }
            return new Disk(size, holes);
        }

        int blocks() {
            return (int) ((size + BLOCK - 1) / BLOCK);
        }

        int length(int block) {
            return (int) Math.min(BLOCK, size - (long) block * BLOCK);
        }

        List<Extent> extents() {
            List<Extent> extents = new ArrayList<>();
            long gap = 0;
            for (int i = 0; i < blocks(); i++) {
                if (holes.get(i)) {
                    gap += length(i);
                } else {
                    extents.add(new Extent(gap, digest(i), length(i), 0, length(i)));
                    gap = 0;
                }
            }
            return extents;
        }
    }

    /** The pages of a snapshot; one of them may be unreadable. */
    private record Pages(List<PageRef> refs, List<byte[]> bytes, int broken) implements TreeCursor.Pages {
        @Override
        public int count() {
            return refs.size();
        }

        @Override
        public PageRef ref(int index) {
            return refs.get(index);
        }

        @Override
        public Page load(PageRef ref) throws IOException {
            int index = refs.indexOf(ref);
            if (index == broken) {
                throw new IOException("no such page");
            }
            return Page.parse(bytes.get(index));
        }
    }

    /** @param extentsOfPage few, so that there are many pages */
    private static Pages pages(long size, List<Extent> extents, int extentsOfPage, int broken, boolean changed) {
        Pages pages = new Pages(new ArrayList<>(), new ArrayList<>(), broken);
        PageWriter writer = new PageWriter();
        Attributes.Timestamp time = new Attributes.Timestamp(1, 0);
        writer.add(new Node.Directory(PATH.names().get(0), attributes(time, 0)));
        writer.add(new Node.Directory(PATH.names().get(1), attributes(time, 0)));
        int from = 0;
        do {
            int to = Math.min(extents.size(), from + extentsOfPage);
            boolean more = to < extents.size();
            Content content = new Content(extents.subList(from, to), more, changed && !more, more ? 0 : size);
            writer.add(
                    from == 0
                            ? new Node.RegularFile(PATH.name(), attributes(time, size), content)
                            : new Node.More(content));
            take(writer, pages);
            from = to;
        } while (from < extents.size());
        writer.add(new Node.Leave());
        writer.add(new Node.Leave());
        take(writer, pages);
        return pages;
    }

    private static void take(PageWriter writer, Pages pages) {
        writer.take((first, continuation, bytes, records) -> {
            pages.refs.add(
                    new PageRef(first, continuation, HashAlgorithm.SHA_256.digest(bytes), bytes.length, records));
            pages.bytes.add(bytes);
        });
    }

    private static Attributes attributes(Attributes.Timestamp time, long size) {
        return new Attributes(0600, 0, 0, time, time, 0, 0, 1, size, List.of());
    }

    /** A source that knows which bytes changed, in steps of some size. */
    private final class Source implements BlockSource, BlockChanges {
        private final long size;
        private final int step;
        private final BitSet changed;

        Source(long size, int step, BitSet changed) {
            this.size = size;
            this.step = step;
            this.changed = changed;
        }

        @Override
        public Optional<BlockChanges> changes() {
            return Optional.of(this);
        }

        @Override
        public UUID since() {
            return SNAPSHOT;
        }

        @Override
        public long nextChange(long position) {
            int at = changed.nextSetBit((int) (position / step));
            long found = Math.max(position, (long) at * step);
            return at < 0 || found >= size ? -1 : found;
        }

        @Override
        public long nextSame(long position) {
            return Math.min(size, Math.max(position, (long) changed.nextClearBit((int) (position / step)) * step));
        }

        @Override
        public void unused(String why) {
            unused.add(why);
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public int read(long position, byte[] target, int offset, int length) {
            throw new AssertionError("nothing is read here");
        }

        @Override
        public long nextData(long position) {
            return position;
        }

        @Override
        public long nextHole(long position) {
            return size;
        }

        @Override
        public Optional<String> doubt() {
            return Optional.empty();
        }

        @Override
        public void close() {}

        boolean changed(int block) {
            long from = (long) block * BLOCK;
            long change = nextChange(from);
            return change >= 0 && change < Math.min(size, from + BLOCK);
        }
    }

    /** What became of a disk. */
    private record Outcome(Map<Long, Extent> taken, BitSet read) {}

    /** As the reader of disks does it. */
    private Outcome run(UnchangedBlocks blocks, long size) throws IOException {
        Outcome outcome = new Outcome(new TreeMap<>(), new BitSet());
        long at = 0;
        long end = 0;
        while (at < size) {
            at = blocks.takeOver(at, blocks.nextRead(at), (position, extent) -> {
                outcome.taken.put(position, extent);
            });
            assertThat(at).isGreaterThanOrEqualTo(end);
            if (at < size) {
                end = blocks.nextTaken(at);
                assertThat(at % BLOCK).isZero();
                assertThat(end).isGreaterThan(at);
                assertThat(end == size || end % BLOCK == 0).isTrue();
                outcome.read.set((int) (at / BLOCK), (int) ((end + BLOCK - 1) / BLOCK));
                at = end;
            }
        }
        blocks.end();
        return outcome;
    }

    private Source changes(Random random, long size) {
        int step = 512 << random.nextInt(12);
        BitSet changed = new BitSet();
        for (int i = random.nextInt(12); i > 0; i--) {
            int from = random.nextInt((int) (size / step) + 1);
            changed.set(from, from + 1 + random.nextInt(1 + 3 * BLOCK / step));
        }
        return new Source(size, step, changed);
    }

    private UnchangedBlocks blocks(Source source, TreeCursor.Pages pages) {
        return UnchangedBlocks.of(new PreviousSnapshot(SNAPSHOT, pages, 0, null, true), PATH, source, stats);
    }

    private static void mustBeRight(Disk disk, Source source, Outcome outcome, int readFrom) {
        for (int i = 0; i < disk.blocks(); i++) {
            Extent taken = outcome.taken.get((long) i * BLOCK);
            boolean read = outcome.read.get(i);
            assertThat(read).as("block " + i).isEqualTo(source.changed(i) || i >= readFrom);
            assertThat(taken != null).as("block " + i).isEqualTo(!read && !disk.holes.get(i));
            if (taken != null) {
                assertThat(taken.chunk()).isEqualTo(digest(i));
                assertThat(taken.length()).isEqualTo(disk.length(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 512})
    void allThatDidNotChangeIsTakenOverAndNothingElse(int extentsOfPage) throws Exception {
        Random random = new Random(extentsOfPage);
        for (int trial = 0; trial < 300; trial++) {
            Disk disk = Disk.random(random);
            Source source = changes(random, disk.size);
            Outcome outcome =
                    run(blocks(source, pages(disk.size, disk.extents(), extentsOfPage, -1, false)), disk.size);
            mustBeRight(disk, source, outcome, Integer.MAX_VALUE);
        }
        assertThat(unused).isEmpty();
    }

    @Test
    void behindAPageThatCannotBeReadAllIsRead() throws Exception {
        Random random = new Random(4711);
        for (int trial = 0; trial < 300; trial++) {
            unused.clear();
            Disk disk = Disk.random(random);
            Source source = changes(random, disk.size);
            Pages whole = pages(disk.size, disk.extents(), 3, random.nextInt(40), false);
            Outcome outcome = run(blocks(source, whole), disk.size);
            // Each block is taken over as it was, read, or was a hole; whatever changed is read.
            for (int i = 0; i < disk.blocks(); i++) {
                Extent taken = outcome.taken.get((long) i * BLOCK);
                if (source.changed(i)) {
                    assertThat(outcome.read.get(i)).isTrue();
                }
                if (outcome.read.get(i)) {
                    assertThat(taken).isNull();
                } else if (disk.holes.get(i)) {
                    assertThat(taken).isNull();
                } else {
                    assertThat(taken.chunk()).isEqualTo(digest(i));
                }
            }
            if (!unused.isEmpty()) {
                assertThat(unused).singleElement().asString().contains("no such page");
                assertThat(outcome.read.get(disk.blocks() - 1)).isTrue();
            }
        }
    }

    @Test
    void whatIsNotInBlocksIsRead() throws Exception {
        long size = 6L * BLOCK;
        List<Extent> extents = List.of(
                new Extent(0, digest(0), BLOCK, 0, BLOCK),
                new Extent(BLOCK + 4096, digest(2), BLOCK, 0, BLOCK),
                new Extent(0, digest(3), 4096, 0, 4096));
        Source source = new Source(size, 4096, new BitSet());
        Outcome outcome = run(blocks(source, pages(size, extents, 10, -1, false)), size);
        assertThat(outcome.taken).containsOnlyKeys(0L);
        assertThat(outcome.read.stream()).containsExactly(2, 3, 4, 5);
        assertThat(unused).singleElement().asString().contains("has other blocks");
    }

    @Test
    void nothingIsTakenFromAnotherSnapshotAnotherSizeOrAMixture() throws Exception {
        Disk disk = new Disk(8L * BLOCK, new BitSet());
        Source source = new Source(disk.size, 4096, new BitSet());
        Pages pages = pages(disk.size, disk.extents(), 3, -1, false);
        UnchangedBlocks other =
                UnchangedBlocks.of(new PreviousSnapshot(UUID.randomUUID(), pages, 0, null, true), PATH, source, stats);
        assertThat(run(other, disk.size).taken).isEmpty();
        assertThat(run(UnchangedBlocks.of(PreviousSnapshot.NONE, PATH, source, stats), disk.size).taken)
                .isEmpty();
        Pages smaller = pages(disk.size - 1, new Disk(disk.size - 1, new BitSet()).extents(), 3, -1, false);
        assertThat(run(blocks(source, smaller), disk.size).taken).isEmpty();
        UnchangedBlocks elsewhere = UnchangedBlocks.of(
                new PreviousSnapshot(SNAPSHOT, pages, 0, null, true), path("disks/vm/other.raw"), source, stats);
        assertThat(run(elsewhere, disk.size).taken).isEmpty();
        assertThat(unused).hasSize(4);
        assertThat(unused.get(0)).contains("is not " + SNAPSHOT);
        assertThat(unused.get(2)).contains("bytes in the previous snapshot");
        assertThat(unused.get(3)).contains("cannot be read", "no disk");

        // Whether it is one is told at its end, which is not read otherwise.
        BitSet last = new BitSet();
        last.set(3 * BLOCK / 4096, 8 * BLOCK / 4096);
        Pages cut = pages(disk.size, disk.extents(), 3, 2, false);
        assertThatThrownBy(() -> run(blocks(new Source(disk.size, 4096, last), cut), disk.size))
                .isInstanceOf(PreviousBrokenException.class);
        Pages mixture = pages(disk.size, disk.extents(), 3, -1, true);
        assertThatThrownBy(() -> run(blocks(source, mixture), disk.size)).isInstanceOf(PreviousBrokenException.class);
    }
}
