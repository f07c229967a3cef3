package dev.holdfast.control.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.vault.object.Movement;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The status of a vault's service, as rows of the control database for the command line and the console; only changes are
 * written. Safe for use by several threads.
 */
public final class VaultStatus {
    private static final System.Logger LOG = System.getLogger(VaultStatus.class.getName());

    private static final long QUIET_SECONDS = 5;
    private static final String HANDLED = "handled";

    private final ControlDb control;
    private final String vault;
    private final Map<String, String> written = new HashMap<>();
    private boolean busy;
    private @Nullable Phrase progress;

    public VaultStatus(ControlDb control, String vault) {
        this.control = control;
        this.vault = vault;
    }

    /** The vault is not used, for a reason. */
    public void refuse(Phrase reason) {
        finish("refused");
        error(reason);
        // Nothing counts what comes from now on, so the figures of earlier runs would be wrong.
        set("url", "");
        // A command that waits for an upload ends now, with the reason.
        set(HANDLED, Long.MAX_VALUE);
    }

    /** Whether a vault is not used since it was {@link #refuse refused}. */
    static boolean refused(ControlDb control, String vault) throws IOException {
        return Long.toString(Long.MAX_VALUE).equals(control.status().all().get(vault + "." + HANDLED));
    }

    public void set(String name, String value) {
        set(Map.of(name, value));
    }

    private synchronized void set(Map<String, String> values) {
        Map<String, String> changed = new HashMap<>();
        values.forEach((name, value) -> {
            if (!value.equals(written.put(name, value))) {
                changed.put(vault + "." + name, value);
            }
        });
        if (changed.isEmpty()) {
            return;
        }
        try {
            control.status().put(changed);
        } catch (IOException e) {
            values.keySet().forEach(written::remove);
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }

    /** Work begins; its progress is reported by {@link #tick} too. */
    public synchronized void begin(String state) {
        busy = true;
        progress = null;
        say("progress", null);
        set("state", state);
    }

    /** Reports progress. */
    public synchronized void progress(Phrase how) {
        progress = how;
        say("progress", how);
    }

    /** What went wrong last; null once it is over. */
    public void error(@Nullable Phrase why) {
        say("error", why);
    }

    /** Both at once: readers never see a text with the phrase of another. */
    private void say(String name, @Nullable Phrase text) {
        set(Map.of(
                name, text == null ? "" : text.english(), name + "Phrase", text == null ? "" : PhraseJson.write(text)));
    }

    /** Work has ended. */
    public synchronized void finish(String state) {
        busy = false;
        say("progress", null);
        set("state", state);
    }

    /** Called by a clock, since the work in progress may be blocked. Does nothing where there is none. */
    public synchronized void tick(Movement movement, boolean halted) {
        long quiet = movement.quietSeconds();
        if (!busy) {
            return;
        }
        if (!halted && quiet < QUIET_SECONDS) {
            say("progress", progress);
            return;
        }
        Phrase held =
                halted ? Phrase.of("vault.held-back") : Phrase.of("vault.quiet").with("seconds", quiet);
        say(
                "progress",
                progress == null
                        ? held
                        : Phrase.of("vault.progress-held")
                                .with("progress", progress)
                                .with("held", held));
        // A forecast from when it moved.
        set("doneBy", 0);
    }

    public void set(String name, long value) {
        set(name, Long.toString(value));
    }
}
