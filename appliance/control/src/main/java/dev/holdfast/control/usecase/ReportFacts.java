package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DamageTable;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.HistoryTable;
import dev.holdfast.control.report.Report;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what a report tells. The verdict and what is wrong are those of the overview. */
final class ReportFacts {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_ATTENTION = 50;
    private static final int MOST_CHARACTERS = 300;

    private final ControlDb control;
    private final Engine engine;
    private final OverviewUseCases overview;

    ReportFacts(ControlDb control, Engine engine, OverviewUseCases overview) {
        this.control = control;
        this.engine = engine;
        this.overview = overview;
    }

    /** @param actor who sees all nodes */
    Report of(Actor actor, Instant from, Instant until, ZoneId zone) throws IOException {
        OverviewUseCases.Overview now = overview.overview(actor);
        List<Need> needs = now.needs();
        return new Report(
                HostName.own(),
                from,
                until,
                zone.getId(),
                now.verdict(),
                needs.stream().limit(MOST_ATTENTION).map(ReportFacts::attention).toList(),
                Math.max(0, needs.size() - MOST_ATTENTION),
                runs(from, until),
                moved(from, until, now.usedBytes()),
                new Report.Stored(
                        now.usedBytes(), now.capacityBytes(), now.growth().fullAt()),
                vaults(),
                drills(from, until, now.protection()),
                damage());
    }

    private static Report.Attention attention(Need need) {
        return new Report.Attention(
                need.kind(),
                need.severity().equals("alert"),
                need.node(),
                AuditTrail.cut(need.title(), MOST_CHARACTERS),
                need.about(),
                AuditTrail.cut(need.text(), MOST_CHARACTERS),
                need.phrase(),
                need.plan(),
                need.task(),
                need.since());
    }

    private List<HistoryTable.Backups> backups(Instant from, Instant until) throws IOException {
        return control.history().backups(from.toEpochMilli(), until.toEpochMilli(), null);
    }

    private Report.Runs runs(Instant from, Instant until) throws IOException {
        List<HistoryTable.Backups> backups = backups(from, until);
        return new Report.Runs(
                backups.stream().mapToLong(HistoryTable.Backups::done).sum(),
                backups.stream().mapToLong(HistoryTable.Backups::warned).sum(),
                backups.stream().mapToLong(HistoryTable.Backups::failed).sum());
    }

    private Report.Moved moved(Instant from, Instant until, long used) throws IOException {
        List<HistoryTable.Backups> backups = backups(from, until);
        List<HistoryTable.Sample> samples = control.history().samples(from.toEpochMilli());
        @Nullable
        Long growth = samples.isEmpty() ? null : used - samples.getFirst().usedBytes();
        return new Report.Moved(
                backups.stream().mapToLong(HistoryTable.Backups::content).sum(),
                backups.stream().mapToLong(HistoryTable.Backups::received).sum(),
                growth);
    }

    private List<Report.Vault> vaults() throws IOException {
        return VaultState.all(control, engine.running()).stream()
                .map(each -> new Report.Vault(
                        each.name(), each.lastSuccess(), each.snapshotsBehind(), each.backlogBytes(), error(each)))
                .toList();
    }

    private static @Nullable Phrase error(VaultState vault) {
        Phrase phrase = vault.errorPhrase();
        return phrase == null && !vault.error().isEmpty() ? Phrase.plain(vault.error()) : phrase;
    }

    private Report.Drills drills(Instant from, Instant until, List<OverviewUseCases.Protection> machines)
            throws IOException {
        int passed = 0;
        int failed = 0;
        for (DrillTable.Drill each : control.drills().between(from.toEpochMilli(), until.toEpochMilli())) {
            if (JSON.readTree(each.report()).path("passed").asBoolean()) {
                passed++;
            } else {
                failed++;
            }
        }
        int without =
                (int) machines.stream().filter(each -> !each.rehearsalPassed()).count();
        return new Report.Drills(passed, failed, without);
    }

    private Report.Damage damage() throws IOException {
        DamageTable.Totals totals = control.damage().totals(null);
        return new Report.Damage(totals.files(), totals.snapshots(), totals.namesLost());
    }
}
