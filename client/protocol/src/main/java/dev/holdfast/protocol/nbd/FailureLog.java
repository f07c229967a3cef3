package dev.holdfast.protocol.nbd;

import java.util.concurrent.atomic.AtomicBoolean;

/** Logs what an export failed at: the first failure of a connection as a warning, the others for debugging. */
final class FailureLog {
    private static final System.Logger LOG = System.getLogger(FailureLog.class.getName());

    private final String name;
    private final AtomicBoolean warned = new AtomicBoolean();

    /** @param name of the export */
    FailureLog(String name) {
        this.name = name;
    }

    /** What the client is told of a failure. */
    Failure failed(Request request, Throwable e) {
        if (!(e instanceof NbdException)) {
            System.Logger.Level level =
                    warned.compareAndSet(false, true) ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG;
            LOG.log(
                    level,
                    "NBD export '" + name + "' failed at command " + request.type() + " of " + request.length()
                            + " bytes at offset " + request.offset(),
                    e);
        }
        return Failure.of(e);
    }
}
