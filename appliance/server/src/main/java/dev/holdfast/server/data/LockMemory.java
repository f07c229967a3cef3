package dev.holdfast.server.data;

import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.policy.LockClock;
import java.io.IOException;
import java.util.Optional;

/** Keeps the clock of locks in the control database. */
record LockMemory(ControlDb control) implements LockClock.Memory {
    private static final String NAME = "lock.clock";

    @Override
    public long[] read() throws IOException {
        Optional<String> known = control.setting(NAME);
        if (known.isEmpty()) {
            return new long[0];
        }
        String[] parts = known.get().split(" ", 2);
        return new long[] {Long.parseLong(parts[0]), Long.parseLong(parts[1])};
    }

    @Override
    public void write(long clock, long wall) throws IOException {
        control.setSetting(NAME, clock + " " + wall);
    }
}
