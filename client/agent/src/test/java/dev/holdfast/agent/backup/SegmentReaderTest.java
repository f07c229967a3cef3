package dev.holdfast.agent.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentReaderTest {
    private static final int MIB = 1 << 20;

    private final GearChunker chunker = new GearChunker(new byte[32]);
    private final byte[] own = new byte[SegmentReader.ARRAY_BYTES];

    /** A file in memory, and what became of it. */
    private class Content implements SegmentReader.Work {
        final byte[] bytes;
        final List<Long> chunks = new ArrayList<>();
        final List<Upload> uploads = new ArrayList<>();
        final AtomicInteger reading = new AtomicInteger();
        final List<Thread> readers = new ArrayList<>();

        Content(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(long position, byte[] array, int offset, int wanted) throws IOException {
            reading.incrementAndGet();
            try {
                synchronized (readers) {
                    readers.add(Thread.currentThread());
                }
                int count = (int) Math.max(0, Math.min(wanted, bytes.length - position));
                System.arraycopy(bytes, (int) Math.min(position, bytes.length), array, offset, count);
                return count;
            } finally {
                reading.decrementAndGet();
            }
        }

        @Override
        public SegmentReader.Cut cut(byte[] array, int from, int to, boolean last) {
            int zeros = chunker.zeros(array, from, to);
            return new SegmentReader.Cut(zeros > 0 ? zeros : chunker.next(array, from, to, last), zeros > 0);
        }

        @Override
        public Upload submit(byte[] array, int offset, SegmentReader.Cut cut) throws IOException {
            return new Upload(
                    HashAlgorithm.SHA_256.digest(array, offset, cut.length()),
                    cut.length(),
                    CompletableFuture.completedFuture(null));
        }

        @Override
        public void add(long position, int length, Upload upload) {
            chunks.add(position);
            uploads.add(upload);
            assertThat(upload.digest()).isEqualTo(HashAlgorithm.SHA_256.digest(bytes, (int) position, length));
        }

        /** Where the chunks of a range begin if one thread cuts it in one piece. */
        List<Long> expected(int from, int to) {
            List<Long> begins = new ArrayList<>();
            for (int at = from; at < to; at += chunker.next(bytes, at, to, true)) {
                begins.add((long) at);
            }
            return begins;
        }
    }

    /** Random bytes with stretches of zeros and of one line that repeats. */
    private static byte[] content(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length; ) {
            byte[] part = new byte[Math.min(length - at, 1 + random.nextInt(4 * MIB))];
            switch (random.nextInt(4)) {
                case 0 -> Arrays.fill(part, (byte) 0);
                case 1 -> {
                    for (int i = 0; i < part.length; i++) {
                        part[i] = (byte) ("the same line\n".charAt(i % 14));
                    }
                }
                default -> random.nextBytes(part);
            }
            System.arraycopy(part, 0, bytes, at, part.length);
            at += part.length;
        }
        return bytes;
    }

    private SegmentReader reader(Content content, long from, long to, @Nullable Helpers helpers, boolean inOrder) {
        return new SegmentReader(content, from, to, own, helpers, inOrder);
    }

    private static void assertAllGivenBack(Helpers helpers, int threads) {
        for (int i = 0; i < 2 * threads; i++) {
            assertThat(helpers.tryTake()).isNotNull();
        }
        assertThat(helpers.tryTake()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "1, false", "1, true", "5, false", "5, true"})
    void chunksAreThoseOfOneThread(int threads, boolean inOrder) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 6; round++) {
            Content content = new Content(content(random, random.nextInt(24 * MIB)));
            int from = random.nextInt(content.bytes.length + 1);
            try (@Nullable Helpers helpers = threads == 0 ? null : new Helpers(threads)) {
                long end;
                try (SegmentReader reader = reader(content, from, content.bytes.length, helpers, inOrder)) {
                    end = reader.read();
                }
                assertThat(end).as("seed %d", seed).isEqualTo(content.bytes.length);
                assertThat(content.chunks).as("seed %d", seed).isEqualTo(content.expected(from, content.bytes.length));
                if (inOrder) {
                    assertThat(content.readers).containsOnly(Thread.currentThread());
                }
                if (helpers != null) {
                    assertAllGivenBack(helpers, threads);
                }
            }
        }
    }

    @Test
    void anEmptySegmentHasNoChunks() throws IOException {
        Content content = new Content(new byte[MIB]);
        try (SegmentReader reader = reader(content, 5, 5, null, false)) {
            assertThat(reader.read()).isEqualTo(5);
        }
        assertThat(content.chunks).isEmpty();
    }

    @Test
    void aFileThatIsShorterThanItSaidEndsWhereItEnds() throws IOException {
        Content content = new Content(content(new Random(7), 5 * MIB + 1234));
        try (Helpers helpers = new Helpers(3)) {
            try (SegmentReader reader = reader(content, 0, 40L * MIB, helpers, false)) {
                assertThat(reader.read()).isEqualTo(content.bytes.length);
            }
            assertThat(content.chunks).isEqualTo(content.expected(0, content.bytes.length));
            assertAllGivenBack(helpers, 3);
        }
    }

    @Test
    void whatWasReadBeforeAFailureIsHandedOn() throws IOException {
        byte[] bytes = new byte[16 * MIB];
        new Random(8).nextBytes(bytes);
        Content content = new Content(bytes) {
            @Override
            public int read(long position, byte[] array, int offset, int wanted) throws IOException {
                if (position == 6 * MIB) {
                    throw new IOException("bad sector");
                }
                return super.read(position, array, offset, wanted);
            }
        };
        try (Helpers helpers = new Helpers(3)) {
            try (SegmentReader reader = reader(content, 0, bytes.length, helpers, false)) {
                assertThatThrownBy(reader::read).isInstanceOf(IOException.class).hasMessage("bad sector");
            }
            assertThat(content.reading).hasValue(0);
            int whole = content.chunks.size();
            assertThat(content.chunks)
                    .isEqualTo(content.expected(0, bytes.length).subList(0, whole));
            assertThat(content.chunks.getLast()).isBetween(4L * MIB, 6L * MIB);
            assertAllGivenBack(helpers, 3);
        }
    }

    @Test
    void aFailureToUploadEndsIt() throws IOException {
        byte[] bytes = new byte[16 * MIB];
        new Random(9).nextBytes(bytes);
        Content content = new Content(bytes) {
            private final AtomicInteger submitted = new AtomicInteger();

            @Override
            public Upload submit(byte[] array, int offset, SegmentReader.Cut cut) throws IOException {
                if (submitted.incrementAndGet() > 10) {
                    throw new ContentReader.UploadFailedException(new IOException("connection lost"));
                }
                return super.submit(array, offset, cut);
            }
        };
        try (Helpers helpers = new Helpers(2)) {
            try (SegmentReader reader = reader(content, 0, bytes.length, helpers, false)) {
                assertThatThrownBy(reader::read).isInstanceOf(ContentReader.UploadFailedException.class);
            }
            assertThat(content.uploads).hasSizeLessThanOrEqualTo(10);
            assertAllGivenBack(helpers, 2);
        }
    }

    @Test
    void closingWaitsForHelpersThatRead() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        byte[] bytes = new byte[16 * MIB];
        new Random(10).nextBytes(bytes);
        Content content = new Content(bytes) {
            @Override
            public int read(long position, byte[] array, int offset, int wanted) throws IOException {
                if (position == 2 * MIB && !Thread.currentThread().getName().equals("file")) {
                    stuck.countDown();
                    reading.incrementAndGet();
                    awaitUninterruptibly(free);
                    reading.decrementAndGet();
                } else if (position == 2 * MIB) {
                    stuck.countDown();
                }
                return super.read(position, array, offset, wanted);
            }
        };
        AtomicInteger readingAtEnd = new AtomicInteger(-1);
        try (Helpers helpers = new Helpers(2)) {
            Thread file = Thread.ofPlatform().name("file").start(() -> {
                try (SegmentReader reader = reader(content, 0, bytes.length, helpers, false)) {
                    reader.read();
                } catch (IOException e) {
                    assertThat(e).isInstanceOf(ContentReader.UploadFailedException.class);
                }
                readingAtEnd.set(content.reading.get());
            });
            stuck.await();
            file.interrupt();
            free.countDown();
            file.join();
            assertThat(readingAtEnd).hasValue(0);
            assertAllGivenBack(helpers, 2);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
