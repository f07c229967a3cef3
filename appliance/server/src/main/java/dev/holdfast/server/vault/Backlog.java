package dev.holdfast.server.vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.vault.Forecast;
import dev.holdfast.control.vault.NodeBacklog;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How far a vault is behind, in all and for each node, and when it will have caught up. Found once in a round, for the
 * jobs that follow, and reported. What is stored between two rounds is reported before its backup is acknowledged. Used by
 * the service's thread, but for {@link #arrived}.
 */
final class Backlog implements VaultJob {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RATE = "bytesPerSecond";
    /** Shorter uploads do not measure the line. */
    private static final double LEAST_SECONDS = 2;

    private final ServiceState state;
    private final Vaults.OpenVault vault;
    private final Manifests manifests;
    private final VaultWriter writer;
    private final VaultStatus status;
    /** What was found last; null before the first time. */
    private @Nullable List<StoredSnapshot> found;

    private boolean refused;
    /** Stored since the last search began. */
    private final List<StoredSnapshot> arrived = new ArrayList<>();

    private long began;
    private long left;
    private double rate;
    private double noted;

    Backlog(ServiceState state, Manifests manifests, VaultWriter writer) throws IOException {
        this.state = state;
        this.vault = state.vault();
        this.manifests = manifests;
        this.writer = writer;
        this.status = state.status();
        this.rate = vault.journal().state(RATE).map(Double::parseDouble).orElse(0.0);
        this.noted = rate;
    }

    @Override
    public boolean due(Round round) {
        return true;
    }

    @Override
    public void run(Round round) throws IOException {
        List<StoredSnapshot> before = arrivedSoFar();
        List<StoredSnapshot> behind = writer.behind(round.selection());
        round.behind(behind);
        synchronized (this) {
            // The search saw them.
            arrived.removeAll(before);
            report(behind, state.refused());
        }
        // From now on the figures are of this place.
        status.set("url", state.url());
    }

    private synchronized List<StoredSnapshot> arrivedSoFar() {
        return List.copyOf(arrived);
    }

    /** A backup was stored, and its client was not told yet: from now on nobody reads that it is off-site. */
    synchronized void arrived(StoredSnapshot snapshot) throws IOException {
        if (!state.policy().selection().wants(snapshot, System.currentTimeMillis(), true)) {
            return;
        }
        arrived.add(snapshot);
        List<StoredSnapshot> known = found;
        if (known == null) {
            // The figures are of an earlier run, without this snapshot: better none, until the first search.
            status.set("url", "");
        } else {
            report(known, refused);
        }
    }

    /**
     * Reports how far the vault is behind.
     *
     * @param refused uploads are stopped until an administrator acts, so that there is no forecast
     */
    synchronized void report(List<StoredSnapshot> counted, boolean refused) throws IOException {
        found = counted;
        this.refused = refused;
        Set<UUID> offsite = offsite();
        arrived.removeIf(each -> offsite.contains(each.id()));
        Set<StoredSnapshot> together = new LinkedHashSet<>(counted);
        together.addAll(arrived);
        report(List.copyOf(together), offsite);
    }

    private void report(List<StoredSnapshot> behind, Set<UUID> offsite) throws IOException {
        if (rate != noted) {
            vault.journal().setState(RATE, Double.toString(rate));
            noted = rate;
        }
        long now = System.currentTimeMillis();
        long oldest = behind.stream().mapToLong(StoredSnapshot::committed).min().orElse(0);
        long bytes = behind.isEmpty() ? 0 : writer.backlogBytes();
        if (bytes == 0) {
            // Their containers are still open.
            for (StoredSnapshot each : behind) {
                bytes += SnapshotSummary.parse(each.summary()).counts().wireBytes();
            }
        }
        for (StoredSnapshot each : behind) {
            // There is always something to upload of a snapshot that is behind, and be it its manifest alone.
            bytes += manifests.path(each.node(), each.id()).toFile().length();
        }
        left = bytes;
        status.set("behind", behind.size());
        status.set("oldestBehind", oldest);
        status.set("backlogBytes", bytes);
        LocalDateTime here = VaultService.now();
        status.set(
                "doneBy",
                (refused ? Optional.<LocalDateTime>empty() : Forecast.done(state.policy(), here, bytes, rate))
                        .map(at -> at.atZone(ZoneId.systemDefault()).toInstant().toEpochMilli())
                        .orElse(0L));
        List<StoredSnapshot> all = manifests.list();
        status.set("nodes", JSON.writeValueAsString(nodes(all, behind, offsite, now)));
        // What was there when the vault was set, and what came since.
        status.set("historyBehind", behind.stream().filter(this::isHistory).count());
        status.set("history", all.stream().filter(this::isHistory).count());
    }

    private boolean isHistory(StoredSnapshot snapshot) {
        return snapshot.committed() < vault.addedAt();
    }

    private Set<UUID> offsite() throws IOException {
        return vault.journal().snapshots().all().stream()
                .filter(each -> each.published())
                .map(each -> each.id())
                .collect(Collectors.toSet());
    }

    private List<NodeBacklog> nodes(List<StoredSnapshot> all, List<StoredSnapshot> behind, Set<UUID> offsite, long now)
            throws IOException {
        Set<UUID> waiting = new HashSet<>();
        behind.forEach(each -> waiting.add(each.id()));
        NodeNames names = state.control().nodes().names();
        Map<String, List<StoredSnapshot>> byNode = new TreeMap<>();
        for (StoredSnapshot each : all) {
            byNode.computeIfAbsent(names.of(each.node(), each.nodeName()), name -> new ArrayList<>())
                    .add(each);
        }
        List<NodeBacklog> states = new ArrayList<>();
        for (Map.Entry<String, List<StoredSnapshot>> node : byNode.entrySet()) {
            int there = 0;
            long last = 0;
            int late = 0;
            long bytes = 0;
            long oldest = now;
            for (StoredSnapshot each : node.getValue()) {
                if (offsite.contains(each.id())) {
                    there++;
                    last = Math.max(last, each.committed());
                } else if (waiting.contains(each.id())) {
                    late++;
                    bytes += SnapshotSummary.parse(each.summary()).counts().wireBytes();
                    oldest = Math.min(oldest, each.committed());
                }
            }
            states.add(new NodeBacklog(
                    node.getKey(), node.getValue().size(), there, last, late, bytes, late == 0 ? 0 : oldest));
        }
        return states;
    }

    /** Notes that an upload begins. */
    synchronized void begin() {
        began = System.nanoTime();
    }

    /** Notes that so many bytes of the upload were stored. */
    synchronized void moved(long bytes) {
        status.set("backlogBytes", Math.max(0, left - bytes));
        double seconds = (System.nanoTime() - began) / 1e9;
        if (seconds < LEAST_SECONDS || state.policy().bytesPerSecond(VaultService.now()) != 0) {
            return;
        }
        rate = bytes / seconds;
    }
}
