package dev.holdfast.server.vault;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.vault.remote.VaultContainers;
import java.io.IOException;
import java.util.Optional;

/** Stores again, in the first vault, what a copy of it had to give since it is damaged there. */
final class CopyRepair implements VaultJob {
    private static final System.Logger LOG = System.getLogger(CopyRepair.class.getName());

    private final ServiceState state;
    private final VaultContainers containers;

    CopyRepair(ServiceState state, VaultContainers containers) {
        this.state = state;
        this.containers = containers;
    }

    @Override
    public boolean due(Round round) {
        return !state.readOnly();
    }

    @Override
    public void run(Round round) throws IOException {
        for (int number : containers.damaged()) {
            try {
                Optional<Phrase> healed = containers.repair(number);
                if (healed.isPresent()) {
                    state.damage(healed.get());
                }
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a container that is damaged in " + state.url() + " could not be repaired",
                        e);
            }
        }
    }
}
