package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.CertificateUseCases;
import java.util.List;

/** The certificate of console and API. */
final class CertificateRoutes {
    private final CertificateUseCases certificate;

    CertificateRoutes(CertificateUseCases certificate) {
        this.certificate = certificate;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/certificate",
                        Permission.VIEW,
                        "The certificate of console and API",
                        CertificateUseCases.Shown.class,
                        call -> certificate.show(call.actor())),
                Route.put(
                                "/certificate",
                                Permission.SETTINGS,
                                "Checks a certificate with its key, stores it and shows it from the next connection on",
                                CertificateUseCases.Upload.class,
                                CertificateUseCases.Shown.class,
                                call -> certificate.upload(call.actor(), call.body(CertificateUseCases.Upload.class)))
                        .proven(),
                Route.delete(
                                "/certificate",
                                Permission.SETTINGS,
                                "Returns to a certificate of the appliance's authority",
                                Route.done(call -> certificate.reset(call.actor())))
                        .proven());
    }
}
