package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.SignInRefusedException;
import dev.holdfast.control.usecase.RecoveryUseCases;
import dev.holdfast.control.usecase.SessionUseCases;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The recovery key and its sheet, for people who are signed in. */
final class RecoveryRoutes {
    private final RecoveryUseCases recovery;
    private final SessionUseCases sessions;

    RecoveryRoutes(RecoveryUseCases recovery, SessionUseCases sessions) {
        this.recovery = recovery;
        this.sessions = sessions;
    }

    /**
     * Asks for a new recovery key.
     *
     * @param passphrase of the appliance; missing where it starts without one
     * @param password of who asks; missing where the OpenID provider knows it
     * @param code of the authenticator app; missing where the user has none
     */
    record Replacement(
            @Nullable String passphrase,
            @Nullable String password,
            @Nullable String code) {}

    List<Route> routes() {
        return List.of(
                Route.post(
                                "/recovery-key",
                                Permission.SETTINGS,
                                "Makes a new recovery key, which replaces the one before, and the sheet to be printed; takes the"
                                        + " password again, however lately it was given",
                                Replacement.class,
                                RecoveryUseCases.NewSheet.class,
                                this::replace)
                        .person()
                        .on(Route.Lane.OWN)
                        .small(),
                Route.post(
                                "/recovery-sheet",
                                Permission.SETTINGS,
                                "The sheet to be printed once more, for who has the recovery key. The key is compared, and neither"
                                        + " stored nor answered",
                                RecoveryUseCases.TypedKey.class,
                                RecoveryUseCases.Sheet.class,
                                call -> recovery.sheet(call.actor(), call.body(RecoveryUseCases.TypedKey.class)))
                        .person());
    }

    private Object replace(Call call) throws IOException {
        Replacement wanted = call.body(Replacement.class);
        try {
            sessions.proveNow(
                    call.principal(),
                    SessionCookie.secret(call.context()),
                    Objects.requireNonNullElse(wanted.password, ""),
                    Objects.requireNonNullElse(wanted.code, ""),
                    call.address());
        } catch (SignInRefusedException e) {
            // Not 401, which says that the session has ended.
            throw new Problem(403, e.secondFactor() ? "second-factor" : "refused", e.phrase());
        }
        return recovery.replace(call.actor(), wanted.passphrase);
    }
}
