package dev.holdfast.control.instant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.nbd.NbdError;
import dev.holdfast.protocol.nbd.NbdException;
import dev.holdfast.protocol.nbd.NbdExtent;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Xts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Overlays over an image in memory, on real files: against an array, after the end of the process, and after that of the system. */
@ParameterizedClass(name = "encrypted: {0}")
@ValueSource(booleans = {true, false})
class OverlayTest {
    private static final int BLOCK = Overlay.BLOCK_BYTES;
    private static final int REGION = 256 << 10;
    /** Ends within a block. */
    private static final int SIZE = 12 * REGION + 5 * BLOCK + 1234;

    private static final byte[] KEY = new byte[Xts.KEY_BYTES];

    static {
        new Random(4).nextBytes(KEY);
    }

    /** Recoveries that older releases began are not. */
    @Parameter
    private boolean encrypted;

    @TempDir
    private Path dir;

    private final byte[] base = new byte[SIZE];
    private final UUID id = UUID.fromString("11111111-2222-3333-4444-555555555555");
    private Recovery recovery;

    @BeforeEach
    void fill() {
        Random random = new Random(1);
        for (int region = 0; region * REGION < SIZE; region++) {
            if (region % 3 != 1) {
                byte[] content = new byte[Math.min(REGION, SIZE - region * REGION)];
                random.nextBytes(content);
                System.arraycopy(content, 0, base, region * REGION, content.length);
            }
        }
        recovery = new Recovery(
                id,
                new UUID(1, 2),
                1,
                1,
                Instant.parse("2026-11-29T00:00:00Z"),
                "admin",
                1,
                List.of(new Recovery.Disk(0, "/disks/dev/vda.raw", SIZE)),
                encrypted ? "a sealed key" : "");
    }

    private final class Origin implements OpenRecovery.Origin {
        @Override
        public Image image(Recovery asked, Recovery.Disk wanted) {
            return new Base();
        }

        @Override
        public Optional<Xts> cipher(Recovery asked) {
            assertThat(asked.key()).isEqualTo(recovery.key());
            return encrypted ? Optional.of(new Xts(KEY)) : Optional.empty();
        }
    }

    /** The image: regions, of which each third is a hole. */
    private final class Base implements Image {
        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public void read(long offset, ByteBuffer target) {
            target.put(base, (int) offset, target.remaining());
        }

        @Override
        public List<NbdExtent> status(long offset, long length, int most) {
            List<NbdExtent> found = new ArrayList<>();
            for (long at = offset; at < offset + length && found.size() < most; ) {
                long end = Math.min(offset + length, (at / REGION + 1) * REGION);
                NbdExtent.append(
                        found, at / REGION % 3 == 1 ? NbdExtent.hole(at, end - at) : NbdExtent.data(at, end - at));
                at = end;
            }
            return found;
        }
    }

    private OpenRecovery open(Disk disk, String systemStart) throws IOException {
        return open(disk, systemStart, bytes -> {});
    }

    private OpenRecovery open(Disk disk, String systemStart, Overlay.Space space) throws IOException {
        if (!Files.exists(dir.resolve("recovery.json"))) {
            OpenRecovery.create(dir, disk, recovery);
        }
        return OpenRecovery.load(dir, disk, new Origin(), space, systemStart);
    }

    private static byte[] read(Overlay overlay, long offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocateDirect(length);
        overlay.read(offset, target);
        assertThat(target.hasRemaining()).isFalse();
        byte[] read = new byte[length];
        target.flip().get(read);
        return read;
    }

