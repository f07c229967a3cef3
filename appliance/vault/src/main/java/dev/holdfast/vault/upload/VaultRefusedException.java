package dev.holdfast.vault.upload;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** The vault is there, but this appliance must not write to it; nothing was changed. */
public final class VaultRefusedException extends PhrasedException {
    private final Reason reason;

    /** Why. */
    public enum Reason {
        /** It holds another appliance's data, under other keys. */
        FOREIGN,
        /** Another appliance took it over. */
        FENCED,
        /** Its newest root is older than one that this appliance has seen. */
        ROLLED_BACK,
        /** The newest root is damaged, and not this appliance's own. */
        DAMAGED,
        /** Somebody else writes to it, without having taken it over. */
        SHARED
    }

    public VaultRefusedException(Reason reason, Phrase message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
