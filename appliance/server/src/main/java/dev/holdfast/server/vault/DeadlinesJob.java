package dev.holdfast.server.vault;

import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.time.Duration;

/**
 * Locks in the vault what is locked here, where the bucket allows: after each upload, and once an hour for locks that
 * were extended.
 */
final class DeadlinesJob implements VaultJob {
    private static final System.Logger LOG = System.getLogger(DeadlinesJob.class.getName());

    private final ServiceState state;
    private final VaultWriter writer;
    private final Interval interval = Interval.begun(Duration.ofHours(1));

    DeadlinesJob(ServiceState state, VaultWriter writer) {
        this.state = state;
        this.writer = writer;
    }

    @Override
    public boolean due(Round round) {
        return !state.readOnly() && state.open() && interval.passed();
    }

    @Override
    public void run(Round round) throws IOException {
        set();
        round.end();
    }

    /** Sets the deadlines now. */
    void set() throws IOException {
        interval.restart();
        int set;
        try {
            set = writer.setDeadlines();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "deadlines in " + state.url() + " could not be set; trying again", e);
            state.status().set("deadlines", "could not all be set: " + e.getMessage());
            return;
        }
        state.status().set("deadlines", set < 0 ? "the bucket has no retention by object; see vault set --help" : "");
        if (set > 0) {
            state.control().audit().append("appliance", "vault retain", state.url(), set + " objects");
        }
    }
}
