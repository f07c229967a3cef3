package dev.holdfast.control.plan;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/** The thread that follows plans and brings orders. */
public final class PlanLoop implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(PlanLoop.class.getName());
    private static final long POLL_NANOS = 500_000_000L;
    private static final int POLLS_PER_SCHEDULE = 4;
    private static final int POLLS_PER_DRILLS = 120;
    private static final int POLLS_PER_ROLL_OUT = 20;

    private final Dispatcher dispatcher;
    private final Scheduler scheduler;
    private final Drills drills;
    private final ClientRollOut rollOut;
    private final Thread thread;
    private volatile boolean closing;

    public PlanLoop(Dispatcher dispatcher, Scheduler scheduler, Drills drills, ClientRollOut rollOut) {
        this.dispatcher = dispatcher;
        this.scheduler = scheduler;
        this.drills = drills;
        this.rollOut = rollOut;
        this.thread = Thread.ofPlatform().name("plans").start(this::loop);
    }

    private void loop() {
        for (long poll = 0; !closing; poll++) {
            try {
                if (poll % POLLS_PER_SCHEDULE == 0) {
                    scheduler.look();
                }
                if (poll % POLLS_PER_DRILLS == 0) {
                    drills.look(dispatcher.present());
                }
                if (poll % POLLS_PER_ROLL_OUT == 0) {
                    rollOut.look(dispatcher.present());
                }
                dispatcher.look();
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "plans could not be followed", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
