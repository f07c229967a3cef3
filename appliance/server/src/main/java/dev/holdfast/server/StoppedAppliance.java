package dev.holdfast.server;

import dev.holdfast.api.LocalApi;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.RecoveryKeys;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;

/**
 * An appliance that does not run, as far as commands need it: the same API, over the same use cases, in the process of the
 * command. Keys and store are opened when something needs them. Used by one thread, which closes it.
 */
public final class StoppedAppliance implements AutoCloseable {
    private static final ClientAddress NOWHERE = new ClientAddress() {
        @Override
        public String host() {
            return "";
        }

        @Override
        public int port() {
            return 0;
        }
    };

    private final Closing closing = new Closing();
    private final LocalApi api;

    /** Tells how to open the keys, where they are needed. */
    public interface CredentialSource {
        Credential read() throws IOException;
    }

    public StoppedAppliance(DataDirectory directory, CredentialSource credentials, IndexRecovery.Progress progress)
            throws IOException {
        try {
            ControlDb control = closing.add(new ControlDb(directory.controlDb()));
            StoppedEngine.KeySource keys = () -> unlock(directory, credentials);
            X509Certificate authority = Authority.loadCertificate(directory.keys());
            UseCases useCases = UseCases.of(new UseCases.Parts(
                    control,
                    closing.add(new StoppedEngine(directory, control, keys, progress)),
                    authority,
                    () -> new Access(control, closing.add(keys.open()), InstantSource.system()),
                    () -> AuditKeeper.verify(
                            control,
                            directory.root(),
                            authority,
                            List.of(),
                            VaultAnchors.known(directory.root(), control)),
                    new RecoveryKeys(directory)::replace,
                    NOWHERE));
            api = new LocalApi(useCases, NOWHERE);
        } catch (IOException | RuntimeException e) {
            closing.close();
            throw e;
        }
    }

    private static VaultKeys unlock(DataDirectory directory, CredentialSource credentials) throws IOException {
        try (Credential credential = credentials.read()) {
            return directory.keyring().unlock(credential);
        } catch (WrongCredentialException e) {
            throw UseCaseException.forbidden(String.valueOf(e.getMessage()));
        }
    }

    /** As {@link LocalApi#call}, by the administrator of the machine. */
    public LocalApi.Answer call(String method, String target, byte[] body) {
        return api.call(Actor.ADMINISTRATOR, method, target, body);
    }

    @Override
    public void close() {
        closing.close();
    }
}
