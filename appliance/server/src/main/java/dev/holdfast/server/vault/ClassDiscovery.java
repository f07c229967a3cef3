package dev.holdfast.server.vault;

import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.time.Duration;

/** Learns once an hour in which storage classes containers are whose class is not known, as after a recovery. */
final class ClassDiscovery implements VaultJob {
    private static final System.Logger LOG = System.getLogger(ClassDiscovery.class.getName());

    private final ServiceState state;
    private final Cooling cooling;
    private final VaultWriter.Guard guard;
    private final Interval interval = Interval.passed(Duration.ofHours(1));

    ClassDiscovery(ServiceState state, Cooling cooling, VaultWriter.Guard guard) {
        this.state = state;
        this.cooling = cooling;
        this.guard = guard;
    }

    @Override
    public boolean due(Round round) {
        return interval.passed();
    }

    @Override
    public void run(Round round) {
        interval.restart();
        try {
            cooling.learn(guard.now());
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the classes of objects in " + state.url() + " could not be learnt",
                    e);
        }
    }
}
