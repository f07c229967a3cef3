package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Tells the failure of one file from that of the whole target, by writing a little at its top: a file may lie on another file
 * system, on a bad block, or be too large. Safe for use by several threads.
 */
final class TargetHealth {
    private static final int PROBE_BYTES = 1 << 20;
    private static final Phrase REMOVED = Phrase.of("client.target-removed");

    private final DirectoryNode top;
    private final WorkFiles work;
    private @Nullable TargetFailedException failed;
    /** The first time that something did not fit, while other things still did. */
    private @Nullable OsException tight;

    TargetHealth(DirectoryNode top, WorkFiles work) {
        this.top = top;
        this.work = work;
    }

    /** Throws where the error means that the target has failed. */
    synchronized void check(IOException error) throws TargetFailedException {
        if (failed == null && error instanceof OsException os && (os.hopeless() || os.vanished())) {
            IOException found = probe(os);
            failed = found == null ? null : new TargetFailedException(reason(found), found);
        }
        if (failed != null) {
            throw failed;
        }
        if (tight == null && error instanceof OsException os && os.full()) {
            tight = os;
        }
    }

    /** Throws, once all else is done, where the target had too little room for some of it. */
    synchronized void requireRoom() throws TargetFailedException {
        if (tight != null) {
            throw new TargetFailedException(Phrase.of("client.target-tight").with("reason", tight), tight);
        }
    }

    /**
     * Throws where the target is broken or gone by now: a file system that became read-only may not have what it took before. One that
     * has just become full has everything.
     */
    synchronized void requireWritable() throws TargetFailedException {
        try {
            write(0);
        } catch (OsException e) {
            if (e.vanished() || e.hopeless() && !e.full()) {
                failed = new TargetFailedException(reason(e.vanished() ? new PhrasedException(REMOVED, e) : e), e);
                throw failed;
            }
        } catch (IOException e) {
            throw new TargetFailedException(reason(e), e);
        }
    }

    private static Phrase reason(IOException error) {
        return error instanceof OsException os && os.full()
                ? Phrase.of("client.target-full").with("reason", error)
                : Phrase.of("client.target-broken").with("reason", error);
    }

    private @Nullable IOException probe(OsException error) {
        try {
            write(PROBE_BYTES);
            return null;
        } catch (OsException e) {
            if (e.vanished()) {
                return new PhrasedException(REMOVED, e);
            }
            // Where nothing may be made at the top, what is full is taken at its word.
            return e.hopeless() ? e : error.full() ? error : null;
        } catch (IOException e) {
            return e;
        }
    }

    private void write(int bytes) throws IOException {
        byte[] name = work.probe();
        top.use(directory -> {
            try (Directory.FileHandle file = directory.createFile(name)) {
                file.write(0, new byte[bytes], 0, bytes);
            } finally {
                if (ExistingFiles.statOrNull(directory, name) != null) {
                    directory.remove(name, false);
                }
            }
            return true;
        });
    }
}
