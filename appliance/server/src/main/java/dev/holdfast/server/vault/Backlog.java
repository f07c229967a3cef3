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
import java.util.Comparator;
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
    private final OpenVault vault;
    private final Manifests manifests;
    private final VaultWriter writer;
    private final VaultStatus status;
    /** What was reported last; null before the first time. */
    private @Nullable Figures reported;

    /** Stored since the last search began. */
    private final List<StoredSnapshot> arrived = new ArrayList<>();

    private long began;
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

    /**
     * A backup was stored, and its client was not told yet: from now on nobody reads that it is off-site.
     *
     * @return whether it belongs in this vault
     */
    synchronized boolean arrived(StoredSnapshot snapshot) throws IOException {
        if (!state.policy().selection().wants(snapshot, System.currentTimeMillis(), true)) {
            return false;
        }
        arrived.add(snapshot);
        if (reported == null) {
            // The figures are of an earlier run, without this snapshot: better none, until the first search.
            status.set("url", "");
            return true;
        }
        // The client waits: one snapshot is added to the figures, without a look at all others.
        String node = state.control().nodes().names().of(snapshot.node(), snapshot.nodeName());
        publish(reported.with(snapshot, node, wireBytes(snapshot), listBytes(snapshot)));
        return true;
    }

    /**
     * Reports how far the vault is behind.
     *
     * @param refused uploads are stopped until an administrator acts, so that there is no forecast
     */
    synchronized void report(List<StoredSnapshot> counted, boolean refused) throws IOException {
        Set<UUID> offsite = offsite();
        arrived.removeIf(each -> offsite.contains(each.id()));
        Set<StoredSnapshot> together = new LinkedHashSet<>(counted);
        together.addAll(arrived);
        report(List.copyOf(together), offsite, refused);
    }

    private void report(List<StoredSnapshot> behind, Set<UUID> offsite, boolean refused) throws IOException {
        if (rate != noted) {
            vault.journal().setState(RATE, Double.toString(rate));
            noted = rate;
        }
        long oldest = behind.stream().mapToLong(StoredSnapshot::committed).min().orElse(0);
        long bytes = behind.isEmpty() ? 0 : writer.backlogBytes();
        if (bytes == 0) {
            // Their containers are still open.
            for (StoredSnapshot each : behind) {
                bytes += wireBytes(each);
            }
        }
        for (StoredSnapshot each : behind) {
            bytes += listBytes(each);
        }
        List<StoredSnapshot> all = manifests.list();
        publish(new Figures(behind.size(), oldest, bytes, refused, nodes(all, behind, offsite)));
        // What was there when the vault was set, and what came since.
        status.set("historyBehind", behind.stream().filter(this::isHistory).count());
        status.set("history", all.stream().filter(this::isHistory).count());
    }

    private void publish(Figures figures) throws IOException {
        reported = figures;
        status.set("behind", figures.behind());
        status.set("oldestBehind", figures.oldest());
        status.set("backlogBytes", figures.bytes());
        LocalDateTime here = VaultService.now();
        status.set(
                "doneBy",
                (figures.refused()
                                ? Optional.<LocalDateTime>empty()
                                : Forecast.done(state.policy(), here, figures.bytes(), rate))
                        .map(at -> at.atZone(ZoneId.systemDefault()).toInstant().toEpochMilli())
                        .orElse(0L));
        status.set("nodes", JSON.writeValueAsString(figures.nodes()));
    }

    private static long wireBytes(StoredSnapshot snapshot) throws IOException {
        return SnapshotSummary.parse(snapshot.summary()).counts().wireBytes();
    }

    /** There is always something to upload of a snapshot that is behind, and be it its manifest alone. */
    private long listBytes(StoredSnapshot snapshot) {
        return manifests.path(snapshot.node(), snapshot.id()).toFile().length();
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

    private List<NodeBacklog> nodes(List<StoredSnapshot> all, List<StoredSnapshot> behind, Set<UUID> offsite)
            throws IOException {
        long now = System.currentTimeMillis();
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
                    bytes += wireBytes(each);
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
        Figures last = reported;
        status.set("backlogBytes", last == null ? 0 : Math.max(0, last.bytes() - bytes));
        double seconds = (System.nanoTime() - began) / 1e9;
        if (seconds < LEAST_SECONDS || state.policy().bytesPerSecond(VaultService.now()) != 0) {
            return;
        }
        rate = bytes / seconds;
    }

    /** Snapshots and bytes that are not off-site, in all and for each node. */
    private record Figures(int behind, long oldest, long bytes, boolean refused, List<NodeBacklog> nodes) {
        /** One snapshot more that is behind. */
        Figures with(StoredSnapshot snapshot, String node, long wireBytes, long listBytes) {
            List<NodeBacklog> more = new ArrayList<>();
            NodeBacklog row = new NodeBacklog(node, 0, 0, 0, 0, 0, 0);
            for (NodeBacklog each : nodes) {
                if (each.node().equals(node)) {
                    row = each;
                } else {
                    more.add(each);
                }
            }
            more.add(new NodeBacklog(
                    node,
                    row.snapshots() + 1,
                    row.offsite(),
                    row.lastOffsite(),
                    row.behind() + 1,
                    row.bytesBehind() + wireBytes,
                    row.behind() == 0 ? snapshot.committed() : row.oldestBehind()));
            more.sort(Comparator.comparing(NodeBacklog::node));
            return new Figures(
                    behind + 1,
                    behind == 0 ? snapshot.committed() : Math.min(oldest, snapshot.committed()),
                    bytes + wireBytes + listBytes,
                    refused,
                    List.copyOf(more));
        }
    }
}
