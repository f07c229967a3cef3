package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;

/** How finely file systems tell the time of a change. */
final class Ticks {
    /** Kernels stamp files with a clock that ticks this rarely, so a file may change twice with one timestamp. */
    private static final long MILLIS = 20;

    /** Where a timestamp has no fraction the file system may only know whole or even seconds. */
    private static final long COARSE_MILLIS = 2_000;

    private Ticks() {}

    /** For so many ms after a change, another one may leave no trace. */
    static long millis(Stat stat) {
        return stat.mtime().nanos() == 0 && stat.ctime().nanos() == 0 ? COARSE_MILLIS : MILLIS;
    }

    /**
     * Whether a file may change through mappings without a trace until it is written back. Whatever was stored before the
     * backup began was written back when the walk came to the file system.
     *
     * @param started when the backup began, ms since 1970
     */
    static boolean changing(Stat stat, long started) {
        return millis(stat.ctime()) >= started - millis(stat);
    }

    /** As ms since 1970. */
    static long millis(Timestamp time) {
        return time.seconds() * 1000 + time.nanos() / 1_000_000;
    }
}
