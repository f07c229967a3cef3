package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has the target's file system store what was restored while the restore goes on, so that little is left to wait for at its end. The
 * kernel tells an error once for each open directory, so what fails here is kept for {@link #requireStored} and {@link #end}. Safe for use by several
 * threads.
 */
final class EarlySync implements AutoCloseable {
    private static final int LOOK_MILLISECONDS = 100;
    static final long STEP_BYTES = 64 << 20;

    private final DirectoryNode target;
    private final RestoreStats stats;
    private final long stepBytes;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("early-sync").unstarted(this::run);
    private long syncedBytes;
    private volatile @Nullable IOException failure;

    /** @param stepBytes how much is restored between two syncs */
    EarlySync(DirectoryNode target, RestoreStats stats, long stepBytes) {
        this.target = target;
        this.stats = stats;
        this.stepBytes = stepBytes;
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!over.await(LOOK_MILLISECONDS, TimeUnit.MILLISECONDS)) {
                sync();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sync() {
        long written = stats.bytes.sum();
        if (written - syncedBytes < stepBytes || failure != null) {
            return;
        }
        syncedBytes = written;
        try {
            target.use(EarlySync::sync);
        } catch (IOException e) {
            failure = e;
        }
    }

    private static boolean sync(Directory directory) throws IOException {
        directory.sync();
        return true;
    }

    /** Waits until none runs any more, and starts none. Throws what one failed with. */
    void end() throws IOException {
        over.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
        requireStored();
    }

    /** Throws what a sync failed with. */
    void requireStored() throws IOException {
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /** Starts no further sync. One that runs ends by itself: a broken disk must not keep the restore from saying so. */
    @Override
    public void close() {
        over.countDown();
    }
}