    /** One of what a machine does, on a disk and on an array; returns the range. */
    private static int[] act(Random random, Overlay overlay, byte[] model) throws IOException {
        int region = random.nextInt(SIZE / REGION + 1);
        int most = Math.min(REGION, SIZE - region * REGION);
        boolean aligned = random.nextBoolean();
        int from = random.nextInt(most);
        int to = from + 1 + random.nextInt(most - from);
        if (aligned) {
            from = from / BLOCK * BLOCK;
            to = Math.min(most, (to + BLOCK - 1) / BLOCK * BLOCK);
        }
        from += region * REGION;
        to += region * REGION;
        switch (random.nextInt(5)) {
            case 0 -> {
                int end = random.nextInt(from, SIZE) + 1;
                overlay.zero(from, end - from, random.nextBoolean());
                Arrays.fill(model, from, end, (byte) 0);
                return new int[] {from, end};
            }
            case 1 -> {
                overlay.trim(from, to - from);
                // Only whole blocks are trimmed, and here a trimmed block reads as zeros.
                int first = (from + BLOCK - 1) / BLOCK * BLOCK;
                int last = to == SIZE ? to : to / BLOCK * BLOCK;
                if (first < last) {
                    Arrays.fill(model, first, last, (byte) 0);
                }
            }
            default -> {
                byte[] content = new byte[to - from];
                random.nextBytes(content);
                overlay.write(from, ByteBuffer.wrap(content));
                System.arraycopy(content, 0, model, from, content.length);
            }
        }
        return new int[] {from, to};
    }

