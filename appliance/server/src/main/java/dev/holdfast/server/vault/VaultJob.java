package dev.holdfast.server.vault;

import java.io.IOException;

/** Something that a vault's service does where it is due. Used by the service's thread. */
interface VaultJob {
    /** Whether there may be something to do now. */
    boolean due(Round round) throws IOException;

    void run(Round round) throws IOException;
}
