package dev.holdfast.server;

import dev.holdfast.store.snapshot.IndexRecovery;

/** Told how far long work is: a start, a check, a recovery. Called by one thread at a time. */
public interface Progress {
    void step(String what, long done, long total);

    void warning(String what);

    /** As the store knows it. */
    default IndexRecovery.Progress ofStore() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {
                Progress.this.step(what, done, total);
            }

            @Override
            public void warning(String what) {
                Progress.this.warning(what);
            }
        };
    }
}
