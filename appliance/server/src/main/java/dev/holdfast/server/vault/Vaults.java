package dev.holdfast.server.vault;

import static java.util.Objects.requireNonNull;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.server.net.Services;
import dev.holdfast.store.Store;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An appliance's vaults, opened: the first, where containers may lie alone, and copies of it elsewhere. Opened before
 * the store, which reads from them, and closed after it; while the appliance runs, they follow the configuration.
 */
public final class Vaults implements Services.Offsite, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Vaults.class.getName());

    private final VaultOpening opening;
    private final OpenVaults vaults;
    private final ControlDb control;
    /** Known once it is open, which is after this. */
    private volatile @Nullable Store store;

    private volatile @Nullable VaultKeeper keeper;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicBoolean stopped = new AtomicBoolean();

    private Vaults(VaultOpening opening, OpenVaults vaults) {
        this.opening = opening;
        this.vaults = vaults;
        this.control = opening.control();
    }

    /** Opens what is configured, which may be nothing. */
    public static Vaults open(Path data, ControlDb control, VaultKeys keys) throws IOException {
        VaultOpening opening = new VaultOpening(data, control, keys);
        OpenVaults vaults = new OpenVaults(data, keys);
        try {
            for (VaultRow row : opening.rows()) {
                vaults.add(opening.open(row, null));
            }
            return new Vaults(opening, vaults);
        } catch (IOException | RuntimeException e) {
            vaults.close();
            throw e;
        }
    }

    /** The vaults that have a snapshot, by name. */
    public Map<UUID, List<String>> offsite() throws IOException {
        Map<UUID, List<String>> offsite = new HashMap<>();
        for (OpenVault each : vaults.list()) {
            each.use(
                    () -> {
                        LocalCopies.addPublished(offsite, each.name(), each.journal());
                        return offsite;
                    },
                    offsite);
        }
        return offsite;
    }

    /** How the first vault keeps a container, as its label; empty where it does not have it. */
    public Optional<StorageClass> kept(int container) throws IOException {
        Optional<OpenVault> first = vaults.first();
        return first.isEmpty() ? Optional.empty() : kept(first.get(), container);
    }

    private static Optional<StorageClass> kept(OpenVault vault, int container) throws IOException {
        return vault.use(() -> vault.journal().containers().storageClass(container), Optional.empty());
    }

    @Override
    public boolean charged(int container) throws IOException {
        Optional<OpenVault> first = vaults.first();
        return first.isPresent()
                && first.get().settings().oss() != null
                && kept(first.get(), container)
                        .map(StorageClass::chargesReading)
                        .orElse(false);
    }

    @Override
    public String thawAdvice(StoredSnapshot snapshot) throws IOException {
        Optional<OpenVault> first = vaults.first();
        return first.isEmpty() ? Services.Offsite.super.thawAdvice(snapshot) : thawAdvice(first.get(), snapshot);
    }

    private String thawAdvice(OpenVault vault, StoredSnapshot snapshot) throws IOException {
        Archiving archiving = requireNonNull(store).archiving();
        Frozen frozen = new Frozen();
        for (int number : archiving.containersOf(snapshot).stream().toArray()) {
            Optional<StorageClass> kept = archiving.isArchived(number) ? kept(vault, number) : Optional.empty();
            if (kept.isPresent() && kept.get().frozen()) {
                long bytes = vault.use(
                        () -> vault.journal()
                                .containers()
                                .find(number)
                                .map(StoredContainer::objectBytes)
                                .orElse(0L),
                        0L);
                frozen.add(kept.get(), 1, bytes);
            }
        }
        String id = snapshot.id().toString();
        return (frozen.none()
                        ? "Something that it needs is frozen in the vault"
                        : "It needs " + frozen.what() + " of the vault"
                                + frozen.cost(vault.settings(), Prices.of(control)))
                + ". On the appliance run: " + control.command("vault", "thaw", id, "--wait");
    }

    /** What the store reads from where a container is on no volume; follows the vaults that come and go. */
    public ContainerArchive archive() {
        return vaults.archive();
    }

    /** Whether the appliance must not change what is in the vault. */
    public boolean readOnly() {
        return vaults.first()
                .map(each -> each.settings().policy().when() == VaultPolicy.When.NEVER)
                .orElse(false);
    }

    /** Begins to keep them up to date, and to follow what is configured. */
    public void start(VaultWriter.KeyringSource keyring, Store store, VaultWriter.Guard guard, AuditKeeper audit)
            throws IOException {
        this.store = store;
        VaultKeeper started = new VaultKeeper(
                vaults,
                opening,
                new Served(opening.data(), control, opening.keys(), keyring, store, guard, audit, readOnly()));
        keeper = started;
        started.start();
    }

    /** Reads from them for a store, and does nothing else. */
    public void read(Store reading) {
        this.store = reading;
    }

    /**
     * Makes a change while a vault is not open, and then goes by the configuration again.
     *
     * @throws dev.holdfast.control.usecase.UseCaseException where the vault is in use and that does not end soon; then
     *     nothing was changed
     */
    public <T> T without(String name, Refusals.Work<T> change) throws IOException {
        return requireNonNull(keeper).without(name, change);
    }

    @Override
    public void prepare(StoredSnapshot snapshot) throws IOException {
        for (OpenVault each : vaults.list()) {
            VaultService service = each.service();
            if (service != null) {
                each.use(() -> service.prepare(snapshot), false);
            }
        }
    }

    @Override
    public void stored(StoredSnapshot snapshot) throws IOException {
        for (OpenVault each : vaults.list()) {
            VaultService service = each.service();
            if (service != null) {
                each.use(() -> service.stored(snapshot), false);
            }
        }
    }

    /** Somebody forgets a snapshot on purpose: it shall go from the vaults too that have no rule of their own. */
    public void forgetting(StoredSnapshot snapshot) throws IOException {
        for (OpenVault each : vaults.list()) {
            each.use(
                    () -> {
                        if (each.policy(control).keepDays() == null) {
                            each.journal().snapshots().forgotten(snapshot.id());
                        }
                        return true;
                    },
                    false);
        }
    }

    /**
     * Tells all services to end, and returns at once. Whatever still waits for a vault after a grace of 5 s, restores
     * and tasks of the store included, fails then: nothing that hangs holds up the stop.
     */
    public void end() {
        if (ending.getAndSet(true)) {
            return;
        }
        VaultKeeper known = keeper;
        if (known != null) {
            known.end();
        }
        Thread.ofPlatform().daemon().name("vault-stop").start(() -> {
            try {
                Thread.sleep(OpenVault.GRACE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            cut();
        });
    }

    /** Ends every call to a vault. */
    private void cut() {
        for (OpenVault each : vaults.list()) {
            try {
                each.cut();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, each.settings().url() + " could not be closed", e);
            }
        }
    }

    /** Stops what {@link #start} began, within 10 s. */
    public void stop() {
        end();
        if (stopped.getAndSet(true)) {
            return;
        }
        long deadline =
                System.nanoTime() + OpenVault.GRACE.plus(OpenVault.AFTER_CUT).toNanos();
        VaultKeeper known = keeper;
        if (known != null) {
            known.ended(until(deadline));
        }
        for (OpenVault each : vaults.list()) {
            VaultService service = each.service();
            if (service != null && service.ended(until(deadline))) {
                service.close();
            }
        }
    }

    private static Duration until(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    }

    @Override
    public void close() throws IOException {
        stop();
        vaults.close();
    }
}
