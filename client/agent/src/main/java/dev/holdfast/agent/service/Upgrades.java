package dev.holdfast.agent.service;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.upgrade.UpgradeFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What upgrades of this client need.
 *
 * @param stopping whether the service ends
 */
record Upgrades(
        Path state, Installation installation, boolean allowDowngrade, UpgradeFiles files, BooleanSupplier stopping) {
    private static final System.Logger LOG = System.getLogger(Upgrades.class.getName());

    Upgrades(Path state, Installation installation, boolean allowDowngrade, BooleanSupplier stopping) {
        this(state, installation, allowDowngrade, new UpgradeFiles(state), stopping);
    }

    boolean closing() {
        return stopping.getAsBoolean();
    }

    /** An upgrade that an earlier process of this service handed to the installer. */
    Optional<Order> resumed() {
        try {
            return files.pending().map(pending -> new Order(pending.task(), new UpgradeWork.Awaiting(this, pending)));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "an upgrade that was under way is not known any more", e);
            return Optional.empty();
        }
    }

    /** The appliance knows the end of a task. */
    void told(long task) {
        try {
            if (files.pending().filter(pending -> pending.task() == task).isPresent()) {
                files.forget();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "what an upgrade left cannot be deleted", e);
        }
    }
}
