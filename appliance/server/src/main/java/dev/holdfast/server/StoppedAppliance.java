package dev.holdfast.server;

import dev.holdfast.api.LocalApi;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.RecoveryKeys;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.control.usecase.UserUseCases;
import dev.holdfast.control.vault.VaultAnchors;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

        @Override
        public List<String> certificateNames() {
            return List.of();
        }
    };

    private final Closing closing = new Closing();
    private final UseCases useCases;
    private final LocalApi api;

    /** @param credentials open the keys, where they are needed */
    public StoppedAppliance(DataDirectory directory, CredentialFiles credentials, Progress progress)
            throws IOException {
        try {
            ControlDb control = closing.add(new ControlDb(directory.controlDb()));
            StoppedEngine engine = closing.add(new StoppedEngine(
                    directory, control, () -> Refusals.told(() -> credentials.unlock(directory)), progress.ofStore()));
            X509Certificate authority = Authority.loadCertificate(directory.keys());
            useCases = UseCases.of(new UseCases.Parts(
                    control,
                    engine,
                    authority,
                    new Opened(control, engine),
                    () -> AuditKeeper.verify(
                            control,
                            directory.root(),
                            authority,
                            List.of(),
                            VaultAnchors.known(directory.root(), control)),
                    new RecoveryKeys(directory)::replace,
                    NOWHERE,
                    (out, days, fileNames) -> {
                        throw UseCaseException.notRunning("the appliance does not run; use the command for a bundle");
                    },
                    Optional::empty));
            api = new LocalApi(useCases, NOWHERE);
        } catch (IOException | RuntimeException e) {
            closing.close();
            throw e;
        }
    }

    /** Opened when it is first needed. */
    private static final class Opened implements UserUseCases.AccessSource {
        private final ControlDb control;
        private final StoppedEngine engine;
        private @Nullable Access access;

        private Opened(ControlDb control, StoppedEngine engine) {
            this.control = control;
            this.engine = engine;
        }

        @Override
        public Access open() throws IOException {
            Access known = access;
            if (known == null) {
                known = new Access(control, engine.keys(), InstantSource.system());
                access = known;
            }
            return known;
        }
    }

    /** @throws UseCaseException where the credential does not open the keys */
    public static void requireOpens(DataDirectory directory, CredentialFiles credentials) throws IOException {
        Refusals.told(() -> credentials.unlock(directory)).close();
    }

    /** What the API calls, for use cases above these. */
    public UseCases useCases() {
        return useCases;
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
