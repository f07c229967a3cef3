package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.vault.oss.OssCredentials;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Configures vaults: where they are, and with which credentials; and removes them from the configuration. */
public final class VaultSetupUseCases {
    private static final long PATIENCE_SECONDS = 20;

    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;
    private final Lock setting = new ReentrantLock();

    VaultSetupUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
    }

    /**
     * A vault to be configured.
     *
     * @param credentials of a bucket; where they are missing, those given before stay
     * @param dryRun only tries the vault
     */
    public record NewVault(
            VaultAddress address,
            @Nullable VaultCredentials credentials,
            VaultPolicy policy,
            @Nullable Boolean dryRun) {}

    /**
     * What was found at the address.
     *
     * @param found empty; own: as this appliance left it; left: by an appliance with the same keys, to be taken over
     * @param root the newest there, 0 for none
     * @param locks whether the bucket keeps locked snapshots from being deleted by itself
     * @param running whether an appliance runs, which uses the vault within seconds
     */
    public record Tried(String url, String found, long root, boolean locks, boolean dryRun, boolean running) {}

    /**
     * Other credentials for a bucket.
     *
     * @param dryRun only tries them
     */
    public record Rotation(
            VaultCredentials credentials, @Nullable Boolean dryRun) {}

    /** @param alone containers that are in that vault alone, since they were evicted */
    public record Removed(int alone) {}

    /** Tries a vault and configures it. A running appliance uses it within seconds. */
    public Tried set(Actor actor, String name, NewVault wanted) throws IOException {
        actor.require(Permission.VAULTS);
        actor.requireAllNodes();
        NameForm.VAULT.require(name);
        if (wanted.address == null || wanted.policy == null) {
            throw UseCaseException.invalid(Phrase.of("vault.incomplete"));
        }
        if (wanted.policy.when() == VaultPolicy.When.NEVER) {
            throw VaultUseCases.readOnlyStays();
        }
        VaultSettings settings;
        try {
            settings = wanted.address.settings(wanted.policy);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        return set(actor, "vault set", name, settings, wanted.credentials, Boolean.TRUE.equals(wanted.dryRun));
    }

    /** Tries other credentials for a bucket and stores them. A running appliance uses them within seconds. */
    public Tried rotate(Actor actor, String name, Rotation wanted) throws IOException {
        actor.require(Permission.VAULTS);
        actor.requireAllNodes();
        Optional<VaultRow> row = control.vaults().find(name);
        if (row.isEmpty()) {
            throw VaultUseCases.noVault(control, name);
        }
        VaultSettings settings = VaultSettings.parse(row.get().settings());
        if (settings.oss() == null) {
            throw UseCaseException.invalid(
                    Phrase.of("vault.directory-without-credentials").with("vault", name));
        }
        if (wanted.credentials == null) {
            throw UseCaseException.invalid(Phrase.of("vault.credentials-missing"));
        }
        return set(actor, "vault credentials", name, settings, wanted.credentials, Boolean.TRUE.equals(wanted.dryRun));
    }

    private Tried set(
            Actor actor,
            String verb,
            String name,
            VaultSettings settings,
            @Nullable VaultCredentials given,
            boolean dryRun)
            throws IOException {
        VaultSetup.Tried tried;
        try {
            OssCredentials credentials = settings.oss() == null || given == null ? null : given.oss();
            VaultSetup setup = setup(actor);
            tried = oneByOne(() -> Refusals.told(() -> setup.set(name, settings, credentials, dryRun)));
        } catch (UseCaseException e) {
            throw audit.refused(actor, verb, settings.url(), e);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        if (!dryRun) {
            audit.note(actor, verb, settings.url(), "allowed");
        }
        return new Tried(
                settings.url(),
                tried.place().name().toLowerCase(Locale.ROOT),
                tried.root(),
                tried.locks(),
                dryRun,
                engine.running());
    }

    /** Two at once would take each other's journals. */
    private <T> T oneByOne(Refusals.Work<T> work) throws IOException {
        try {
            if (!setting.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw UseCaseException.unavailable(Phrase.of("vault.another-is-set"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        try {
            return work.run();
        } finally {
            setting.unlock();
        }
    }

    private VaultSetup setup(Actor actor) throws IOException {
        DataDirectory directory = engine.directory();
        VaultSetup setup = new VaultSetup(directory.root(), control, engine.keys(), LocalCopies.onVolumes(directory));
        if (actor.way() == Actor.Way.COMMAND) {
            return setup;
        }
        List<Path> own = new ArrayList<>(directory.volumes());
        own.add(directory.root());
        return setup.overNetwork(own);
    }

    /** Stops uploads to a vault, which keeps its content. A running appliance lets go of it first. */
    public Removed unset(Actor actor, String name) throws IOException {
        actor.require(Permission.VAULTS);
        actor.requireAllNodes();
        try {
            // Before anything is disturbed.
            requireRemovable(name);
            int alone = engine.withoutVault(name, () -> {
                requireRemovable(name);
                return VaultSetup.unset(
                                engine.directory().root(), control, name, LocalCopies.onVolumes(engine.directory()))
                        .orElseThrow(() -> new IOException("vault " + name + " was removed by somebody else"));
            });
            audit.note(actor, "vault unset", name, "allowed");
            return new Removed(alone);
        } catch (UseCaseException e) {
            throw audit.refused(actor, "vault unset", name, e);
        }
    }

    private void requireRemovable(String name) throws IOException {
        Optional<VaultRow> row = control.vaults().find(name);
        if (row.isEmpty()) {
            throw VaultUseCases.noVault(control, name);
        }
        if (!name.equals(VaultRegistry.FIRST)) {
            return;
        }
        if (control.vaults().list().size() > 1) {
            throw UseCaseException.conflict(Phrase.of("vault.has-copies"));
        }
        if (engine.running()) {
            requireDispensable(VaultSettings.readable(row.get().settings()));
        }
    }

    /** A running appliance needs what lies in the first vault alone, or is still to be read from it. */
    private void requireDispensable(VaultSettings settings) throws IOException {
        Path data = engine.directory().root();
        boolean onlyRead = settings.policy().when() == VaultPolicy.When.NEVER && !settings.unreadable();
        if (onlyRead || VaultSetup.recovering(data)) {
            throw UseCaseException.conflict(Phrase.of("vault.needed"));
        }
        VaultSetup.Alone alone = VaultSetup.alone(data, LocalCopies.onVolumes(engine.directory()));
        if (alone.containers() > 0) {
            throw UseCaseException.conflict(Phrase.of("vault.needed-containers")
                    .with("containers", alone.containers())
                    .with("bytes", alone.bytes()));
        }
    }
}
