package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Uploads by the vault's policy and on request, where there is something to upload or to say. */
final class UploadJob implements VaultJob {
    private static final System.Logger LOG = System.getLogger(UploadJob.class.getName());
    private static final long CANCELLED_MILLIS = 3_600_000;
    /** Holds, locks and policies as they went to the vault last. */
    private static final String DECIDED = "decided";

    private final ServiceState state;
    private final Store store;
    private final VaultWriter writer;
    private final VaultWriter.KeyringSource keyring;
    private final Backlog backlog;
    private final DeadlinesJob deadlines;
    /** In a row. */
    private int failures;

    UploadJob(
            ServiceState state,
            Store store,
            VaultWriter writer,
            VaultWriter.KeyringSource keyring,
            Backlog backlog,
            DeadlinesJob deadlines) {
        this.state = state;
        this.store = store;
        this.writer = writer;
        this.keyring = keyring;
        this.backlog = backlog;
        this.deadlines = deadlines;
    }

    @Override
    public boolean due(Round round) throws IOException {
        if (state.readOnly()) {
            return false;
        }
        return round.asked()
                || (state.policy().when() == VaultPolicy.When.IMMEDIATELY
                        && state.open()
                        && state.mayTry()
                        && (!round.behind().isEmpty() || !isPublished(decided()) || mayExpire(round.selection())));
    }

    /** Where the vault cannot be asked, an upload reports why. */
    private boolean mayExpire(Selection selection) {
        try {
            return !writer.expired(selection).isEmpty();
        } catch (IOException e) {
            return true;
        }
    }

    /** What a recovery must not miss: a key that was replaced opens the vault until a root says so. */
    private String decided() throws IOException {
        Keyring wrapped = keyring.keyring().only(Credential.Kind.RECOVERY_KEY);
        return state.control().decisions() + " "
                + HashAlgorithm.SHA_256.digest(wrapped.toString().getBytes(StandardCharsets.UTF_8));
    }

    private boolean isPublished(String decided) throws IOException {
        return state.vault().journal().state(DECIDED).orElse("").equals(decided);
    }

    @Override
    public void run(Round round) throws IOException {
        List<StoredSnapshot> behind = round.behind();
        UploadTask task = UploadTask.begin(state.control(), state.url(), behind.size(), round.asked());
        state.vault().objects().movement().begin();
        state.status().begin("uploading");
        try {
            upload(round, behind, task);
        } catch (CancellationException e) {
            task.end(TaskState.CANCELLED, Phrase.of("task.upload-cancelled"));
            state.retryIn(CANCELLED_MILLIS);
            state.status().finish("cancelled for an hour");
        } catch (VaultRefusedException e) {
            task.end(TaskState.FAILED, Phrase.why(e));
            state.refuse(e);
            state.control().audit().append("appliance", "vault upload", state.url(), "refused: " + e.reason());
            backlog.report(behind, true);
        } catch (IOException | RuntimeException e) {
            failed(task, e);
        }
        state.status().set("objectBytes", state.vault().journal().objectBytes());
        state.status().set("classes", VaultService.classes(state.vault().journal()));
        if (!state.refused() && !state.waiting() && !state.closing()) {
            deadlines.set();
        }
        round.handled();
        round.end();
    }

    private void upload(Round round, List<StoredSnapshot> behind, UploadTask task) throws IOException {
        VaultStatus status = state.status();
        if (round.asked()) {
            writer.verifyNext();
        }
        if (!behind.isEmpty()) {
            store.archiving().sealOpen();
            backlog.report(behind, state.refused());
        }
        backlog.begin();
        String decided = decided();
        VaultWriter.Summary done = writer.run(round.selection(), !isPublished(decided), new Report(task));
        state.vault().journal().setState(DECIDED, decided);
        state.notRefused();
        List<StoredSnapshot> left = done.left();
        if (left.isEmpty() || left.size() < behind.size()) {
            state.retryAtOnce();
            status.error(null);
        } else {
            // What cannot be uploaded now is not tried every second.
            state.retryIn(ServiceState.RETRY_MILLIS);
            status.error(Phrase.of("vault.snapshots-left").with("count", left.size()));
        }
        status.set("lastSuccess", System.currentTimeMillis());
        if (done.snapshots() > 0) {
            state.control().audit().append("appliance", "vault upload", state.url(), done.snapshots() + " snapshots");
        }
        task.done(done);
        failures = 0;
        state.control()
                .events()
                .close(EventKinds.UPLOAD_FAILED, null, about(state).english() + " ");
        status.finish("idle");
        backlog.report(left, false);
    }

    /** Events begin with it: an upload that succeeds closes them. */
    static Phrase about(ServiceState state) {
        return Phrase.of("event.upload").with("vault", state.url());
    }

    private void failed(UploadTask task, Exception why) throws IOException {
        ControlDb control = state.control();
        task.end(state.closing() ? TaskState.BROKEN : TaskState.FAILED, Phrase.why(why));
        if (state.closing()) {
            return;
        }
        if (failures++ == 0) {
            control.events()
                    .raise(
                            Events.Severity.WARNING,
                            EventKinds.UPLOAD_FAILED,
                            null,
                            Phrase.of("event.upload-failed")
                                    .with("upload", about(state))
                                    .with("reason", why));
        }
        LOG.log(System.Logger.Level.WARNING, "upload to " + state.url() + " failed; trying again", why);
        state.failed(why);
    }

    private final class Report implements VaultWriter.Progress {
        private final UploadTask task;

        Report(UploadTask task) {
            this.task = task;
        }

        @Override
        public void containers(long done, long total, long bytes) {
            state.status()
                    .progress(Phrase.of("vault.progress-containers")
                            .with("done", done)
                            .with("total", total));
            backlog.moved(bytes);
            task.step(done, total);
        }

        @Override
        public void published(long sequence, int containers, int snapshots) {
            state.status().set("root", sequence);
        }

        @Override
        public void warning(Phrase what) {
            task.log(what);
            LOG.log(System.Logger.Level.WARNING, what.english());
        }

        @Override
        public void damage(Phrase what) {
            task.log(what);
            try {
                state.damage(what);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "damage of " + state.url() + " could not be told", e);
            }
        }
    }
}
