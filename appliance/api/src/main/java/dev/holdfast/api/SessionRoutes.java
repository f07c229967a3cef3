package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.SecondFactors;
import dev.holdfast.control.access.SignedIn;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.SessionUseCases;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Signing in and out. */
final class SessionRoutes {
    private final SessionUseCases sessions;
    private final Optional<DataDirectory.Rescued> rescued;

    /** @param rescued why nothing can be changed; empty where things can */
    SessionRoutes(SessionUseCases sessions, Optional<DataDirectory.Rescued> rescued) {
        this.sessions = sessions;
        this.rescued = rescued;
    }

    /** @param code of the authenticator app; empty or missing where the user has none */
    record SignIn(String user, String password, String code) {}

    /**
     * @param nodes that the user sees, where that is not {@code allNodes}
     * @param csrf to be sent as X-CSRF-Token with everything that changes anything
     * @param readOnly whether the appliance was started for rescue, and changes nothing
     * @param missingVolumes how many volumes it does without then
     */
    record Session(
            String user,
            String role,
            List<String> permissions,
            boolean allNodes,
            List<String> nodes,
            String csrf,
            boolean readOnly,
            int missingVolumes) {
        static Session of(Principal principal, Optional<DataDirectory.Rescued> rescued) {
            return new Session(
                    principal.user(),
                    principal.role().text(),
                    principal.permissions().stream()
                            .map(Permission::name)
                            .sorted()
                            .toList(),
                    principal.seesAll(),
                    principal.scope().names(),
                    principal.csrf(),
                    rescued.isPresent(),
                    rescued.map(each -> each.missing().size()).orElse(0));
        }
    }

    record Proof(String password, String code) {}

    record NewPassword(String password) {}

    record Offer(String sealed, String uri) {}

    record Confirmation(String sealed, String code) {}

    List<Route> routes() {
        return List.of(
                Route.post("/session", Permission.VIEW, "Signs in", SignIn.class, Session.class, this::signIn)
                        .open(),
                Route.get(
                                "/session",
                                Permission.VIEW,
                                "Tells who is signed in",
                                Session.class,
                                call -> Session.of(call.principal(), rescued))
                        .forAll(),
                Route.delete("/session", Permission.VIEW, "Signs out", this::signOut)
                        .forAll()
                        .person(),
                Route.post(
                                "/session/proof",
                                Permission.VIEW,
                                "Proves again who is signed in, before what cannot be undone",
                                Proof.class,
                                Void.class,
                                this::prove)
                        .forAll()
                        .person()
                        .on(Route.Lane.OWN)
                        .small(),
                Route.put(
                                "/session/password",
                                Permission.VIEW,
                                "Changes one's own password",
                                NewPassword.class,
                                this::password)
                        .forAll()
                        .proven(),
                Route.post(
                                "/session/second-factor",
                                Permission.VIEW,
                                "Offers a second factor; the address is for an authenticator app",
                                Void.class,
                                Offer.class,
                                this::offer)
                        .forAll()
                        .proven(),
                Route.put(
                                "/session/second-factor",
                                Permission.VIEW,
                                "Confirms the second factor with a first code",
                                Confirmation.class,
                                this::confirm)
                        .forAll()
                        .proven());
    }

    private Object signIn(Call call) throws IOException {
        SignIn wanted = call.body(SignIn.class);
        SignedIn signed = sessions.signIn(
                Objects.requireNonNullElse(wanted.user, ""),
                Objects.requireNonNullElse(wanted.password, ""),
                Objects.requireNonNullElse(wanted.code, ""),
                call.address());
        SessionCookie.set(call.context(), signed.secret());
        return Session.of(signed.principal(), rescued);
    }

    private Object signOut(Call call) throws IOException {
        sessions.signOut(call.actor(), SessionCookie.secret(call.context()));
        SessionCookie.set(call.context(), "");
        return Route.DONE;
    }

    private Object prove(Call call) throws IOException {
        Proof proof = call.body(Proof.class);
        sessions.prove(
                SessionCookie.secret(call.context()),
                Objects.requireNonNullElse(proof.password, ""),
                Objects.requireNonNullElse(proof.code, ""),
                call.address());
        return Route.DONE;
    }

    private Object password(Call call) throws IOException {
        sessions.setPassword(call.principal(), Objects.requireNonNullElse(call.body(NewPassword.class).password, ""));
        SessionCookie.set(call.context(), "");
        return Route.DONE;
    }

    private Object offer(Call call) throws IOException {
        SecondFactors.Offer offer = sessions.offerSecondFactor(call.principal());
        return new Offer(offer.sealed(), offer.uri());
    }

    private Object confirm(Call call) throws IOException {
        Confirmation confirmation = call.body(Confirmation.class);
        sessions.confirmSecondFactor(
                call.principal(),
                Objects.requireNonNullElse(confirmation.sealed, ""),
                Objects.requireNonNullElse(confirmation.code, ""));
        return Route.DONE;
    }
}
