package dev.holdfast.control.usecase;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.VolumeRefusedException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;

/** Turns the refusals of the store and the vault into those of use cases: the one table of both. */
public final class Refusals {
    private Refusals() {}

    /** What may be refused below. */
    public interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Runs it.
     *
     * @throws UseCaseException where the store or a vault refuses; other failures stay as they are
     */
    public static <T> T told(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (WrongCredentialException e) {
            throw because(e, UseCaseException.forbidden(Phrase.why(e)));
        } catch (StoreFullException | VaultRefusedException | VolumeRefusedException e) {
            throw because(e, UseCaseException.conflict(Phrase.why(e)));
        } catch (DataDirectory.InUseException e) {
            throw because(e, UseCaseException.inUse(Phrase.why(e)));
        } catch (DamagedRootException e) {
            throw because(e, FormatException.corrupt(String.valueOf(e.getMessage())));
        } catch (ObjectStoreException e) {
            throw because(
                    e,
                    switch (e.kind()) {
                        case DENIED -> UseCaseException.forbidden(Phrase.why(e));
                        case FROZEN -> UseCaseException.frozen(Phrase.why(e));
                        default -> UseCaseException.unavailable(Phrase.why(e));
                    });
        }
    }

    private static IOException because(IOException cause, IOException refusal) {
        if (refusal.getCause() == null) {
            refusal.initCause(cause);
        }
        return refusal;
    }
}
