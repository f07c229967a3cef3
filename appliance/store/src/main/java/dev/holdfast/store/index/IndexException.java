package dev.holdfast.store.index;

import java.io.IOException;

/** The index failed or is damaged. It is derived: {@code rebuild-index} makes it anew. */
public final class IndexException extends IOException {
    IndexException(String what, Throwable cause) {
        super(
                "index " + what + ": " + cause.getMessage()
                        + ". The index is derived from the containers: stop the appliance and run rebuild-index",
                cause);
    }
}
