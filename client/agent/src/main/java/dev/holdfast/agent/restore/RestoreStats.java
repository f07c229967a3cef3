package dev.holdfast.agent.restore;

import java.util.concurrent.atomic.LongAdder;

/** What a restore has done so far. */
public final class RestoreStats {
    public final LongAdder files = new LongAdder();
    public final LongAdder directories = new LongAdder();
    public final LongAdder others = new LongAdder();
    public final LongAdder bytes = new LongAdder();
    /** Files left as they were, since they were right already. */
    public final LongAdder skipped = new LongAdder();

    public final LongAdder problems = new LongAdder();
    /** Of these, what an order may not restore, see {@link Confinement}. */
    public final LongAdder stripped = new LongAdder();
    /** Of the problems, files hurt by damage in the store. */
    public final LongAdder damaged = new LongAdder();
}
