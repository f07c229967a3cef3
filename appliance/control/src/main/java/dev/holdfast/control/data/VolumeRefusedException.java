package dev.holdfast.control.data;

import java.io.IOException;

/** A volume cannot be added, drained or retired as things are. Nothing was changed. */
public final class VolumeRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    public VolumeRefusedException(String message) {
        super(message);
    }
}
