package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.ClientInstallUseCases;
import dev.holdfast.control.usecase.EnrolmentUseCases;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** Tokens that enrol machines. */
final class EnrolmentRoutes {
    private final EnrolmentUseCases enrolment;
    private final ClientInstallUseCases install;
    private final ClientAddress address;

    EnrolmentRoutes(EnrolmentUseCases enrolment, ClientInstallUseCases install, ClientAddress address) {
        this.enrolment = enrolment;
        this.install = install;
        this.address = address;
    }

    /**
     * @param id by which lists name it
     * @param command to be run on the machine, with the appliance's own address put in
     * @param install commands that install the client first, for each kind of system; none for a token that restores
     */
    record Token(
            String id,
            String token,
            String caFingerprint,
            Instant expiresAt,
            String command,
            List<ClientInstallUseCases.Commands> install) {}

    List<Route> routes() {
        return List.of(
                Route.post(
                        "/nodes/tokens",
                        Permission.ENROL,
                        "Makes a one-time token that enrols a machine; by API tokens for new machines only",
                        EnrolmentUseCases.WantedToken.class,
                        Token.class,
                        this::token),
                Route.get(
                        "/enrolment-tokens",
                        Permission.ENROL,
                        "Tokens that machines may still enrol with, those that expire first first",
                        EnrolmentUseCases.EnrolmentTokenList.class,
                        call -> enrolment.list(call.actor())),
                Route.delete(
                        "/enrolment-tokens/{id}",
                        Permission.ENROL,
                        "Revokes an unused enrolment token",
                        Route.done(call -> enrolment.revoke(call.actor(), call.path("id")))));
    }

    private Object token(Call call) throws IOException {
        EnrolmentUseCases.WantedToken wanted = call.body(EnrolmentUseCases.WantedToken.class);
        EnrolmentUseCases.Token made = enrolment.create(call.actor(), wanted);
        // By the name that a browser used; on the machine itself by the address where the appliance listens.
        String host = call.host().isEmpty() ? address.host() : call.host();
        String where = host.isEmpty()
                ? "APPLIANCE:8807"
                : (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + address.port();
        String enrolment = "holdfast enroll https://" + where + " --token " + made.text();
        return new Token(
                made.id(),
                made.text(),
                made.caFingerprint(),
                made.expiresAt(),
                enrolment,
                wanted.restores() == null || wanted.restores().isEmpty()
                        ? install.commands(call.base(), made.text(), enrolment)
                        : List.of());
    }
}
