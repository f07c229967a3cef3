package dev.holdfast.store.ingest;

import java.io.IOException;

/** No room: the profile's capacity is used up, or every volume is down to its reserve. Existing data is untouched. */
public final class StoreFullException extends IOException {
    public StoreFullException(String message) {
        super(message);
    }
}
