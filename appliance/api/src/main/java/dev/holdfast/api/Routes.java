package dev.holdfast.api;

import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCases;
import java.util.ArrayList;
import java.util.List;

/** The table of all routes. To add one, add it to the class of its noun. */
final class Routes {
    private Routes() {}

    /** What is served on the machine itself too. */
    static List<Route> local(UseCases use, ClientAddress address, Connections connections) {
        List<Route> routes = new ArrayList<>();
        routes.addAll(new OverviewRoutes(use.overview(), use.activity()).routes());
        routes.addAll(new NodeRoutes(use.nodes(), use.folders(), use.drills()).routes());
        routes.addAll(new NodeLifeRoutes(use.nodeLife()).routes());
        routes.addAll(new EnrolmentRoutes(use.enrolment(), use.clientInstall(), address).routes());
        routes.addAll(new PlanRoutes(use.plans()).routes());
        routes.addAll(new PolicyRoutes(use.policies()).routes());
        routes.addAll(new TaskRoutes(use.tasks(), connections).routes());
        routes.addAll(new DamageRoutes(use.damage()).routes());
        routes.addAll(new AttackRoutes(use.attacks()).routes());
        routes.addAll(new ReportRoutes(use.reports()).routes());
        routes.addAll(new DrillRoutes(use.drills(), connections).routes());
        routes.addAll(new SnapshotRoutes(use.snapshots()).routes());
        routes.addAll(new RestoreRoutes(use.restores(), use.restorePoints()).routes());
        routes.addAll(new InstantRoutes(use.instant()).routes());
        routes.addAll(new ImageFileRoutes(use.imageFiles(), connections).routes());
        routes.addAll(new BrowseRoutes(use.browse(), connections).routes());
        routes.addAll(new FileRoutes(use.files(), connections).routes());
        routes.addAll(new StorageRoutes(use.storage(), use.status()).routes());
        routes.addAll(new VolumeRoutes(use.volumes()).routes());
        routes.addAll(new ProfileRoutes(use.profile()).routes());
        routes.addAll(new HardwareRoutes(use.hardware()).routes());
        routes.addAll(new ClientPackageRoutes(use.clientPackages()).routes());
        routes.addAll(new VaultRoutes(use.vaults(), use.vaultSetup()).routes());
        routes.addAll(new ApplianceRoutes(use.settings()).routes());
        routes.addAll(new EventRoutes(use.events(), connections).routes());
        routes.addAll(new AuditRoutes(use.audit(), connections).routes());
        routes.addAll(new UserRoutes(use.users(), use.provider()).routes());
        routes.addAll(new AlertRoutes(use.alerts()).routes());
        routes.addAll(new SupportRoutes(use.support(), connections).routes());
        routes.addAll(new CertificateRoutes(use.certificate()).routes());
        routes.addAll(new SetupRoutes(use.setup(), use.recovery()).routes());
        return ReadOnlyRoutes.of(routes, use.rescued());
    }

    static List<Route> all(UseCases use, SignIn signIn, ClientAddress address, Live live, Connections connections) {
        List<Route> routes = new ArrayList<>();
        routes.addAll(new SessionRoutes(signIn.sessions(), use.rescued()).routes());
        routes.addAll(new OidcRoutes(signIn.access(), signIn.oidc()).routes());
        routes.addAll(new ClientDownloadRoutes(use.clientInstall(), connections).routes());
        routes.addAll(new LiveRoutes(live, signIn.access()).routes());
        routes.addAll(new RecoveryRoutes(use.recovery(), signIn.sessions()).routes());
        routes.addAll(local(use, address, connections));
        return ReadOnlyRoutes.of(List.copyOf(routes), use.rescued());
    }
}
