package dev.holdfast.store.volume;

import java.nio.file.Path;

/**
 * A directory that holds containers.
 *
 * @param number what the index knows it by; no other volume of the appliance ever has it
 */
public record Volume(int number, Path root, State state) {
    /** What a volume is used for. */
    public enum State {
        /** Takes new containers. */
        ACTIVE,
        /** Is read; takes no new containers, so that it can be retired once its containers were moved. */
        DRAINING,
        /** Was given up: it is neither read nor written. */
        LOST
    }
}
