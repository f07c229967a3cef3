package dev.holdfast.control.usecase;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.health.RecoveryPoints;
import dev.holdfast.control.pki.ConsoleCertificate;
import dev.holdfast.control.release.ClientPackages;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * All use cases of one appliance, wired together.
 *
 * @param rescued why nothing can be changed; empty where things can
 */
public record UseCases(
        NodeUseCases nodes,
        NodeLifeUseCases nodeLife,
        FolderUseCases folders,
        EnrolmentUseCases enrolment,
        SnapshotUseCases snapshots,
        RestorePointUseCases restorePoints,
        RestoreUseCases restores,
        InstantUseCases instant,
        ImageFileUseCases imageFiles,
        BrowseUseCases browse,
        FileUseCases files,
        PolicyUseCases policies,
        PlanUseCases plans,
        TaskUseCases tasks,
        DamageUseCases damage,
        AttackUseCases attacks,
        DrillUseCases drills,
        VaultUseCases vaults,
        VaultSetupUseCases vaultSetup,
        RecoveryUseCases recovery,
        UserUseCases users,
        ProviderUseCases provider,
        AlertUseCases alerts,
        EventUseCases events,
        AuditUseCases audit,
        SettingsUseCases settings,
        StorageUseCases storage,
        VolumeUseCases volumes,
        ProfileUseCases profile,
        OverviewUseCases overview,
        ActivityUseCases activity,
        ReportUseCases reports,
        StatusUseCases status,
        HardwareUseCases hardware,
        ClientPackageUseCases clientPackages,
        ClientInstallUseCases clientInstall,
        ChangeUseCases changes,
        SetupUseCases setup,
        CertificateUseCases certificate,
        SupportUseCases support,
        Optional<DataDirectory.Rescued> rescued) {

    /**
     * What differs between a running appliance and one that stands still.
     *
     * @param authority the certificate of the appliance's authority
     */
    public record Parts(
            ControlDb control,
            Engine engine,
            X509Certificate authority,
            UserUseCases.AccessSource access,
            AuditUseCases.Verification auditVerification,
            RecoveryUseCases.NewRecoveryKey recoveryKeys,
            ClientAddress address,
            SupportUseCases.Source support,
            Supplier<Optional<ConsoleCertificate>> console) {}

    public static UseCases of(Parts parts) {
        ControlDb control = parts.control;
        Engine engine = parts.engine;
        Assessments assessments = new Assessments(control, engine);
        RecoveryPoints recovery = new RecoveryPoints(control);
        OverviewUseCases overview = new OverviewUseCases(control, engine, assessments, recovery);
        NodeUseCases nodes = new NodeUseCases(control, engine, assessments, recovery);
        TaskUseCases tasks = new TaskUseCases(control, nodes);
        SnapshotFinder finder = new SnapshotFinder(engine);
        ClientPackages packages = new ClientPackages(engine.directory().root());
        return new UseCases(
                nodes,
                new NodeLifeUseCases(control, engine, nodes, tasks),
                new FolderUseCases(control, engine, nodes),
                new EnrolmentUseCases(control, nodes, parts.authority),
                new SnapshotUseCases(control, engine, nodes, tasks, finder),
                new RestorePointUseCases(control, engine, nodes),
                new RestoreUseCases(control, engine, nodes, tasks, finder),
                new InstantUseCases(control, engine, nodes, finder, parts.address),
                new ImageFileUseCases(control, engine, finder),
                new BrowseUseCases(control, engine, nodes, finder),
                new FileUseCases(control, engine, nodes, finder),
                new PolicyUseCases(control, engine, nodes),
                new PlanUseCases(control, nodes, tasks, assessments),
                tasks,
                new DamageUseCases(control, engine),
                new AttackUseCases(control, engine, nodes),
                new DrillUseCases(control, engine, nodes, tasks, finder),
                new VaultUseCases(control, engine),
                new VaultSetupUseCases(control, engine),
                new RecoveryUseCases(control, engine, parts.recoveryKeys),
                new UserUseCases(control, parts.access),
                new ProviderUseCases(control, engine),
                new AlertUseCases(control, engine),
                new EventUseCases(control),
                new AuditUseCases(control, parts.auditVerification),
                new SettingsUseCases(control),
                new StorageUseCases(control, engine, parts.authority, parts.address),
                new VolumeUseCases(control, engine, tasks),
                new ProfileUseCases(control, engine),
                overview,
                new ActivityUseCases(control),
                new ReportUseCases(control, engine, overview),
                new StatusUseCases(control, engine, parts.address, parts.authority, assessments),
                new HardwareUseCases(control, engine),
                new ClientPackageUseCases(control, packages, nodes, tasks),
                new ClientInstallUseCases(control, packages),
                new ChangeUseCases(control, engine),
                new SetupUseCases(control, engine, parts.address),
                new CertificateUseCases(control, engine, parts.console),
                new SupportUseCases(control, parts.support),
                engine.directory().rescued());
    }
}
