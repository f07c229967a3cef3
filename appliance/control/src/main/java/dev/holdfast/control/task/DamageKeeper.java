package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DamageTable;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.check.Scrub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps what is known to be damaged, and whom it hurts, as it is: found by a scrub, gone once it is healed from a vault, stored
 * anew by a client, or needed by no snapshot. One thread's.
 */
final class DamageKeeper {
    /** Findings that a task's log and result name. */
    private static final int SHOWN_FINDINGS = 100;

    private static final int SHOWN_SNAPSHOTS = 3;
    private static final int SHOWN_PATHS = 5;
    private static final int SHOWN_HURTS = 1000;

    private final ControlDb control;
    private final Store store;

    DamageKeeper(ControlDb control, Store store) {
        this.control = control;
        this.store = store;
    }

    /** What a task's result says of a finding. */
    record Shown(String kind, String file, String what, List<ShownHurt> hurts) {}

    /** @param path and what follows it, where the names are lost */
    record ShownHurt(String snapshot, String node, String path) {}

    /** Whether something is or may be damaged, so that it is worth a look. */
    boolean due(SuspectContainers doubts) throws IOException {
        return control.damage().any() || !doubts.numbers().isEmpty();
    }

    /** Notes what a scrub healed. */
    void healed(Scrub.Outcome outcome, TaskContext context) throws IOException {
        Phrase how = vaults();
        for (int number : outcome.healed()) {
            healed(Phrase.of("healed.container").with("number", String.format("%08x", number)), how, context);
        }
        for (String manifest : outcome.healedManifests()) {
            healed(Phrase.of("healed.manifest").with("file", manifest), how, context);
        }
    }

    private void healed(Phrase what, Phrase how, TaskContext context) throws IOException {
        control.audit().append("scrub", "heal", what.english(), how.english());
        control.damage().healed(what, how, context.task().id());
        context.log(Phrase.of("log.healed").with("what", what).with("how", how));
    }

    private Phrase vaults() throws IOException {
        List<String> names =
                control.vaults().list().stream().map(VaultRow::name).sorted().toList();
        return names.size() == 1
                ? Phrase.of("healed.from-vault").with("vault", names.getFirst())
                : Phrase.of("healed.from-vaults").with("vaults", String.join(", ", names));
    }

    /**
     * Looks at the whole store again, replaces what was known, and tells people of what is new.
     *
     * @param containers whose data are read; of the others what lists and indexes say counts
     * @return what is damaged
     */
    List<Finding> look(Set<Integer> containers, TaskContext context) throws IOException {
        boolean known = control.damage().any();
        Checker.Report report = store.checker().run(containers::contains, context::step);
        HurtPages.keep(control, store, report.pages());
        List<Finding> findings = report.findings();
        boolean worse = control.damage().replace(findings, context.task().id());
        if (findings.isEmpty()) {
            control.events().close(EventKinds.DAMAGE, null);
            control.events().close(EventKinds.VOLUME_LOST, null);
            if (known) {
                context.log(Phrase.of("log.nothing-damaged"));
                control.damage()
                        .healed(
                                Phrase.of("healed.all"),
                                Phrase.of("healed.readable"),
                                context.task().id());
            }
            return findings;
        }
        NodeNames names = control.nodes().names();
        for (Finding each : findings.subList(0, Math.min(findings.size(), SHOWN_FINDINGS))) {
            context.log(sentence(each, names));
        }
        if (findings.size() > SHOWN_FINDINGS) {
            context.log(Phrase.of("log.more-findings")
                    .with("count", findings.size() - SHOWN_FINDINGS)
                    .with("command", control.command("damage")));
        }
        if (worse) {
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            EventKinds.DAMAGE,
                            null,
                            Phrase.of("event.damage")
                                    .with("summary", summary())
                                    .with("command", control.command("damage")));
        }
        control.audit().append(context.task().requestedBy(), "scrub", count(findings.size(), "finding"), "DAMAGED");
        return findings;
    }

    /** What is known to be damaged, in numbers. */
    Phrase summary() throws IOException {
        DamageTable.Totals totals = control.damage().totals(null);
        boolean more = totals.namesLost() || !totals.complete();
        Phrase summary = more ? Phrase.of("found.damage-at-least") : Phrase.of("found.damage");
        return summary.with("findings", Phrase.of("found.findings").with("count", totals.findings()))
                .with("files", Phrase.of("found.files").with("count", totals.files()))
                .with("snapshots", Phrase.of("found.snapshots").with("count", totals.snapshots()))
                .with("nodes", Phrase.of("found.nodes").with("count", totals.nodes()));
    }

    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** For people: what is damaged, and the first of those that it hurts. */
    static Phrase sentence(Finding finding, NodeNames names) {
        Map<String, List<Finding.Hurt>> bySnapshot = finding.hurts().stream()
                .collect(Collectors.groupingBy(
                        each -> each.snapshot().toString(), LinkedHashMap::new, Collectors.toList()));
        Phrase what = Phrase.plain(what(finding));
        if (bySnapshot.isEmpty()) {
            return Phrase.of("log.finding-alone").with("what", what);
        }
        List<Phrase> hurts = new ArrayList<>();
        for (List<Finding.Hurt> each : bySnapshot.values()) {
            if (hurts.size() == SHOWN_SNAPSHOTS) {
                hurts.add(Phrase.of("log.more-snapshots").with("count", bySnapshot.size() - SHOWN_SNAPSHOTS));
                break;
            }
            hurts.add(hurt(each, names));
        }
        return Phrase.of("log.finding").with("what", what).with("hurts", hurts);
    }

    private static String what(Finding finding) {
        String what = finding.what();
        if (what.contains(finding.file())) {
            return what;
        }
        boolean verb = what.startsWith("is ") || what.startsWith("lacks ") || what.startsWith("does not ");
        return finding.file() + (verb ? " " : ": ") + what;
    }

    /** What is hurt in one snapshot. */
    private static Phrase hurt(List<Finding.Hurt> hurts, NodeNames names) {
        Finding.Hurt first = hurts.getFirst();
        Phrase said = Phrase.of("log.hurt")
                .with("snapshot", first.snapshot().toString().substring(0, 8))
                .with("node", names.of(first.node(), first.nodeName()))
                .with(
                        "paths",
                        hurts.stream()
                                .limit(SHOWN_PATHS)
                                .map(Finding.Hurt::path)
                                .collect(Collectors.joining(", ")));
        if (hurts.size() > SHOWN_PATHS) {
            said = Phrase.of("log.hurt-more").with("hurt", said).with("count", hurts.size() - SHOWN_PATHS);
        }
        return hurts.stream().anyMatch(Finding.Hurt::more)
                ? Phrase.of("log.hurt-unnamed").with("hurt", said)
                : said;
    }

    /** For a task's result: bounded, with the names that nodes have now. */
    List<Shown> shown(List<Finding> findings) throws IOException {
        NodeNames names = control.nodes().names();
        int left = SHOWN_HURTS;
        List<Shown> shown = new ArrayList<>();
        for (Finding each : findings.subList(0, Math.min(findings.size(), SHOWN_FINDINGS))) {
            List<ShownHurt> hurts = each.hurts().stream()
                    .limit(left)
                    .map(hurt -> new ShownHurt(
                            hurt.snapshot().toString(), names.of(hurt.node(), hurt.nodeName()), hurt.text()))
                    .toList();
            left -= hurts.size();
            shown.add(new Shown(each.kind().name(), each.file(), each.what(), hurts));
        }
        return shown;
    }
}
