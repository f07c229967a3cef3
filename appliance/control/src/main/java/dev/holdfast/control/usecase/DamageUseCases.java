package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DamageTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What of the stored data is known to be damaged, whom it hurts, and what was healed. */
public final class DamageUseCases {
    private static final int SHOWN_FINDINGS = 100;
    private static final int SHOWN_HEALED = 100;
    /** Of the texts in one page. */
    private static final long MOST_CHARACTERS = 1 << 20;

    private final ControlDb control;
    private final Engine engine;

    DamageUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
    }

    /**
     * A machine with damaged snapshots.
     *
     * @param files by their paths, however many snapshots have them
     * @param namesLost whether there are more, whose names are lost
     */
    public record Machine(String node, long files, boolean namesLost, long snapshots, Instant since) {}

    /**
     * A path of a snapshot that cannot be restored whole.
     *
     * @param taken when the snapshot was; null where it is not known any more
     * @param more whether what follows the path is damaged too; the names are lost
     * @param file what is damaged in the store, and {@code what} is wrong with it
     */
    public record Hurt(
            String node,
            UUID snapshot,
            @Nullable Instant taken,
            String path,
            boolean more,
            Instant since,
            String file,
            String what) {}

    /**
     * All that is known.
     *
     * @param looked when the store was looked at last after damage was found; null for never
     * @param findings how many things are damaged, as far as they hurt nodes that the caller sees
     * @param files by node and path, however many snapshots have them
     * @param namesLost whether more files are damaged, whose names are lost
     * @param complete whether everything that was found is kept; otherwise there is more than what is told
     * @param machines that are hurt
     * @param hurts a page of paths
     * @param damaged the first 100 things that are damaged, {@code healed} the last 100 that were healed; empty for users who
     *     see some nodes only
     * @param next to be given as 'after' for the paths behind these, empty at the end
     */
    public record Damage(
            @Nullable Instant looked,
            long findings,
            long files,
            boolean namesLost,
            long snapshots,
            boolean complete,
            List<Machine> machines,
            List<Hurt> hurts,
            List<DamageTable.Damage> damaged,
            List<DamageTable.Healed> healed,
            String next) {}

    /**
     * What is known to be damaged, with a page of paths by snapshot.
     *
     * @param node whose paths; empty for all
     * @param after as an answer before this one gave it, empty for the beginning
     */
    public Damage damage(Actor actor, String node, String after, int limit) throws IOException {
        actor.require(Permission.VIEW);
        boolean all = actor.seesAll();
        DamageTable table = control.damage();
        String[] from = after.split(":", 2);
        if (!after.isEmpty() && from.length != 2) {
            throw UseCaseException.invalid(Phrase.of("damage.no-place").with("place", after));
        }
        DamageTable.Totals totals = table.totals(actor.nodes());
        List<Machine> machines = table.nodes().stream()
                .filter(each -> actor.sees(each.node()))
                .map(each -> new Machine(each.node(), each.files(), each.namesLost(), each.snapshots(), each.since()))
                .toList();
        Map<UUID, Instant> taken = new HashMap<>();
        List<Hurt> hurts = new ArrayList<>();
        long characters = 0;
        String next = "";
        for (DamageTable.Hurt each : table.page(
                node, actor.nodes(), after.isEmpty() ? "" : from[0], after.isEmpty() ? "" : from[1], limit + 1)) {
            if (hurts.size() == limit || characters > MOST_CHARACTERS) {
                Hurt last = hurts.getLast();
                next = last.snapshot + ":" + last.path;
                break;
            }
            if (!taken.containsKey(each.snapshot())) {
                engine.snapshot(each.snapshot())
                        .ifPresent(found -> taken.put(found.id(), Instant.ofEpochMilli(found.committed())));
            }
            hurts.add(new Hurt(
                    each.node(),
                    each.snapshot(),
                    taken.get(each.snapshot()),
                    each.path(),
                    each.more(),
                    each.since(),
                    all ? each.file() : "",
                    all ? each.what() : ""));
            characters +=
                    each.path().length() + each.file().length() + each.what().length();
        }
        return new Damage(
                totals.looked(),
                totals.findings(),
                totals.files(),
                totals.namesLost(),
                totals.snapshots(),
                totals.complete(),
                machines,
                hurts,
                all ? table.findings(SHOWN_FINDINGS) : List.of(),
                all ? table.healed(SHOWN_HEALED) : List.of(),
                next);
    }
}
