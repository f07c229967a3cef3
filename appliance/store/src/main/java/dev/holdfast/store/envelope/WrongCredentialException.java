package dev.holdfast.store.envelope;

import java.io.IOException;

/** The passphrase, recovery key or key file given does not open this vault. */
public final class WrongCredentialException extends IOException {
    WrongCredentialException(String message) {
        super(message);
    }
}
