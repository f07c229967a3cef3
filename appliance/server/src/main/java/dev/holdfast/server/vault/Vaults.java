package dev.holdfast.server.vault;

import static java.util.Objects.requireNonNull;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.server.net.Services;
import dev.holdfast.store.Store;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.Adoption;
import dev.holdfast.vault.remote.VaultContainers;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An appliance's vaults, opened: the first, where containers may lie alone, and copies of it elsewhere. Opened before
 * the store, which reads from them, and closed after it.
 */
public final class Vaults implements Services.Offsite, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Vaults.class.getName());
    /** For what is under way, to end by itself. */
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** For what is under way, to notice that its connections are gone. */
    private static final Duration AFTER_CUT = Duration.ofSeconds(5);

    private static final long LARGEST_CACHE = 16L << 30;
    /** Of what is free. */
    private static final int CACHE_SHARE = 10;

    private final Path data;
    private final ControlDb control;
    private final List<OpenVault> vaults;
    private final @Nullable VaultContainers containers;
    /** Known once it is open, which is after this. */
    private volatile @Nullable Store store;

    private final List<VaultService> services = new ArrayList<>();
    private final AtomicBoolean ending = new AtomicBoolean();

    /**
     * One of them.
     *
     * @param refused why it is not used, and what to do; null where it is
     */
    record OpenVault(
            String name,
            VaultSettings settings,
            long addedAt,
            ObjectStore objects,
            Journal journal,
            @Nullable Phrase refused)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            journal.close();
            objects.close();
        }
    }

    private Vaults(Path data, ControlDb control, List<OpenVault> vaults, @Nullable VaultContainers containers) {
        this.data = data;
        this.control = control;
        this.vaults = vaults;
        this.containers = containers;
    }

    /** Opens what is configured, which may be nothing. */
    public static Vaults open(Path data, ControlDb control, VaultKeys keys) throws IOException {
        List<OpenVault> vaults = new ArrayList<>();
        VaultContainers containers = null;
        try {
            List<VaultRow> rows = new ArrayList<>(control.vaults().list());
            rows.sort(Comparator.comparing(row -> !row.name().equals(VaultRegistry.FIRST)));
            for (VaultRow row : rows) {
                vaults.add(open(data, control, row, keys));
            }
            if (!vaults.isEmpty()) {
                long cache = Math.min(LARGEST_CACHE, Files.getFileStore(data).getUsableSpace() / CACHE_SHARE);
                containers = new VaultContainers(
                        vaults.stream()
                                .map(each -> new VaultContainers.Copy(each.objects, each.journal))
                                .toList(),
                        keys,
                        VaultData.cache(data),
                        cache,
                        VaultData.highestNumber(data));
            }
            return new Vaults(data, control, vaults, containers);
        } catch (IOException | RuntimeException e) {
            for (OpenVault each : vaults) {
                each.close();
            }
            throw e;
        }
    }

    /** Whatever is wrong with its settings, the appliance starts, and says it. */
    private static OpenVault open(Path data, ControlDb control, VaultRow row, VaultKeys keys) throws IOException {
        VaultSettings settings = VaultSettings.readable(row.settings());
        AtomicFile.createDirectory(data.resolve("vault"));
        Journal journal = new Journal(VaultData.journal(data, row.name()));
        try {
            Phrase refused = null;
            OssCredentials credentials = null;
            try {
                credentials = settings.oss() == null ? null : Credentials.open(keys, row);
                refused = refused(control, row.name(), settings, credentials, journal);
            } catch (IOException e) {
                refused = Phrase.of("vault.credentials-closed")
                        .with("url", settings.url())
                        .with("reason", e)
                        .with("command", again(control, row.name(), settings));
            }
            if (refused == null) {
                journal.setState("url", settings.url());
            }
            Phrase reason = refused;
            OssCredentials known = credentials;
            ObjectStore objects = new LateStore(settings.url(), () -> {
                if (reason != null) {
                    throw new PhrasedException(reason);
                }
                return settings.open(known);
            });
            return new OpenVault(row.name(), settings, row.addedAt(), objects, journal, refused);
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    private static @Nullable Phrase refused(
            ControlDb control,
            String name,
            VaultSettings settings,
            @Nullable OssCredentials credentials,
            Journal journal)
            throws IOException {
        if (settings.unreadable()) {
            return Phrase.of("vault.newer-settings")
                    .with("name", name)
                    .with("command", control.command("vault", "unset", "--name", name));
        }
        String known = journal.state("url").orElse(settings.url());
        if (!VaultSettings.samePlace(known, settings.url())) {
            return Phrase.of("vault.elsewhere")
                    .with("url", settings.url())
                    .with("name", name)
                    .with("known", known)
                    .with(
                            "command",
                            control.command(
                                    name.equals(VaultRegistry.FIRST)
                                            ? new String[] {"vault", "unset"}
                                            : new String[] {"vault", "unset", "--name", name}));
        }
        if (settings.oss() != null && credentials == null) {
            Phrase without = Adoption.ordered(journal)
                    ? Phrase.of("vault.credentials-not-recovered")
                    : Phrase.of("vault.no-credentials");
            return without.with("url", settings.url()).with("command", again(control, name, settings));
        }
        return null;
    }

    private static String again(ControlDb control, String name, VaultSettings settings) {
        return control.command(settings.command(name).toArray(String[]::new));
    }

    /** The vaults that have a snapshot, by name. */
    public Map<UUID, List<String>> offsite() throws IOException {
        Map<UUID, List<String>> offsite = new HashMap<>();
        for (OpenVault each : vaults) {
            LocalCopies.addPublished(offsite, each.name, each.journal);
        }
        return offsite;
    }

    /** How the first vault keeps a container, as its label; empty where it does not have it. */
    public Optional<StorageClass> kept(int container) throws IOException {
        return vaults.isEmpty()
                ? Optional.empty()
                : vaults.getFirst().journal.containers().storageClass(container);
    }

    @Override
    public boolean charged(int container) throws IOException {
        return vaults.getFirst().settings.oss() != null
                && kept(container).map(StorageClass::chargesReading).orElse(false);
    }

    @Override
    public String thawAdvice(StoredSnapshot snapshot) throws IOException {
        Archiving archiving = requireNonNull(store).archiving();
        Journal journal = vaults.getFirst().journal;
        Frozen frozen = new Frozen();
        for (int number : archiving.containersOf(snapshot).stream().toArray()) {
            Optional<StorageClass> kept = archiving.isArchived(number) ? kept(number) : Optional.empty();
            if (kept.isPresent() && kept.get().frozen()) {
                frozen.add(
                        kept.get(),
                        1,
                        journal.containers()
                                .find(number)
                                .map(StoredContainer::objectBytes)
                                .orElse(0L));
            }
        }
        String id = snapshot.id().toString();
        return (frozen.none()
                        ? "Something that it needs is frozen in the vault"
                        : "It needs " + frozen.what() + " of the vault"
                                + frozen.cost(vaults.getFirst().settings, Prices.of(control)))
                + ". On the appliance run: " + control.command("vault", "thaw", id, "--wait");
    }

    /** What the store reads from where a container is on no volume. */
    public ContainerArchive archive() throws IOException {
        return containers == null ? VaultData.numbersOnly(data) : containers;
    }

    /** Whether the appliance must not change what is in the vault. */
    public boolean readOnly() {
        return !vaults.isEmpty() && vaults.getFirst().settings.policy().when() == VaultPolicy.When.NEVER;
    }

    /** Begins to keep them up to date. */
    public void start(
            VaultKeys keys, VaultWriter.KeyringSource keyring, Store store, VaultWriter.Guard guard, AuditKeeper audit)
            throws IOException {
        this.store = store;
        // What was refused before is tried again now, and told again where it still is refused.
        control.events().close(EventKinds.VAULT_REFUSED, null);
        for (OpenVault each : vaults) {
            if (each.refused != null) {
                refuse(each.name, each.refused);
                continue;
            }
            VaultContainers own = each.name.equals(VaultRegistry.FIRST) ? containers : null;
            List<Journal> others = vaults.stream()
                    .filter(other -> !other.name.equals(each.name))
                    .map(OpenVault::journal)
                    .toList();
            services.add(new VaultService(each, others, data, control, keys, keyring, store, guard, audit, own));
        }
    }

    /** Reads from them for a store, and does nothing else. */
    public void read(Store reading) {
        this.store = reading;
    }

    private void refuse(String name, Phrase reason) throws IOException {
        LOG.log(System.Logger.Level.ERROR, "vault " + name + ": " + reason);
        control.events().raise(Events.Severity.ALERT, EventKinds.VAULT_REFUSED, null, reason);
        VaultStatus status = new VaultStatus(control, name);
        status.finish("refused");
        status.error(reason);
        // Nothing counts what comes from now on, so the figures of earlier runs would be wrong.
        status.set("url", "");
        // A command that waits for an upload ends now, with the reason.
        status.set("handled", Long.MAX_VALUE);
    }

    @Override
    public void prepare(StoredSnapshot snapshot) throws IOException {
        for (VaultService each : services) {
            each.prepare(snapshot);
        }
    }

    @Override
    public void stored(StoredSnapshot snapshot) throws IOException {
        for (VaultService each : services) {
            each.stored(snapshot);
        }
    }

    /** Somebody forgets a snapshot on purpose: it shall go from the vaults too that have no rule of their own. */
    public void forgetting(StoredSnapshot snapshot) throws IOException {
        for (OpenVault each : vaults) {
            if (policy(control, each).keepDays() == null) {
                each.journal.snapshots().forgotten(snapshot.id());
            }
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
        services.forEach(VaultService::end);
        Thread.ofPlatform().daemon().name("vault-stop").start(() -> {
            try {
                Thread.sleep(GRACE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            cut();
        });
    }

    /** Ends every call to a vault. */
    private void cut() {
        for (OpenVault each : vaults) {
            try {
                each.objects.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, each.settings.url() + " could not be closed", e);
            }
        }
    }

    /** Stops what {@link #start} began, within 10 s. */
    public void stop() {
        end();
        long deadline = System.nanoTime() + GRACE.plus(AFTER_CUT).toNanos();
        for (VaultService each : services) {
            if (each.ended(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
                each.close();
            }
        }
        services.clear();
    }

    @Override
    public void close() throws IOException {
        stop();
        if (containers != null) {
            containers.close();
        }
        for (OpenVault each : vaults) {
            each.close();
        }
    }

    /** The policy of a vault as it is configured now: changing it needs no restart. */
    static VaultPolicy policy(ControlDb control, OpenVault vault) throws IOException {
        VaultSettings now =
                VaultSettings.parse(VaultRegistry.row(control, vault.name).settings());
        return now.url().equals(vault.settings.url()) ? now.policy() : vault.settings.policy();
    }
}
