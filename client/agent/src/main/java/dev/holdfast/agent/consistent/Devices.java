package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Stat;

/**
 * The device number that files of a snapshot have, and the one that they have where they live: a record of a file must not depend on
 * whether it was read from a snapshot.
 */
record Devices(long snapshot, long live) {
    /** Of what is read where it lives. */
    static final Devices SAME = new Devices(0, 0);

    Stat asLive(Stat stat) {
        return snapshot != live && stat.device() == snapshot ? stat.withDevice(live) : stat;
    }
}
