package dev.holdfast.server.vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * The task of an upload; an upload that only renews a vault's control data has none. Safe for use by several threads.
 */
final class UploadTask {
    private static final System.Logger LOG = System.getLogger(UploadTask.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long TELL_NANOS = 500_000_000L;

    private final TaskTable tasks;
    /** 0 for none. */
    private final long id;

    private final long began = System.currentTimeMillis();
    private long told;

    private UploadTask(TaskTable tasks, long id) {
        this.tasks = tasks;
        this.id = id;
    }

    static UploadTask begin(ControlDb control, String url, int snapshots, boolean asked) throws IOException {
        TaskTable tasks = control.tasks();
        long id = snapshots == 0 && !asked
                ? 0
                : tasks.begin(
                        new TaskSpec.Upload(),
                        snapshots + " snapshots to " + url,
                        asked ? "administrator" : "appliance");
        return new UploadTask(tasks, id);
    }

    /** @throws CancellationException where somebody wants it to end */
    synchronized void step(long done, long total) {
        long now = System.nanoTime();
        if (id == 0 || now - told < TELL_NANOS && done < total) {
            return;
        }
        told = now;
        try {
            tasks.step(id, "containers", done, total, began);
            if (tasks.cancelled(id)) {
                throw new CancellationException("told to end");
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "progress of task " + id + " could not be noted", e);
        }
    }

    void log(Phrase line) {
        try {
            if (id != 0) {
                tasks.log(id, line);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "task " + id + " could not be logged", e);
        }
    }

    void done(VaultWriter.Summary done) throws IOException {
        int left = done.left().size();
        if (id != 0) {
            tasks.finish(
                    id,
                    TaskState.DONE,
                    JSON.writeValueAsString(Map.of(
                            "containers",
                            done.containers(),
                            "bytes",
                            done.bytes(),
                            "snapshots",
                            done.snapshots(),
                            "left",
                            left)),
                    left == 0 ? null : Phrase.of("task.not-uploaded").with("count", left));
        }
    }

    void end(TaskState state, Phrase reason) throws IOException {
        if (id != 0) {
            tasks.finish(id, state, "{}", reason);
        }
    }
}
