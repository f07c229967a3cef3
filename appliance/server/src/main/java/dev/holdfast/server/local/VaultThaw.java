package dev.holdfast.server.local;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.server.vault.Frozen;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.Thaw;
import java.io.IOException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Makes snapshots readable whose containers lie in an archive class of the vault. Works beside a running appliance. */
public final class VaultThaw {
    private static final long FIRST_POLL_MILLIS = 1000;
    private static final long POLL_MILLIS = 15_000;
    private static final int MOST_DAYS = 365;

    private final DataDirectory directory;
    private final CredentialFiles credentials;

    public VaultThaw(DataDirectory directory, CredentialFiles credentials) {
        this.directory = directory;
        this.credentials = credentials;
    }

    /**
     * What is wanted.
     *
     * @param snapshot an id, the beginning of one, or {@code latest}
     * @param node only snapshots of this node; null for all
     * @param days how long it stays readable, 1 to 365
     * @param dryRun requests nothing
     * @param untilReadable returns only when everything can be read
     */
    public record Wanted(String snapshot, @Nullable String node, int days, boolean dryRun, boolean untilReadable) {}

    /** Told what a thaw needs and how far it is. */
    public interface Telling {
        /**
         * Before anything is requested.
         *
         * @param what containers, bytes, classes and how long they take, in words
         * @param cost a clause behind it, empty where it costs nothing
         */
        void needs(String snapshot, String node, String what, String cost);

        void thawing(int containers, long bytes);

        void warning(String text);
    }

    /** Returns whether everything that the snapshot needs can be read. */
    public boolean thaw(Actor actor, Wanted wanted, Telling telling) throws IOException, InterruptedException {
        if (wanted.days < 1 || wanted.days > MOST_DAYS) {
            throw UseCaseException.invalid("--days is 1 to " + MOST_DAYS + ", as the service allows");
        }
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            if (control.vaults().find(VaultRegistry.FIRST).isEmpty()) {
                throw UseCaseException.notFound("this appliance has no vault");
            }
            try (VaultKeys keys = Refusals.told(() -> credentials.unlock(directory));
                    LocalCopies copies = new LocalCopies(directory);
                    ObjectStore store = VaultRegistry.objects(control, VaultRegistry.FIRST, keys)) {
                if (copies.journal().root() == null
                        && copies.journal().state("recovering").isEmpty()) {
                    throw UseCaseException.notFound("the vault has no snapshots yet");
                }
                VaultRecovery vault =
                        Refusals.told(() -> VaultRecovery.rest(store, keys, copies.journal(), telling::warning));
                ListedSnapshot found = VaultSnapshots.of(vault).find(wanted.snapshot, wanted.node);
                BitSet containers = vault.containersOf(found.snapshot().id());
                control.audit()
                        .append(
                                actor.text(),
                                "vault thaw",
                                found.snapshot().id().toString(),
                                wanted.dryRun ? "looked" : "requested");
                Thaw thaw = new Thaw(store, copies.journal());
                Requests requests = days -> Refusals.told(() -> thaw.request(containers, copies::onVolume, days));
                // What it costs is said before anything is requested.
                Thaw.Plan plan = requests.request(0);
                if (!plan.frozen().isEmpty()) {
                    tell(control, found, plan, telling);
                }
                return thawed(requests, plan, wanted, telling);
            }
        }
    }

    /** Looks at the containers, and requests a thaw for so many days; 0 only looks. */
    private interface Requests {
        Thaw.Plan request(int days) throws IOException;
    }

    private static boolean thawed(Requests requests, Thaw.Plan plan, Wanted wanted, Telling telling)
            throws IOException, InterruptedException {
        Thaw.Plan now = wanted.dryRun || plan.frozen().isEmpty() ? plan : requests.request(wanted.days);
        for (long pause = FIRST_POLL_MILLIS; !now.ready(); pause = Math.min(POLL_MILLIS, 2 * pause)) {
            if (!wanted.dryRun) {
                int frozen = now.frozen().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum();
                telling.thawing(now.underWay() + frozen, now.bytes());
            }
            if (!wanted.untilReadable || wanted.dryRun) {
                return false;
            }
            Thread.sleep(pause);
            now = requests.request(wanted.days);
        }
        return true;
    }

    private static void tell(ControlDb control, ListedSnapshot found, Thaw.Plan plan, Telling telling)
            throws IOException {
        Frozen frozen = new Frozen();
        plan.frozen()
                .forEach((kept, count) ->
                        frozen.add(kept, count, plan.frozenBytes().getOrDefault(kept, 0L)));
        telling.needs(
                found.snapshot().id().toString(),
                found.snapshot().nodeName(),
                frozen.what(),
                frozen.cost(
                        VaultSettings.parse(
                                VaultRegistry.row(control, VaultRegistry.FIRST).settings()),
                        Prices.of(control)));
    }
}
