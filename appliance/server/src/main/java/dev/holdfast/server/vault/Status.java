package dev.holdfast.server.vault;

import dev.holdfast.server.control.ControlDb;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** What a vault's service tells the command line, through the control database; only what changed is written. */
final class Status {
    private static final System.Logger LOG = System.getLogger(Status.class.getName());

    private final ControlDb control;
    private final String vault;
    private final Map<String, String> told = new HashMap<>();

    Status(ControlDb control, String vault) {
        this.control = control;
        this.vault = vault;
    }

    synchronized void tell(String name, String value) {
        if (value.equals(told.put(name, value))) {
            return;
        }
        try {
            control.setStatus(Map.of(vault + "." + name, value));
        } catch (IOException e) {
            told.remove(name);
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }

    void tell(String name, long value) {
        tell(name, Long.toString(value));
    }
}
