package dev.holdfast.server.vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.vault.ControlExport;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Journal;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.recover.Adoption;
import dev.holdfast.vault.remote.VaultContainers;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one vault of a running appliance up to date, by its policy and on request, and says how far it is. A failure is tried
 * again after a while; a refusal (see {@link VaultRefusedException}) is final until somebody acts.
 */
final class VaultService implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(VaultService.class.getName());
    private static final long POLL_NANOS = 1_000_000_000L;
    private static final long RETRY_MILLIS = 60_000;
    private static final long CANCELLED_MILLIS = 3_600_000;
    /** How often the status is told while somebody is at work. */
    private static final long TICK_MILLIS = 2000;

    /** How often it is looked whether there is something to upload. */
    private static final long LOOK_NANOS = 5_000_000_000L;

    /** Holds, locks and policies as they went to the vault last. */
    private static final String DECIDED = "decided";

    private static final long COOL_NANOS = 3_600_000_000_000L;

    private final Vaults.OpenVault vault;
    private final List<Journal> others;
    private final String url;
    private final ControlDb control;
    private final VaultWriter.KeyringSource keyring;
    private final VaultKeys keys;
    private final VaultWriter writer;
    private final VaultStatus status;
    private final @Nullable PendingRecovery recovery;
    private final @Nullable Residence residence;
    private final @Nullable VaultContainers containers;
    private final Cooling cooling;
    private final VaultWriter.Guard guard;
    private final Backlog backlog;
    private final Store store;
    /** In a row. */
    private int failures;

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vault-status").factory());
    private final Thread thread;
    private volatile boolean closing;
    private volatile VaultPolicy policy;
    private long handled;
    private long lookedAt = System.nanoTime() - LOOK_NANOS;
    private long cooledAt = System.nanoTime() - COOL_NANOS;
    private long learntAt = System.nanoTime() - COOL_NANOS;
    private long deadlinesAt = System.nanoTime();
    private long retryAt;
    private @Nullable String refused;

    /**
     * Begins to work.
     *
     * @param others journals of the appliance's other vaults, the first one's first
     * @param containers of the first vault, null for a copy
     */
    VaultService(
            Vaults.OpenVault vault,
            List<Journal> others,
            Path data,
            ControlDb control,
            VaultKeys keys,
            VaultWriter.KeyringSource keyring,
            Store store,
            VaultWriter.Guard guard,
            AuditKeeper audit,
            @Nullable VaultContainers containers)
            throws IOException {
        this.vault = vault;
        this.others = others;
        this.url = vault.settings().url();
        this.policy = vault.settings().policy();
        this.control = control;
        this.keyring = keyring;
        this.keys = keys;
        this.status = new VaultStatus(control, vault.name());
        if (!url.equals(control.status().all().get(vault.name() + ".url"))) {
            // Of another place.
            control.status().clear(vault.name() + ".");
        }
        status.tell("handled", 0);
        byte @Nullable [] root = vault.journal().root();
        if (root != null) {
            status.tell("root", Publication.sequenceOf(root));
            status.tell("objectBytes", vault.journal().objectBytes());
            status.tell("classes", classes());
        }
        this.containers = containers;
        this.store = store;
        this.writer = new VaultWriter(
                vault.objects(),
                keys,
                keyring,
                vault.journal(),
                store.archiving(),
                store.manifests(),
                new LocalDisk(),
                new VaultWriter.ControlSource() {
                    @Override
                    public byte[] export() throws IOException {
                        return ControlExport.write(data, control);
                    }

                    @Override
                    public Root.@Nullable Audit audit() throws IOException {
                        return audit.head()
                                .map(head -> new Root.Audit(head.id(), head.hash(), head.at()))
                                .orElse(null);
                    }
                },
                new VaultWriter.Options(
                        policy.parallelParts(),
                        policy.containerClass(),
                        new Throttle(() -> closing ? 0 : policy.bytesPerSecond(now())),
                        guard));
        this.guard = guard;
        this.cooling = new Cooling(vault.objects(), vault.journal());
        this.backlog = new Backlog(vault, store.manifests(), writer, status);
        this.recovery = containers == null ? null : PendingRecovery.of(vault, control, keys, store, status);
        this.residence = containers == null ? null : new Residence(vault, control, store, writer, status);
        // A daemon: where a system call hangs, the process ends without it.
        this.thread = Thread.ofPlatform().daemon().name("vault-" + vault.name()).start(this::work);
        var _ = clock.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** What a restore of a snapshot needs is brought near ahead of the rest, while a recovery is under way. */
    void prepare(StoredSnapshot snapshot) throws IOException {
        if (recovery != null) {
            recovery.prepare(snapshot);
        }
    }

    static LocalDateTime now() {
        return LocalDateTime.now(ZoneId.systemDefault());
    }

    private void tick() {
        try {
            status.tick(vault.objects().movement(), policy.bytesPerSecond(now()) < 0);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "vault status could not be kept", e);
        }
    }

    private void work() {
        status.settle("idle");
        recover();
        // An appliance for one restore looks after nothing.
        boolean alone = recovery != null && recovery.ofOne();
        while (!closing) {
            try {
                if (!alone) {
                    step();
                }
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.WARNING, "vault status could not be kept", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void recover() {
        while (!closing && recovery != null) {
            try {
                recovery.finish();
                return;
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "the recovery from " + url + " stopped; it goes on", e);
                status.settle("recovery stopped; it goes on in a while");
                status.tell("error", String.valueOf(e.getMessage()));
                pause();
                if (policy.when() == VaultPolicy.When.NEVER) {
                    recovery.renew();
                }
            }
        }
    }

    private void pause() {
        long until = System.nanoTime() + RETRY_MILLIS * 1_000_000;
        while (!closing && System.nanoTime() < until) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void step() throws IOException {
        boolean look = System.nanoTime() - lookedAt >= LOOK_NANOS;
        if (look) {
            policy = Vaults.policy(control, vault);
        }
        if (!ready(look)) {
            return;
        }
        if (containers != null) {
            containers.noteUses();
            healFromCopies(containers);
        }
        if (residence != null) {
            residence.heal();
            try {
                residence.evict(look ? policy.evictAbove() : 100, () -> closing);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "nothing could be evicted", e);
                status.tell("error", String.valueOf(e.getMessage()));
            }
        }
        long requested = VaultRegistry.row(control, vault.name()).requested();
        boolean asked = requested > handled;
        if (!asked && !look) {
            return;
        }
        lookedAt = System.nanoTime();
        learnClasses();
        Selection selection = asked ? policy.selection().atOnce() : policy.selection();
        List<StoredSnapshot> behind = writer.behind(selection);
        backlog.tell(policy, behind, refused != null);
        // From now on the figures are of this place.
        status.tell("url", url);
        String decided = decided();
        boolean fresh = !vault.journal().state(DECIDED).orElse("").equals(decided);
        boolean due = policy.when() == VaultPolicy.When.IMMEDIATELY
                && refused == null
                && policy.open(now())
                && System.currentTimeMillis() >= retryAt
                && (!behind.isEmpty() || fresh || mayExpire(selection));
        if (policy.when() == VaultPolicy.When.NEVER) {
            return;
        }
        if (asked || due) {
            upload(selection, behind.size(), decided, asked);
            handled = Math.max(handled, requested);
            status.tell("handled", handled);
        } else if (policy.open(now()) && refused == null && System.nanoTime() - deadlinesAt >= COOL_NANOS) {
            // Locks that were made or lengthened since the last upload.
            deadlines();
        } else if (policy.open(now())
                && !policy.colder().isEmpty()
                && refused == null
                && System.nanoTime() - cooledAt >= COOL_NANOS) {
            cool();
        }
    }

    /** Whether it is known what is in the vault: not before a vault that was left here is adopted. */
    private boolean ready(boolean look) throws IOException {
        if (policy.when() == VaultPolicy.When.NEVER || !Adoption.ordered(vault.journal())) {
            return true;
        }
        long requested = VaultRegistry.row(control, vault.name()).requested();
        boolean asked = requested > handled;
        if (!asked && (refused != null || !look || System.currentTimeMillis() < retryAt)) {
            return false;
        }
        if (containers == null && !others.isEmpty() && recovering(others.getFirst())) {
            status.settle("waiting until the recovery from the first vault has filled the index");
            return false;
        }
        try {
            adopt();
            return true;
        } catch (VaultRefusedException | FormatException e) {
            refused = String.valueOf(e.getMessage());
            control.events().raise(Events.Severity.ALERT, "vault-refused", null, refused);
            status.settle("refused");
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, url + " could not be taken over; trying again", e);
            retryAt = System.currentTimeMillis() + RETRY_MILLIS;
            status.settle("waiting to try again");
            status.tell("error", String.valueOf(e.getMessage()));
        }
        if (refused != null) {
            LOG.log(System.Logger.Level.ERROR, refused);
            status.tell("error", refused);
        }
        handled = Math.max(handled, requested);
        status.tell("handled", handled);
        return false;
    }

    private static boolean recovering(Journal first) throws IOException {
        return first.state("recovering").isPresent() && first.state("recovered").isEmpty();
    }

    private void adopt() throws IOException {
        status.begin("taking over what the appliance before left there");
        Set<UUID> here =
                store.manifests().list().stream().map(StoredSnapshot::id).collect(Collectors.toSet());
        Adoption.Result found = new Adoption(
                        vault.objects(),
                        keys,
                        vault.journal(),
                        each -> LOG.log(System.Logger.Level.WARNING, url + ": " + each))
                .run(store.archiving(), others, here);
        control.audit().append("appliance", "vault adopt", url, "root " + found.root());
        String more = found.elsewhere().isEmpty()
                ? ""
                : "; " + found.elsewhere().size()
                        + " of them this appliance does not have. To bring those back, recover from " + url
                        + " into another directory";
        control.events()
                .raise(
                        found.elsewhere().isEmpty() ? Events.Severity.INFO : Events.Severity.WARNING,
                        "vault-adopted",
                        null,
                        url + " belongs to this appliance now, with " + found.snapshots() + " snapshots and "
                                + found.containers() + " containers that are not uploaded again" + more);
        refused = null;
        retryAt = 0;
        status.tell("error", "");
        status.settle("idle");
    }

    /** What a copy of the vault had to give, since it is damaged there, is stored again. */
    private void healFromCopies(VaultContainers from) throws IOException {
        if (policy.when() == VaultPolicy.When.NEVER) {
            return;
        }
        for (int number : from.damaged()) {
            try {
                Optional<String> healed = from.repair(number);
                if (healed.isPresent()) {
                    tellDamage(healed.get());
                }
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a container that is damaged in " + url + " could not be repaired",
                        e);
            }
        }
    }

    private void tellDamage(String what) throws IOException {
        LOG.log(System.Logger.Level.WARNING, url + ": " + what);
        control.audit().append("appliance", "vault repair", url, what);
        control.events().raise(Events.Severity.WARNING, "vault-damaged", null, url + ": " + what);
    }

    /** An upload tells why where the vault cannot be asked. */
    private boolean mayExpire(Selection selection) {
        try {
            return !writer.expired(selection).isEmpty();
        } catch (IOException e) {
            return true;
        }
    }

    /** What a recovery must not miss: a key that was replaced opens the vault until a root says so. */
    private String decided() throws IOException {
        Keyring wrapped = keyring.keyring().only(Credential.Kind.RECOVERY_KEY);
        return control.decisions() + " " + Digest.of(wrapped.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void upload(Selection selection, int behind, String decided, boolean asked) throws IOException {
        UploadTask task = UploadTask.begin(control, url, behind, asked);
        vault.objects().movement().begin();
        status.begin("uploading");
        try {
            if (asked) {
                writer.verifyNext();
            }
            if (behind > 0) {
                store.archiving().sealOpen();
                backlog.tell(policy, writer.behind(selection), refused != null);
            }
            backlog.begin();
            boolean force = !vault.journal().state(DECIDED).orElse("").equals(decided);
            VaultWriter.Summary done = writer.run(selection, force, new Report(task));
            vault.journal().setState(DECIDED, decided);
            refused = null;
            List<StoredSnapshot> left = writer.behind(selection);
            // What cannot be uploaded now is not tried every second.
            retryAt = left.size() < behind || left.isEmpty() ? 0 : System.currentTimeMillis() + RETRY_MILLIS;
            status.tell(
                    "error", retryAt == 0 ? "" : left.size() + " snapshots could not be uploaded; the log says why");
            status.tell("lastSuccess", System.currentTimeMillis());
            if (done.snapshots() > 0) {
                control.audit().append("appliance", "vault upload", url, done.snapshots() + " snapshots");
            }
            task.done(done, left.size());
            failures = 0;
            status.settle("idle");
            backlog.tell(policy, left, false);
        } catch (CancellationException e) {
            task.end(TaskTable.State.CANCELLED, "told to end; it goes on in an hour, or when asked");
            retryAt = System.currentTimeMillis() + CANCELLED_MILLIS;
            status.settle("cancelled for an hour");
        } catch (VaultRefusedException e) {
            task.end(TaskTable.State.FAILED, String.valueOf(e.getMessage()));
            control.events().raise(Events.Severity.ALERT, "vault-refused", null, String.valueOf(e.getMessage()));
            LOG.log(System.Logger.Level.ERROR, e.getMessage());
            refused = String.valueOf(e.getMessage());
            control.audit().append("appliance", "vault upload", url, "refused: " + e.reason());
            status.settle("refused");
            status.tell("error", refused);
            backlog.tell(policy, writer.behind(selection), true);
        } catch (IOException | RuntimeException e) {
            task.end(closing ? TaskTable.State.BROKEN : TaskTable.State.FAILED, String.valueOf(e.getMessage()));
            if (!closing) {
                if (failures++ == 0) {
                    control.events()
                            .raise(
                                    Events.Severity.WARNING,
                                    "upload-failed",
                                    null,
                                    "upload to " + url + " failed and is tried again: " + e.getMessage());
                }
                LOG.log(System.Logger.Level.WARNING, "upload to " + url + " failed; trying again", e);
                retryAt = System.currentTimeMillis() + RETRY_MILLIS;
                status.settle("waiting to try again");
                status.tell("error", String.valueOf(e.getMessage()));
            }
        }
        status.tell("objectBytes", vault.journal().objectBytes());
        status.tell("classes", classes());
        if (refused == null && retryAt == 0 && !closing) {
            deadlines();
        }
    }

    private String classes() throws IOException {
        ObjectNode classes = new ObjectMapper().createObjectNode();
        vault.journal().bytesByClass().forEach((kept, bytes) -> classes.put(kept.label(), bytes));
        return classes.toString();
    }

    /** What is locked here is locked in the vault too, where the bucket allows. */
    private void deadlines() throws IOException {
        deadlinesAt = System.nanoTime();
        int set;
        try {
            set = writer.setDeadlines();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "deadlines in " + url + " could not be set; trying again", e);
            status.tell("deadlines", "could not all be set: " + e.getMessage());
            return;
        }
        status.tell("deadlines", set < 0 ? "the bucket has no retention by object; see vault set --help" : "");
        if (set > 0) {
            control.audit().append("appliance", "vault retain", url, set + " objects");
        }
    }

    /** Once an hour, where something is not known. */
    private void learnClasses() {
        if (System.nanoTime() - learntAt < COOL_NANOS) {
            return;
        }
        learntAt = System.nanoTime();
        try {
            cooling.learn(guard.now());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the classes of objects in " + url + " could not be learnt", e);
        }
    }

    /** Once an hour: what grew old goes to a colder class. */
    private void cool() {
        cooledAt = System.nanoTime();
        try {
            writer.join();
            int moved = cooling.run(policy.cooling(), guard.now(), () -> closing);
            if (moved > 0) {
                control.audit().append("appliance", "vault cool", url, moved + " containers");
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "containers in " + url + " could not be moved to another class", e);
        }
    }

    private final class Report implements VaultWriter.Progress {
        private final UploadTask task;

        Report(UploadTask task) {
            this.task = task;
        }

        @Override
        public void containers(long done, long total, long bytes) {
            status.progress("containers " + done + "/" + total);
            backlog.moved(bytes, policy);
            task.step(done, total);
        }

        @Override
        public void published(long sequence, int containers, int snapshots) {
            status.tell("root", sequence);
        }

        @Override
        public void warning(String what) {
            task.log(what);
            LOG.log(System.Logger.Level.WARNING, what);
        }

        @Override
        public void damage(String what) {
            task.log(what);
            try {
                tellDamage(what);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "damage of " + url + " could not be told", e);
            }
        }
    }

    /** Tells it to end soon; returns at once. */
    void end() {
        closing = true;
        clock.shutdownNow();
        writer.stop();
        LockSupport.unpark(thread);
    }

    /**
     * Waits until it has ended, which it does soon after {@link #end} and the closing of its objects.
     *
     * @return false where something hangs that nothing ends: it is left behind
     */
    boolean ended(Duration patience) {
        try {
            if (!thread.join(patience)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "what is under way at " + url + " does not end; the appliance stops without it");
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return true;
    }

    @Override
    public void close() {
        end();
        writer.close();
    }
}
