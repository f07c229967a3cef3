package dev.holdfast.server.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.recover.VaultRecovery;
import dev.holdfast.cloud.remote.VaultContainers;
import dev.holdfast.cloud.upload.Throttle;
import dev.holdfast.cloud.upload.VaultRefusedException;
import dev.holdfast.cloud.upload.VaultWriter;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.net.Services;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Vault;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a running appliance's vault up to date, by its policy and on request, and says how far it is. A failure is tried again
 * after a while; a refusal (see {@link VaultRefusedException}) is final until somebody acts.
 */
public final class VaultService implements Services.Offsite, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(VaultService.class.getName());
    private static final long POLL_NANOS = 1_000_000_000L;
    private static final long RETRY_MILLIS = 60_000;
    /** How often it is looked whether there is something to upload. */
    private static final long LOOK_NANOS = 5_000_000_000L;

    /** The one vault that an appliance has. */
    public static final String NAME = "vault";

    private final VaultSettings settings;
    private final ControlDb control;
    private final Journal journal;
    private final VaultContainers containers;
    private final VaultWriter writer;
    private final ObjectStore objects;
    private final Store store;
    private final Vault keys;
    private volatile @Nullable VaultRecovery recovery;
    private final Thread thread;
    private final Map<String, String> told = new LinkedHashMap<>();
    private volatile boolean closing;
    private long handled;
    private long lookedAt = System.nanoTime() - LOOK_NANOS;
    private long retryAt;
    private @Nullable String refused;

    /**
     * Begins to work.
     *
     * @param recovery what is left of a recovery to be done, null for nothing
     */
    public VaultService(
            VaultSettings settings,
            Path data,
            ControlDb control,
            Vault keys,
            VaultWriter.KeyringSource keyring,
            Journal journal,
            VaultContainers containers,
            ObjectStore objects,
            Store store,
            @Nullable VaultRecovery recovery)
            throws IOException {
        this.settings = settings;
        this.control = control;
        this.journal = journal;
        this.containers = containers;
        this.objects = objects;
        this.store = store;
        this.recovery = recovery;
        this.keys = keys;
        Throttle throttle = new Throttle(() -> closing ? 0 : settings.bytesPerSecond(now()));
        this.writer = new VaultWriter(
                objects,
                keys,
                keyring,
                journal,
                store.archiving(),
                store.manifests(),
                new LocalDisk(),
                () -> ControlExport.write(data, control),
                new VaultWriter.Options(settings.parallelParts(), settings.containerClass(), throttle));
        this.thread = Thread.ofPlatform().name("vault").start(this::work);
    }

    private static LocalDateTime now() {
        return LocalDateTime.now(ZoneId.systemDefault());
    }

    private void work() {
        tell("state", "idle");
        while (!closing && recovery != null) {
            try {
                finishRecovery();
                break;
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "the recovery from " + settings.url() + " stopped; it goes on", e);
                tell("state", "recovery stopped; it goes on in a while");
                tell("error", String.valueOf(e.getMessage()));
                pause(RETRY_MILLIS);
                renewRecovery();
            }
        }
        while (!closing) {
            try {
                step();
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "vault status could not be kept", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void pause(long millis) {
        long until = System.nanoTime() + millis * 1_000_000;
        while (!closing && System.nanoTime() < until) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** The root that is read may be gone, where somebody else goes on writing: the newest has all that it had. */
    private void renewRecovery() {
        if (settings.when() == VaultSettings.When.NEVER) {
            try {
                recovery = VaultRecovery.newest(objects, keys, journal);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "the vault's newest root could not be read", e);
            }
        }
    }

    private void finishRecovery() throws IOException {
        VaultRecovery rest = recovery;
        if (rest == null) {
            return;
        }
        tell("state", "recovering the index");
        rest.fillIndex(
                journal, store.archiving(), (what, done, total) -> tell("progress", what + " " + done + "/" + total));
        store.recoverOwners(store.manifests().list(), new QuietProgress());
        journal.setState("recovered", Instant.now().toString());
        tell("error", "");
        control.audit("appliance", "vault recovered", settings.url(), "done");
        tell("state", "idle");
    }

    @Override
    public void forgetting(StoredSnapshot snapshot) throws IOException {
        journal.forgotten(snapshot.id());
    }

    /** What a restore of a snapshot needs is entered ahead of the rest, while a recovery is under way. */
    @Override
    public void prepare(StoredSnapshot snapshot) throws IOException {
        VaultRecovery rest = recovery;
        if (rest == null || journal.state("recovered").isPresent()) {
            return;
        }
        var listed = rest.snapshots().get(snapshot.id());
        if (listed != null) {
            rest.prepare(listed, journal, store.archiving());
            store.recoverOwners(List.of(snapshot), new QuietProgress());
        }
    }

    private static final class QuietProgress implements dev.holdfast.store.snapshot.IndexRecovery.Progress {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {
            LOG.log(System.Logger.Level.WARNING, what);
        }
    }

    private void heal() throws IOException {
        for (int number : store.archiving().damaged()) {
            String name = String.format("container %08x", number);
            try {
                store.archiving().heal(number);
                LOG.log(System.Logger.Level.WARNING, name + " was damaged and is whole again, from " + settings.url());
                control.audit("appliance", "heal", name, "from " + settings.url());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, name + " is damaged and could not be replaced", e);
                control.audit("appliance", "heal", name, "failed");
            }
        }
    }

    /** What somebody asked to be freed, or what is above the limit. */
    private void evict() throws IOException {
        long asked =
                control.vaults().stream().mapToLong(ControlDb.VaultRow::evict).sum();
        long above = store.usedBytes() - store.capacityBytes() / 100 * settings.evictAbove();
        boolean look = settings.evictAbove() < 100 && System.nanoTime() - lookedAt >= LOOK_NANOS;
        long wanted = Math.max(asked, look ? above : 0);
        long freed = 0;
        if (wanted > 0) {
            // What somebody else may delete by now must not be the only copy.
            writer.join();
            for (Journal.StoredContainer each :
                    journal.coldest(store.archiving().onVolumes())) {
                if (freed >= wanted || closing) {
                    break;
                }
                if (isThere(each)) {
                    freed += store.archiving().evict(each.number());
                }
            }
        }
        if (freed > 0) {
            control.audit("appliance", "evict", settings.url(), freed + " bytes");
        }
        if (asked > 0) {
            tell("evicted", Long.toString(freed));
            control.requestEviction(NAME, 0);
        }
    }

    /** One request a container, against losing the last copy to somebody who tidied up the bucket. */
    private boolean isThere(Journal.StoredContainer container) throws IOException {
        String key = ObjectKind.CONTAINER.key(container.id());
        try {
            if (objects.head(key).bytes() == container.objectBytes()) {
                return true;
            }
        } catch (ObjectStoreException e) {
            if (e.kind() != ObjectStoreException.Kind.NOT_FOUND) {
                throw e;
            }
        }
        LOG.log(System.Logger.Level.ERROR, "object " + key + " of the vault is missing or damaged; run vault check");
        return false;
    }

    private void step() throws IOException {
        containers.noteUses();
        heal();
        try {
            evict();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "nothing could be evicted", e);
            tell("error", String.valueOf(e.getMessage()));
            control.requestEviction(NAME, 0);
        }
        long requested = control.vaults().stream()
                .mapToLong(ControlDb.VaultRow::requested)
                .max()
                .orElse(0);
        boolean asked = requested > handled;
        if (!asked && System.nanoTime() - lookedAt < LOOK_NANOS) {
            return;
        }
        lookedAt = System.nanoTime();
        List<StoredSnapshot> behind = writer.behind();
        tell("behind", Integer.toString(behind.size()));
        long oldest = behind.stream().mapToLong(StoredSnapshot::committed).min().orElse(0);
        tell("rpoSeconds", Long.toString(oldest == 0 ? 0 : (System.currentTimeMillis() - oldest) / 1000));
        boolean due = settings.when() == VaultSettings.When.IMMEDIATELY
                && refused == null
                && !behind.isEmpty()
                && settings.open(now())
                && System.currentTimeMillis() >= retryAt;
        if (settings.when() == VaultSettings.When.NEVER || (!asked && !due)) {
            return;
        }
        tell("state", "uploading");
        try {
            VaultWriter.Summary done = writer.run(new Report());
            refused = null;
            int left = writer.behind().size();
            // What cannot be uploaded now is not tried every second.
            retryAt = left < behind.size() || left == 0 ? 0 : System.currentTimeMillis() + RETRY_MILLIS;
            tell("error", retryAt == 0 ? "" : left + " snapshots could not be uploaded; the log says why");
            tell("lastSuccess", Long.toString(System.currentTimeMillis()));
            if (done.snapshots() > 0) {
                control.audit("appliance", "vault upload", settings.url(), done.snapshots() + " snapshots");
            }
            tell("state", "idle");
            tell("behind", Integer.toString(left));
        } catch (VaultRefusedException e) {
            LOG.log(System.Logger.Level.ERROR, e.getMessage());
            refused = String.valueOf(e.getMessage());
            control.audit("appliance", "vault upload", settings.url(), "refused: " + e.reason());
            tell("state", "refused");
            tell("error", refused);
        } catch (IOException | RuntimeException e) {
            if (!closing) {
                LOG.log(System.Logger.Level.WARNING, "upload to " + settings.url() + " failed; trying again", e);
                retryAt = System.currentTimeMillis() + RETRY_MILLIS;
                tell("state", "waiting to try again");
                tell("error", String.valueOf(e.getMessage()));
            }
        }
        tell("objectBytes", Long.toString(journal.objectBytes()));
        handled = Math.max(handled, requested);
        tell("handled", Long.toString(handled));
    }

    private final class Report implements VaultWriter.Progress {
        @Override
        public void containers(long done, long total, long bytes) {
            tell("progress", "containers " + done + "/" + total);
        }

        @Override
        public void published(long sequence, int containers, int snapshots) {
            tell("root", Long.toString(sequence));
        }

        @Override
        public void warning(String what) {
            LOG.log(System.Logger.Level.WARNING, what);
        }
    }

    /** For the command line; only what changed is written. */
    private synchronized void tell(String name, String value) {
        if (value.equals(told.put(name, value))) {
            return;
        }
        try {
            control.setStatus(Map.of("vault." + name, value));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }

    /** A vault that is ready to be read and written. */
    public record Opened(VaultSettings settings, ObjectStore objects, Journal journal, VaultContainers containers)
            implements AutoCloseable {
        /** Begins to keep it up to date. */
        public VaultService start(
                Path data, ControlDb control, Vault keys, VaultWriter.KeyringSource keyring, Store store)
                throws IOException {
            String known = journal.state("url").orElse(settings.url());
            if (!known.equals(settings.url())) {
                throw new IOException(
                        "this appliance's vault was " + known + ", and containers may be there alone; set it again, or"
                                + " move " + VaultData.journal(data) + " away if none was ever evicted");
            }
            journal.setState("url", settings.url());
            VaultRecovery rest = journal.state("recovering").isPresent()
                            && journal.state("recovered").isEmpty()
                    ? VaultRecovery.rest(objects, keys, journal)
                    : null;
            return new VaultService(settings, data, control, keys, keyring, journal, containers, objects, store, rest);
        }

        @Override
        public void close() throws IOException {
            containers.close();
            journal.close();
            objects.close();
        }
    }

    /** The objects of the configured vault, for commands beside the running appliance. */
    public static ObjectStore objects(ControlDb control, Vault keys) throws IOException {
        ControlDb.VaultRow row = control.vaults().stream()
                .findFirst()
                .orElseThrow(() -> new IOException("this appliance has no vault; see vault set --help"));
        return VaultSettings.parse(row.settings()).open(Credentials.open(keys, row));
    }

    /** Opens the configured vault, if there is one. */
    public static Optional<Opened> open(Path data, ControlDb control, Vault keys) throws IOException {
        Optional<ControlDb.VaultRow> row = control.vaults().stream().findFirst();
        if (row.isEmpty()) {
            return Optional.empty();
        }
        VaultSettings settings = VaultSettings.parse(row.get().settings());
        ObjectStore objects = settings.open(Credentials.open(keys, row.get()));
        return Optional.of(VaultData.open(data, settings, objects, keys));
    }

    @Override
    public void close() {
        closing = true;
        writer.stop();
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        writer.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
