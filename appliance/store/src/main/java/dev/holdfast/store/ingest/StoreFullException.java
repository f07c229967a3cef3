package dev.holdfast.store.ingest;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** No room: the profile's capacity is used up, or every volume is down to its reserve. Existing data is untouched. */
public final class StoreFullException extends PhrasedException {
    public StoreFullException(Phrase reason) {
        super(reason);
    }
}
