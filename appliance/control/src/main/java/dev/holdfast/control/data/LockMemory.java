package dev.holdfast.control.data;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.policy.LockClock;
import java.io.IOException;
import java.util.Optional;

/** Keeps the clock of locks in the control database. */
public record LockMemory(ControlDb control) implements LockClock.Memory {
    private static final String NAME = "lock.clock";

    @Override
    public long[] read() throws IOException {
        Optional<String> known = control.settings().get(NAME);
        if (known.isEmpty()) {
            return new long[0];
        }
        String[] parts = known.get().split(" ", 2);
        return new long[] {Long.parseLong(parts[0]), Long.parseLong(parts[1])};
    }

    @Override
    public void write(long clock, long wall) throws IOException {
        control.settings().set(NAME, clock + " " + wall);
    }
}
