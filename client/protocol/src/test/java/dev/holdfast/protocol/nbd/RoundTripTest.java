package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against the server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RoundTripTest {
    private static final NbdClientOptions OPTIONS =
            NbdClientOptions.of("disk").withContexts(Numbers.BASE_ALLOCATION, "qemu:dirty-bitmap:none");

    @TempDir
    Path dir;

    private NbdServer server(NbdExport disk) throws IOException {
        return server(disk, NbdServerSettings.DEFAULT);
    }

    private NbdServer server(NbdExport disk, NbdServerSettings settings) throws IOException {
        return NbdServer.listen(NbdAddress.unix(dir.resolve("s")), NbdExports.single("disk", () -> disk), settings);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] read(NbdClient client, long offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        client.read(offset, target);
        assertThat(target.hasRemaining()).isFalse();
        return target.array();
    }

    @Test
    void everyCommandReachesTheExport() throws IOException {
        List<String> acts = new ArrayList<>();
        MemoryExport disk = new MemoryExport(new byte[1 << 20], false, true, (act, offset, length) -> {
            synchronized (acts) {
                acts.add(act + " " + offset + " " + length);
            }
        });
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            assertThat(client.size()).isEqualTo(1 << 20);
            assertThat(client.contexts()).containsExactly(Numbers.BASE_ALLOCATION);
            assertThat(client.info().sizes()).isEqualTo(NbdBlockSizes.SERVED);
            assertThat(client.info().readOnly()).isFalse();
            assertThat(client.info().multiConn()).isTrue();
            byte[] data = random(10_000);
            client.write(4000, ByteBuffer.wrap(data));
            assertThat(disk.flushes).hasValue(0);
            client.writeThrough(4000, ByteBuffer.wrap(data));
            assertThat(disk.flushes).hasValue(1);
            client.flush();
            assertThat(disk.flushes).hasValue(2);
            assertThat(read(client, 4000, 10_000)).isEqualTo(data);
            assertThat(read(client, 0, 20_000)).isEqualTo(Arrays.copyOf(disk.bytes, 20_000));
            client.zero(5000, 100, true);
            client.zero(5100, 100, false);
            client.trim(9000, 50);
            client.cache(0, 70);
            assertThat(read(client, 4999, 202)).isEqualTo(Arrays.copyOfRange(disk.bytes, 4999, 5201));
            assertThat(acts).contains("zero 5000 100", "zero without hole 5100 100", "trim 9000 50", "cache 0 70");
            assertThat(client.blockStatus(Numbers.BASE_ALLOCATION, 100, 1 << 18))
                    .containsExactly(NbdExtent.data(100, 16_284), NbdExtent.hole(16_384, (1 << 18) - 16_284));
        }
        assertThat(disk.closed).hasValue(1);
    }

    @Test
    void requestsThatAreLongerThanTheProtocolAllowsAreSplit() throws IOException {
        MemoryExport disk = MemoryExport.writable(70 << 20);
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            byte[] data = random(66 << 20);
            client.write(3, ByteBuffer.wrap(data));
            assertThat(Arrays.mismatch(disk.bytes, 3, 3 + data.length, data, 0, data.length))
                    .isEqualTo(-1);
            ByteBuffer direct = ByteBuffer.allocateDirect(data.length);
            client.read(3, direct);
            assertThat(direct.flip().mismatch(ByteBuffer.wrap(data))).isEqualTo(-1);
        }
    }

    /** Memory for one piece each way: everything must still be possible. */
    @Test
    void serverWithLeastMemoryDoesEverything() throws IOException {
        MemoryExport disk = MemoryExport.writable(40 << 20);
        NbdServerSettings least = NbdServerSettings.DEFAULT.withRequests(1, 2 << 20);
        try (NbdServer server = server(disk, least);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            byte[] data = random(33 << 20);
            client.write(1, ByteBuffer.wrap(data));
            assertThat(Arrays.equals(read(client, 1, data.length), data)).isTrue();
        }
    }

    @Test
    void extentsOfAWholeExportAreMerged() throws IOException {
        long size = 9L << 40;
        NbdExport huge = new NbdExport() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public boolean readOnly() {
                return true;
            }

            @Override
            public boolean multiConn() {
                return true;
            }

            @Override
            public void read(long offset, ByteBuffer target) throws IOException {
                throw new IOException("nobody reads");
            }

            /** One hole up to the last block, which is data. */
            @Override
            public List<NbdExtent> status(long offset, long length) {
                long last = size - 4096;
                return offset < last
                        ? List.of(NbdExtent.hole(offset, last - offset))
                        : List.of(NbdExtent.data(offset, size - offset));
            }

            @Override
            public void close() {}
        };
        try (NbdServer server = server(huge);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            List<NbdExtent> extents = new ArrayList<>();
            client.extents(Numbers.BASE_ALLOCATION, 512, size - 512, extents::add);
            assertThat(extents)
                    .containsExactly(NbdExtent.hole(512, size - 4096 - 512), NbdExtent.data(size - 4096, 4096));
        }
    }

    @Test
    void repliesComeOutOfOrder() throws Exception {
        CountDownLatch later = new CountDownLatch(1);
        MemoryExport disk = new MemoryExport(random(1 << 20), true, false, (act, offset, length) -> {
            if (offset == 0) {
                await(later);
            }
        });
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            ByteBuffer first = ByteBuffer.allocate(100);
            NbdClient.Started slow = client.startRead(0, first);
            // Answered while the first waits.
            assertThat(read(client, 100, 100)).isEqualTo(Arrays.copyOfRange(disk.bytes, 100, 200));
            later.countDown();
            slow.await();
            assertThat(first.array()).isEqualTo(Arrays.copyOf(disk.bytes, 100));
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    /** Threads that each write, zero and read a part of their own; afterwards the export is what they believe. */
    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void manyThreadsSeeWhatTheyWrote(int inFlight) throws Exception {
        int part = 1 << 20;
        int threads = 6;
        MemoryExport disk = new MemoryExport(new byte[threads * part], false, true, (act, offset, length) -> {});
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS.withRequests(inFlight));
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> models = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                long seed = i;
                models.add(executor.submit(() -> randomRequests(client, seed * part, part, new Random(seed))));
            }
            for (int i = 0; i < threads; i++) {
                byte[] model = models.get(i).get();
                assertThat(Arrays.mismatch(model, 0, part, disk.bytes, i * part, (i + 1) * part))
                        .isEqualTo(-1);
            }
        }
    }

    private static byte[] randomRequests(NbdClient client, long start, int length, Random random) throws IOException {
        byte[] model = new byte[length];
        for (int i = 0; i < 200; i++) {
            int from = random.nextInt(length);
            int count = random.nextInt(Math.min(length - from, 1 << random.nextInt(20))) + 1;
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] data = new byte[count];
                    random.nextBytes(data);
                    client.write(start + from, ByteBuffer.wrap(data));
                    System.arraycopy(data, 0, model, from, count);
                }
                case 1 -> {
                    client.zero(start + from, count, random.nextBoolean());
                    Arrays.fill(model, from, from + count, (byte) 0);
                }
                default ->
                    assertThat(read(client, start + from, count))
                            .isEqualTo(Arrays.copyOfRange(model, from, from + count));
            }
        }
        return model;
    }

    @Test
    void exportIsClosedOnlyWhenItsRequestsHaveEnded() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        MemoryExport disk = new MemoryExport(new byte[1 << 20], false, false, (act, offset, length) -> {
            begun.countDown();
            await(release);
        });
        NbdServer server = server(disk);
        NbdClient client = NbdClient.connect(server.address(), OPTIONS);
        NbdClient.Started read = client.startRead(0, ByteBuffer.allocate(10));
        begun.await();
        client.close();
        assertThatThrownBy(read::await).hasMessageContaining("this client was closed");
        assertThat(disk.closed).hasValue(0);
        assertThat(server.connections()).isEqualTo(1);
        release.countDown();
        server.close();
        assertThat(disk.closed).hasValue(1);
        assertThat(disk.active).hasValue(0);
        assertThat(Files.exists(dir.resolve("s"))).isFalse();
    }

    /** Clients that vanish in the middle of what they send, at every byte of it. */
    @Test
    void clientsThatVanishLeaveNothingBehind() throws Exception {
        MemoryExport disk = MemoryExport.writable(1 << 20);
        byte[] session = RawPeer.bytes(to -> {
            to.writeInt(3);
            to.write(RawPeer.optionBytes(Numbers.OPT_STRUCTURED_REPLY, new byte[0]));
            to.write(RawPeer.optionBytes(Numbers.OPT_GO, RawPeer.goData("disk")));
            to.write(RawPeer.requestBytes(0, Numbers.CMD_READ, 1, 0, 1000));
            to.write(RawPeer.requestBytes(0, Numbers.CMD_WRITE, 2, 0, 100));
            to.write(new byte[100]);
        });
        try (NbdServer server = server(disk, NbdServerSettings.DEFAULT.withConnections(1000))) {
            for (int end = 0; end <= session.length; end++) {
                try (RawPeer peer = new RawPeer(server.address())) {
                    assertThat(peer.in.readNBytes(18)).startsWith("NBDMAGIC".getBytes());
                    peer.out.write(session, 0, end);
                    if (end % 2 == 0) {
                        // It says no more, but reads the answers.
                        peer.channel.shutdownOutput();
                        assertThat(peer.in.readAllBytes().length).isLessThan(2000);
                    }
                }
            }
        }
        assertThat(disk.active).hasValue(0);
        assertThat(disk.closed.get()).isPositive();
    }

    @Test
    void closingServerAnswersWhatItHasBegun() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        MemoryExport disk = new MemoryExport(random(1000), true, false, (act, offset, length) -> {
            begun.countDown();
            await(release);
        });
        NbdServer server = server(disk);
        try (NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            ByteBuffer target = ByteBuffer.allocate(1000);
            NbdClient.Started read = client.startRead(0, target);
            begun.await();
            Thread closing = Thread.ofVirtual().start(() -> {
                try {
                    server.close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            release.countDown();
            read.await();
            assertThat(target.array()).isEqualTo(disk.bytes);
            closing.join();
            assertThatThrownBy(() -> client.read(0, ByteBuffer.allocate(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("export 'disk': reading 1 bytes at offset 0 failed");
        }
        assertThatThrownBy(() -> NbdClient.connect(server.address(), OPTIONS))
                .hasMessageContaining("cannot connect")
                .hasMessageContaining("check that the server runs");
    }

    /** One client reads nothing of what it asked for; the others are served, and it is ended in time. */
    @Test
    void slowReaderDelaysNobodyAndIsEnded() throws Exception {
        MemoryExport disk = new MemoryExport(random(8 << 20), true, false, (act, offset, length) -> {});
        NbdServerSettings settings = NbdServerSettings.DEFAULT.withTimes(Duration.ofSeconds(30), Duration.ofSeconds(1));
        try (NbdServer server = server(disk, settings);
                RawPeer slow = new RawPeer(server.address()).go("disk", true)) {
            for (int i = 0; i < 20; i++) {
                slow.request(0, Numbers.CMD_READ, i, 0, 8 << 20);
            }
            try (NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
                for (int i = 0; i < 10; i++) {
                    assertThat(Arrays.equals(read(client, 0, 8 << 20), disk.bytes))
                            .isTrue();
                }
            }
            long got = 0;
            byte[] buffer = new byte[1 << 16];
            while (server.connections() > 0) {
                Thread.yield();
            }
            try {
                for (int n = slow.in.read(buffer); n > 0; n = slow.in.read(buffer)) {
                    got += n;
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset");
            }
            // What was on its way.
            assertThat(got).isLessThan(20L * (8 << 20));
        }
    }

    @Test
    void stalledWriteIsEnded() throws Exception {
        MemoryExport disk = MemoryExport.writable(1 << 20);
        NbdServerSettings settings =
                NbdServerSettings.DEFAULT.withTimes(Duration.ofSeconds(30), Duration.ofMillis(300));
        try (NbdServer server = server(disk, settings);
                RawPeer peer = new RawPeer(server.address()).go("disk", true)) {
            peer.request(0, Numbers.CMD_WRITE, 1, 0, 500_000).out.write(new byte[300_000]);
            peer.mustEnd();
        }
        assertThat(disk.closed).hasValue(1);
    }

    @Test
    void errorsSayWhereAndWhatAndTheConnectionGoesOn() throws Exception {
        MemoryExport disk = new MemoryExport(new byte[1000], true, false, (act, offset, length) -> {
            if (offset == 7) {
                throw new NbdException(NbdError.IO, "chunk 5 is damaged");
            }
        });
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS)) {
            assertThatThrownBy(() -> client.read(7, ByteBuffer.allocate(3)))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.error()).isEqualTo(NbdError.IO))
                    .hasMessage("NBD server at " + server.address()
                            + ", export 'disk': reading 3 bytes at offset 7 failed at the server with EIO:"
                            + " chunk 5 is damaged");
            assertThatThrownBy(() -> client.write(0, ByteBuffer.allocate(3)))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.error()).isEqualTo(NbdError.PERMISSION));
            assertThatThrownBy(() -> client.zero(0, 1, true)).hasMessageContaining("cannot write zeros");
            assertThatThrownBy(() -> client.blockStatus("qemu:dirty-bitmap:none", 0, 1))
                    .hasMessageContaining("has no metadata context 'qemu:dirty-bitmap:none'");
            assertThatThrownBy(() -> client.read(999, ByteBuffer.allocate(2)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(read(client, 0, 1000)).isEqualTo(new byte[1000]);
            assertThatThrownBy(() -> NbdClient.connect(server.address(), NbdClientOptions.of("other")))
                    .hasMessageContaining("it has no export 'other'");
            assertThat(NbdClient.list(server.address(), OPTIONS)).containsExactly(new NbdExports.Listed("disk", ""));
        }
    }

    @Test
    void interruptedThreadGetsItsBufferBack() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        MemoryExport disk = new MemoryExport(new byte[1000], true, false, (act, offset, length) -> {
            begun.countDown();
            await(release);
        });
        try (NbdServer server = server(disk);
                NbdClient client = NbdClient.connect(server.address(), OPTIONS);
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            Future<?> reading = executor.submit(() -> {
                assertThatThrownBy(() -> client.read(0, ByteBuffer.allocate(10)))
                        .isInstanceOf(InterruptedIOException.class)
                        .hasMessageContaining("interrupted");
                assertThat(Thread.interrupted()).isTrue();
                return null;
            });
            begun.await();
            executor.shutdownNow();
            try {
                reading.get();
            } finally {
                release.countDown();
            }
        }
    }
}
