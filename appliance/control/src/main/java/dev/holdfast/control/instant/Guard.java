package dev.holdfast.control.instant;

import java.io.IOException;

/** Whether a connection may go on. */
public interface Guard {
    /** @throws dev.holdfast.protocol.nbd.NbdException where it may not */
    void require() throws IOException;
}
