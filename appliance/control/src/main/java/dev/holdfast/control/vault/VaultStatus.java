package dev.holdfast.control.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.vault.object.Movement;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** What a vault's service tells the command line, through the control database; only what changed is written. */
public final class VaultStatus {
    private static final System.Logger LOG = System.getLogger(VaultStatus.class.getName());

    private static final long WORTH_TELLING_SECONDS = 5;

    private final ControlDb control;
    private final String vault;
    private final Map<String, String> told = new HashMap<>();
    private boolean busy;
    private String progress = "";

    public VaultStatus(ControlDb control, String vault) {
        this.control = control;
        this.vault = vault;
    }

    public synchronized void tell(String name, String value) {
        if (value.equals(told.put(name, value))) {
            return;
        }
        try {
            control.status().put(Map.of(vault + "." + name, value));
        } catch (IOException e) {
            told.remove(name);
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }

    /** Something begins whose progress is told by {@link #tick} too. */
    public synchronized void begin(String state) {
        busy = true;
        progress = "";
        tell("progress", "");
        tell("state", state);
    }

    /** How far it is. */
    public synchronized void progress(String how) {
        progress = how;
        tell("progress", how);
    }

    /** It has ended. */
    public synchronized void settle(String state) {
        busy = false;
        tell("progress", "");
        tell("state", state);
    }

    /** Told by a clock, since whoever is at work may be blocked. Nothing where nobody is. */
    public synchronized void tick(Movement movement, boolean halted) {
        long quiet = movement.quietSeconds();
        if (!busy) {
            return;
        }
        String suffix = halted
                ? "held back by the bandwidth schedule"
                : quiet >= WORTH_TELLING_SECONDS ? "nothing moved for " + quiet + " s" : "";
        tell("progress", progress + (progress.isEmpty() || suffix.isEmpty() ? "" : ", ") + suffix);
        if (!suffix.isEmpty()) {
            // A forecast from when it moved.
            tell("doneBy", 0);
        }
    }

    public void tell(String name, long value) {
        tell(name, Long.toString(value));
    }
}
