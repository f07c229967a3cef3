package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The OpenID provider by which people sign in. */
public final class ProviderUseCases {
    private static final String DEFAULT_CLAIM = "groups";

    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;

    ProviderUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
    }

    /**
     * A provider.
     *
     * @param console where browsers reach this appliance's console
     * @param claim of the ID token that lists groups; {@code groups} where it is missing
     * @param roles by group; the first group in it counts
     */
    public record Provider(
            String issuer,
            String clientId,
            String clientSecret,
            String console,
            @Bound(characters = 200) @Nullable String claim,
            @Bound(characters = 255, items = 100) LinkedHashMap<String, String> roles) {}

    /** Sets the provider, in place of the one that is. Sessions continue until they end. */
    public void set(Actor actor, Provider wanted) throws IOException {
        actor.require(Permission.USERS);
        if (missing(wanted.issuer)
                || missing(wanted.clientId)
                || missing(wanted.console)
                || wanted.roles == null
                || wanted.roles.isEmpty()
                || wanted.roles.containsValue(null)) {
            throw UseCaseException.invalid(Phrase.of("provider.incomplete"));
        }
        try {
            Oidc.set(
                    control,
                    engine.keys(),
                    new Oidc.Provider(
                            wanted.issuer,
                            wanted.clientId,
                            "",
                            wanted.console,
                            Objects.requireNonNullElse(wanted.claim, DEFAULT_CLAIM),
                            wanted.roles),
                    Objects.requireNonNullElse(wanted.clientSecret, ""));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        audit.note(actor, "user provider", wanted.issuer + " " + wanted.roles, "allowed");
    }

    private static boolean missing(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    /** Removes the provider. Sessions continue until they end. */
    public void remove(Actor actor) throws IOException {
        actor.require(Permission.USERS);
        Oidc.set(control, engine.keys(), null, "");
        audit.note(actor, "user provider", "off", "allowed");
    }
}
