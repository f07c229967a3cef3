package dev.holdfast.agent.remote;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The turn of one thread of one process at the identity in a state directory: {@code holder.lock}. The file keeps processes
 * apart, and locks in memory the threads of one.
 */
final class StateLock implements AutoCloseable {
    private static final Map<Path, ReentrantLock> TURNS = new ConcurrentHashMap<>();

    private final ReentrantLock turn;
    private final @Nullable FileChannel file;

    private StateLock(ReentrantLock turn, @Nullable FileChannel file) {
        this.turn = turn;
        this.file = file;
    }

    /** Waits for the turn. */
    static StateLock take(Path state) throws IOException {
        Path real = state.toRealPath();
        ReentrantLock turn = TURNS.computeIfAbsent(real, path -> new ReentrantLock());
        turn.lock();
        try {
            return new StateLock(turn, lock(real));
        } catch (IOException | RuntimeException | Error e) {
            turn.unlock();
            throw e;
        }
    }

    /** Null where the directory cannot be written or its file system has no locks: better no lock than no backup. */
    private static @Nullable FileChannel lock(Path state) throws IOException {
        FileChannel channel = null;
        try {
            channel =
                    FileChannel.open(state.resolve("holder.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.lock();
            return channel;
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            return null;
        }
    }

    /** Whether the state directory can be written. */
    boolean writable() {
        return file != null;
    }

    @Override
    public void close() throws IOException {
        try {
            if (file != null) {
                file.close();
            }
        } finally {
            turn.unlock();
        }
    }
}