    @Test
    void randomOperationsEqualThoseOnAnArray() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        byte[] model = base.clone();
        try (OpenRecovery opened = open(new LocalDisk(), "a")) {
            Overlay overlay = opened.overlays().getFirst();
            for (int i = 0; i < 400; i++) {
                act(random, overlay, model);
                int from = random.nextInt(SIZE);
                int length = 1 + random.nextInt(Math.min(REGION, SIZE - from));
                assertThat(read(overlay, from, length)).isEqualTo(Arrays.copyOfRange(model, from, from + length));
            }
            assertThat(read(overlay, 0, SIZE)).isEqualTo(model);
            assertStatus(overlay, model);
        }
        try (OpenRecovery again = open(new LocalDisk(), "b")) {
            assertThat(again.recovery().generation()).as("closed in order").isEqualTo(1);
            assertThat(read(again.overlays().getFirst(), 0, SIZE)).isEqualTo(model);
        }
    }

    /** Holes are zeros, and what is not told as changed is as it was. */
    private void assertStatus(Overlay overlay, byte[] model) throws IOException {
        long at = 0;
        while (at < SIZE) {
            for (NbdExtent each : overlay.status(at, SIZE - at, 7)) {
                assertThat(each.offset()).isEqualTo(at);
                at = each.end();
                if (each.isZero()) {
                    assertThat(Arrays.copyOfRange(model, (int) each.offset(), (int) each.end()))
                            .isEqualTo(new byte[(int) each.length()]);
                }
            }
        }
        long changed = 0;
        for (NbdExtent each : overlay.changed(0, SIZE, Integer.MAX_VALUE)) {
            changed += each.isDirty() ? Overlay.blocks(each.length()) * BLOCK : 0;
            if (!each.isDirty()) {
                assertThat(Arrays.copyOfRange(model, (int) each.offset(), (int) each.end()))
                        .isEqualTo(Arrays.copyOfRange(base, (int) each.offset(), (int) each.end()));
            }
        }
        assertThat(overlay.changedBytes()).isEqualTo(changed);
    }

    @Test
    void writersOfPartsOfOneBlockDoNotLoseEachOthers() throws Exception {
        int writers = 8;
        int part = BLOCK / writers;
        byte[] model = base.clone();
        try (OpenRecovery opened = open(new LocalDisk(), "a");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Overlay overlay = opened.overlays().getFirst();
            List<Callable<Void>> work = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                byte[] content = new byte[part];
                Arrays.fill(content, (byte) (writer + 1));
                for (int block = 0; block < SIZE / BLOCK; block++) {
                    int at = block * BLOCK + writer * part;
                    System.arraycopy(content, 0, model, at, part);
                }
                work.add(() -> {
                    for (int block = 0; block < SIZE / BLOCK; block++) {
                        overlay.write(block * BLOCK + content[0] * part - part, ByteBuffer.wrap(content));
                    }
                    return null;
                });
            }
            for (Future<Void> each : threads.invokeAll(work)) {
                each.get();
            }
            assertThat(read(overlay, 0, SIZE)).isEqualTo(model);
        }
    }

    @Test
    void blocksBesideOneThatIsWrittenAreReadAsTheyAre() throws Exception {
        byte[] block = new byte[BLOCK];
        Arrays.fill(block, (byte) 7);
        try (OpenRecovery opened = open(new LocalDisk(), "a");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Overlay overlay = opened.overlays().getFirst();
            // Of pairs of blocks, the second of one is zeros that were data, that of the other is data.
            overlay.write(BLOCK, ByteBuffer.wrap(block));
            overlay.zero(BLOCK, BLOCK, true);
            overlay.write(3 * BLOCK, ByteBuffer.wrap(block));
            CountDownLatch written = new CountDownLatch(1);
            Future<?> writing = threads.submit(() -> {
                try {
                    for (int round = 0; round < 300_000; round++) {
                        overlay.write(0, ByteBuffer.wrap(block));
                        overlay.write(2 * BLOCK, ByteBuffer.wrap(block));
                        overlay.zero(0, BLOCK, true);
                        overlay.zero(2 * BLOCK, BLOCK, true);
                    }
                } finally {
                    written.countDown();
                }
                return null;
            });
            while (written.getCount() > 0) {
                byte[] zeros = read(overlay, 0, 2 * BLOCK);
                assertThat(Arrays.copyOfRange(zeros, BLOCK, 2 * BLOCK)).isEqualTo(new byte[BLOCK]);
                byte[] data = read(overlay, 2 * BLOCK, 2 * BLOCK);
                assertThat(Arrays.copyOfRange(data, BLOCK, 2 * BLOCK)).isEqualTo(block);
                assertThat(overlay.status(2 * BLOCK, 2 * BLOCK, 9))
                        .noneMatch(each -> each.isZero() && each.end() > 3 * BLOCK);
            }
            writing.get();
        }
    }

    /** The first block is never in the state of the others while it is data. */
    @Test
    void aRangeHasTheStateThatItsEndWasFoundBy() throws Exception {
        long blocks = 10_000;
        BlockStates states = BlockStates.create(dir.resolve("states"), blocks);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch changed = new CountDownLatch(1);
            Future<?> changing = threads.submit(() -> {
                try {
                    for (int round = 0; round < 50_000; round++) {
                        states.set(0, 1, BlockState.DATA);
                        states.set(0, 1, BlockState.BASE);
                    }
                } finally {
                    changed.countDown();
                }
            });
            int looks = 0;
            while (changed.getCount() > 0 || looks == 0) {
                BlockStates.Run run = states.run(0, blocks);
                assertThat(run.end()).isEqualTo(run.state() == BlockState.DATA ? 1 : blocks);
                looks++;
            }
            changing.get();
        }
    }

    @Test
    void whatWasWrittenSurvivesTheEndOfTheProcess() throws Exception {
        Random random = new Random(5);
        byte[] model = base.clone();
        // Never closed, as by SIGKILL.
        OpenRecovery killed = open(new LocalDisk(), "a");
        for (int i = 0; i < 100; i++) {
            act(random, killed.overlays().getFirst(), model);
        }
        OpenRecovery second = open(new LocalDisk(), "a");
        assertThat(second.recovery().generation()).isEqualTo(1);
        assertThat(read(second.overlays().getFirst(), 0, SIZE)).isEqualTo(model);
        second.overlays().getFirst().flush();
        // And what was adopted survives the end of the system once it was flushed.
        try (OpenRecovery third = open(new LocalDisk(), "b")) {
            assertThat(third.recovery().generation()).isEqualTo(2);
            assertThat(read(third.overlays().getFirst(), 0, SIZE)).isEqualTo(model);
        }
    }

    @Test
    void whatWasFlushedSurvivesTheEndOfTheSystem() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int round = 0; round < 8; round++) {
            Random random = new Random(seed + round);
            CrashingDisk disk = new CrashingDisk();
            OpenRecovery opened = open(disk, "a" + round);
            int generation = opened.recovery().generation();
            Overlay overlay = opened.overlays().getFirst();
            byte[] model = read(overlay, 0, SIZE);
            List<byte[]> since = new ArrayList<>(List.of(model.clone()));
            for (int i = 0; i < 40; i++) {
                act(random, overlay, model);
                if (random.nextInt(6) == 0) {
                    overlay.flush();
                    since.clear();
                }
                since.add(model.clone());
            }
            disk.crash(random);
            OpenRecovery after = open(disk, "b" + round);
            assertThat(after.recovery().generation()).isEqualTo(generation + 1);
            assertThat(after.recovery().export(after.recovery().disks().getFirst()))
                    .isNotEqualTo(recovery.export(recovery.disks().getFirst()));
            byte[] left = read(after.overlays().getFirst(), 0, SIZE);
            for (int at = 0; at < SIZE; at += 512) {
                int end = Math.min(SIZE, at + 512);
                Set<ByteBuffer> allowed = new HashSet<>();
                for (byte[] each : since) {
                    allowed.add(ByteBuffer.wrap(each, at, end - at));
                }
                assertThat(allowed)
                        .as("sector at " + at + ", seed " + (seed + round))
                        .contains(ByteBuffer.wrap(left, at, end - at));
            }
            after.close();
        }
    }

    @Test
    void aDiskThatCouldNotBeFlushedTakesNoMoreWrites() throws Exception {
        CrashingDisk disk = new CrashingDisk();
        OpenRecovery opened = open(disk, "a");
        Overlay overlay = opened.overlays().getFirst();
        overlay.write(0, ByteBuffer.wrap(new byte[BLOCK]));
        disk.syncsFail = true;
        assertThatThrownBy(overlay::flush).isInstanceOf(IOException.class);
        disk.syncsFail = false;
        assertThatThrownBy(() -> overlay.write(0, ByteBuffer.wrap(new byte[BLOCK])))
                .isInstanceOf(NbdException.class)
                .hasMessageContaining("could not be flushed");
        assertThatThrownBy(overlay::flush).isInstanceOf(NbdException.class);
        assertThat(read(overlay, 0, BLOCK)).isEqualTo(new byte[BLOCK]);
    }

    @Test
    void withoutSpaceAWriteIsRefusedAndChangesNothing() throws Exception {
        AtomicBoolean full = new AtomicBoolean();
        try (OpenRecovery opened = open(new LocalDisk(), "a", bytes -> {
            if (full.get()) {
                throw new NbdException(NbdError.NO_SPACE, "none left");
            }
        })) {
            Overlay overlay = opened.overlays().getFirst();
            full.set(true);
            assertThatThrownBy(() -> overlay.write(0, ByteBuffer.wrap(new byte[BLOCK])))
                    .isInstanceOf(NbdException.class);
            overlay.zero(BLOCK, BLOCK, true);
            assertThat(read(overlay, 0, BLOCK)).isEqualTo(Arrays.copyOf(base, BLOCK));
            assertThat(read(overlay, BLOCK, BLOCK)).isEqualTo(new byte[BLOCK]);
        }
    }

    @Test
    void theStatesOfAHugeDiskDoNotFillTheFileSystem() throws Exception {
        long room = BlockStates.bytes(Overlay.blocks(SIZE));
        OpenRecovery refused = open(new LocalDisk(), "a", bytes -> {
            if (bytes > room - 1) {
                throw new NbdException(NbdError.NO_SPACE, "none left");
            }
        });
        assertThatThrownBy(refused::overlays).isInstanceOf(NbdException.class);
        assertThat(dir.resolve("disk-0.live")).doesNotExist();
        assertThat(BlockStates.bytes(Overlay.blocks(1L << 62))).isGreaterThan(1L << 47);
    }

    @Test
    void theStatesOfAllDisksMustFitTogether() throws Exception {
        long room = BlockStates.bytes(Overlay.blocks(SIZE));
        Recovery two = new Recovery(
                recovery.id(),
                recovery.snapshot(),
                recovery.node(),
                recovery.user(),
                recovery.begun(),
                recovery.actor(),
                recovery.generation(),
                List.of(new Recovery.Disk(0, "/a", SIZE), new Recovery.Disk(1, "/b", SIZE)),
                recovery.key());
        OpenRecovery.create(dir, new LocalDisk(), two);
        OpenRecovery refused = open(new LocalDisk(), "a", bytes -> {
            if (bytes > 2 * room - 1) {
                throw new NbdException(NbdError.NO_SPACE, "none left");
            }
        });
        assertThatThrownBy(refused::overlays).isInstanceOf(NbdException.class);
        assertThat(dir.resolve("disk-0.live")).doesNotExist();
    }

    @Test
    void aFullRecoveryOpensAgainAfterTheEndOfTheSystem() throws Exception {
        byte[] written = new byte[BLOCK];
        Arrays.fill(written, (byte) 7);
        try (OpenRecovery opened = open(new LocalDisk(), "a")) {
            opened.overlays().getFirst().write(0, ByteBuffer.wrap(written));
            opened.overlays().getFirst().flush();
        }
        try (OpenRecovery opened = open(new LocalDisk(), "b", bytes -> {
            throw new NbdException(NbdError.NO_SPACE, "none left");
        })) {
            assertThat(read(opened.overlays().getFirst(), 0, BLOCK)).isEqualTo(written);
        }
    }

    @Test
    void whatAMachineWritesIsReadableOnDiskOnlyWithoutAKey() throws Exception {
        byte[] words = "a word that nobody should read. ".repeat(BLOCK / 32).getBytes(StandardCharsets.US_ASCII);
        try (OpenRecovery opened = open(new LocalDisk(), "a")) {
            Overlay overlay = opened.overlays().getFirst();
            overlay.write(0, ByteBuffer.wrap(words));
            overlay.write(3 * BLOCK + 100, ByteBuffer.wrap(words, 0, 500));
            overlay.write(SIZE - 50, ByteBuffer.wrap(words, 0, 50));
            overlay.flush();
        }
        byte[] written = Files.readAllBytes(dir.resolve("disk-0.data"));
        String text = new String(written, StandardCharsets.ISO_8859_1);
        assertThat(text.contains("nobody")).isNotEqualTo(encrypted);
        // The same content at two places.
        assertThat(Arrays.equals(written, 0, 32, written, 32, 64)).isNotEqualTo(encrypted);
    }

    @Test
    void damagedFilesAndThoseOfOtherDisksAreRefused() throws Exception {
        try (OpenRecovery opened = open(new LocalDisk(), "a")) {
            opened.overlays().getFirst().write(0, ByteBuffer.wrap(new byte[BLOCK]));
            opened.overlays().getFirst().flush();
            opened.overlays().getFirst().write(BLOCK, ByteBuffer.wrap(new byte[BLOCK]));
        }
        Path states = dir.resolve("disk-0.blocks");
        byte[] whole = Files.readAllBytes(states);
        byte[] both = whole.clone();
        both[StateFile.PLACE_BYTES + 100] ^= 1;
        both[2 * StateFile.PLACE_BYTES + 100] ^= 1;
        for (byte[] damaged : List.of(both, flipped(whole, 0), flipped(whole, 9), flipped(whole, 20), new byte[10])) {
            Files.write(states, damaged);
            OpenRecovery opened = open(new LocalDisk(), "a");
            assertThatThrownBy(opened::overlays).isInstanceOf(FormatException.class);
        }
        Path description = dir.resolve("recovery.json");
        String text = Files.readString(description);
        assertThat(text).contains("\"version\" : " + (encrypted ? 2 : 1));
        List<String> all =
                new ArrayList<>(List.of("", "{}", text.replaceAll("\"version\" : .", "\"version\" : 3"), "[1]"));
        if (encrypted) {
            all.add(text.replace("\"key\"", "\"none\""));
        }
        for (String damaged : all) {
            Files.writeString(description, damaged);
            assertThatThrownBy(() -> open(new LocalDisk(), "a")).isInstanceOf(FormatException.class);
        }
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] flipped = bytes.clone();
        flipped[at] ^= 1;
        return flipped;
    }
}
