package dev.holdfast.server.vault;

import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.upload.Selection;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One pass through a service's jobs, each second. Used by one thread. */
final class Round {
    private final ServiceState state;
    private final boolean look;
    private @Nullable Long requested;
    private @Nullable List<StoredSnapshot> behind;
    private boolean over;

    /** @param look whether it is time to look for something to upload, which reads more than a row */
    Round(ServiceState state, boolean look) {
        this.state = state;
        this.look = look;
    }

    boolean look() {
        return look;
    }

    /** The number of the upload that was requested and not handled yet; 0 for none. */
    private long requested() throws IOException {
        Long known = requested;
        if (known == null) {
            known = state.requested();
            requested = known;
        }
        return known;
    }

    /** Whether somebody asked for an upload that was not done yet. */
    boolean asked() throws IOException {
        return requested() > state.handled();
    }

    /** What was asked for is done, or has failed: it is not tried again until somebody asks again. */
    void handled() throws IOException {
        state.handled(requested());
    }

    /** What belongs in the vault; at once where somebody asked. */
    Selection selection() throws IOException {
        Selection selection = state.policy().selection();
        return asked() ? selection.atOnce() : selection;
    }

    /** Snapshots that belong in the vault and are not there; found once in a round. */
    List<StoredSnapshot> behind() {
        return behind == null ? List.of() : behind;
    }

    void behind(List<StoredSnapshot> snapshots) {
        behind = snapshots;
    }

    /** No further job runs in this round. */
    void end() {
        over = true;
    }

    boolean over() {
        return over;
    }
}
