package dev.holdfast.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.fault.ForwardingDisk;
import dev.holdfast.store.snapshot.ManifestFiles;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scrub and a vault's service may heal the same container or manifest at the same time. */
class HealingTest {
    @TempDir
    private Path dir;

    private final List<byte[]> files = List.of(StoreFixture.random(1, 900_000), StoreFixture.random(2, 900_000));
    /** What to do before the next rename of a healed copy. */
    private final AtomicReference<Runnable> beforeRename = new AtomicReference<>(() -> {});
    /** Whether the archive stops to answer until it breaks off. */
    private volatile boolean breaking;

    private final CountDownLatch broken = new CountDownLatch(1);
    private StoreFixture fixture;
    private Store store;
    private StoredSnapshot snapshot;

    private final class BreakingFile extends ForwardingDisk.ForwardingFile {
        BreakingFile(Disk.DiskFile file) {
            super(file);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            try {
                broken.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            throw new IOException("the network broke off");
        }
    }

    @BeforeEach
    void open() throws IOException {
        fixture = new StoreFixture(dir.resolve("store"));
        ForwardingDisk disk = new ForwardingDisk() {
            @Override
            public void rename(Path from, Path to) throws IOException {
                if (from.toString().endsWith(".healed")) {
                    beforeRename.getAndSet(() -> {}).run();
                }
                super.rename(from, to);
            }
        };
        DirectoryArchive archive = new DirectoryArchive(dir.resolve("archive")) {
            @Override
            public Disk.DiskFile open(int number) throws IOException {
                Disk.DiskFile file = super.open(number);
                return breaking ? new BreakingFile(file) : file;
            }
        };
        store = fixture.open(disk, archive);
        snapshot = StoreFixture.backup(store, 1, files);
        store.archiving().sealOpen();
        archive.store(store.archiving());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    /** Starts a thread and returns when it waits for something, or has ended. */
    private static void startAndLetWait(Runnable action) {
        Thread thread = Thread.ofPlatform().start(action);
        while (thread.getState() == Thread.State.NEW || thread.getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aHealingThatBreaksOffDoesNotDamageWhatAnotherHealed() throws Exception {
        Archiving.Local damaged = store.archiving().local().getFirst();
        damage(damaged.file());
        FutureTask<Void> second = new FutureTask<>(() -> {
            store.archiving().heal(damaged.number());
            return null;
        });
        beforeRename.set(() -> {
            breaking = true;
            startAndLetWait(second);
        });
        store.archiving().heal(damaged.number());
        broken.countDown();
        assertThatThrownBy(second::get).hasRootCauseMessage("the network broke off");
        assertThat(store.scrub().isWhole(damaged.number())).isTrue();
        StoreReads.assertReadable(store, 1, files);
        assertThat(fixture.files(".healed")).isEmpty();
    }

    @Test
    void aCopyOfAManifestThatIsBadDoesNotTakeTheDraftOfAGoodOne() throws Exception {
        Path file = fixture.files(".hfs").getFirst();
        byte[] whole = Files.readAllBytes(file);
        damage(file);
        byte[] bad = Files.readAllBytes(file);
        ManifestFiles.Name name = new ManifestFiles.Name(1, snapshot.id(), file);
        FutureTask<Void> second = new FutureTask<>(() -> {
            store.manifests().heal(name, bad);
            return null;
        });
        beforeRename.set(() -> startAndLetWait(second));
        store.manifests().heal(name, whole);
        assertThatThrownBy(second::get).hasCauseInstanceOf(IOException.class);
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        assertThat(fixture.files(".healed")).isEmpty();
    }
}
