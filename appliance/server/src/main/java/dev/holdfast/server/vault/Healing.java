package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.Store;
import java.io.IOException;

/** Replaces containers that are damaged on the volumes by whole copies from the vault. */
final class Healing implements VaultJob {
    private static final System.Logger LOG = System.getLogger(Healing.class.getName());

    private final String url;
    private final ControlDb control;
    private final Store store;

    Healing(ServiceState state, Store store) {
        this.url = state.url();
        this.control = state.control();
        this.store = store;
    }

    @Override
    public boolean due(Round round) {
        return true;
    }

    @Override
    public void run(Round round) throws IOException {
        for (int number : store.archiving().damaged()) {
            String name = String.format("container %08x", number);
            try {
                store.archiving().heal(number);
                LOG.log(System.Logger.Level.WARNING, name + " was damaged and is whole again, from " + url);
                control.audit().append("appliance", "heal", name, "from " + url);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, name + " is damaged and could not be replaced", e);
                control.audit().append("appliance", "heal", name, "failed");
            }
        }
    }
}
