package dev.holdfast.server.vault;

import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.time.Duration;

/** Moves containers that grew old to a colder storage class, once an hour. */
final class CoolingJob implements VaultJob {
    private static final System.Logger LOG = System.getLogger(CoolingJob.class.getName());

    private final ServiceState state;
    private final VaultWriter writer;
    private final Cooling cooling;
    private final VaultWriter.Guard guard;
    private final Interval interval = Interval.passed(Duration.ofHours(1));

    CoolingJob(ServiceState state, VaultWriter writer, Cooling cooling, VaultWriter.Guard guard) {
        this.state = state;
        this.writer = writer;
        this.cooling = cooling;
        this.guard = guard;
    }

    @Override
    public boolean due(Round round) {
        return !state.readOnly() && state.open() && !state.policy().colder().isEmpty() && interval.passed();
    }

    @Override
    public void run(Round round) throws IOException {
        interval.restart();
        round.end();
        try {
            writer.join();
            int moved = cooling.run(state.policy().cooling(), guard.now(), state::closing);
            if (moved > 0) {
                state.control().audit().append("appliance", "vault cool", state.url(), moved + " containers");
            }
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "containers in " + state.url() + " could not be moved to another class",
                    e);
        }
    }
}
