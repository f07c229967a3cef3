package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.HistoryTable;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What backups moved, and how the room that nodes use grew, day by day and by node. */
public final class ActivityUseCases {
    private static final int MOST_DAYS = 200;
    /** So many nodes are told of by name; the rest as one. */
    private static final int MOST_NODES = 10;

    private final ControlDb control;

    ActivityUseCases(ControlDb control) {
        this.control = control;
    }

    /**
     * Backups that ended on a day.
     *
     * @param received bytes that came from the nodes
     * @param content bytes of the files that were backed up, and {@code sent} those that went over the network for them, as
     *     far as clients told
     * @param millis that the backups took, added up
     */
    public record Day(long done, long failed, long received, long content, long sent, long millis) {
        private static final Day NONE = new Day(0, 0, 0, 0, 0, 0);

        private Day and(HistoryTable.Backups more) {
            return new Day(
                    done + more.done(),
                    failed + more.failed(),
                    received + more.received(),
                    content + more.content(),
                    sent + more.sent(),
                    millis + more.millis());
        }

        private Day and(Day more) {
            return new Day(
                    done + more.done,
                    failed + more.failed,
                    received + more.received,
                    content + more.content,
                    sent + more.sent,
                    millis + more.millis);
        }
    }

    /** A node's days; {@code node} is empty for all others together. */
    public record OfNode(String node, List<Day> days) {}

    /**
     * Day by day, the oldest first.
     *
     * @param zone in which days begin and end
     * @param days when each began
     * @param nodes those that sent most, the first of them most, then all others as one where there are more
     */
    public record Activity(String zone, List<Instant> days, List<OfNode> nodes) {}

    /**
     * What backups moved.
     *
     * @param node empty for all
     * @param zone as in {@code Europe/Berlin}; empty for that of the appliance
     */
    public Activity activity(Actor actor, String node, long days, String zone) throws IOException {
        actor.require(Permission.VIEW);
        List<String> scope = scope(actor, node, days);
        ZoneId place = zone(zone);
        List<Instant> begins = begins(place, (int) days);
        Map<String, Day[]> byNode = new HashMap<>();
        for (int i = 0; i < begins.size(); i++) {
            long until = i + 1 < begins.size() ? begins.get(i + 1).toEpochMilli() : Long.MAX_VALUE;
            for (HistoryTable.Backups each :
                    control.history().backups(begins.get(i).toEpochMilli(), until, scope)) {
                Day[] own = byNode.computeIfAbsent(each.node(), name -> none(begins.size()));
                own[i] = own[i].and(each);
            }
        }
        return new Activity(place.getId(), begins, most(byNode, begins.size()));
    }

    /** What a node used: as stored, of chunks that it refers to, and of those that no other node refers to. */
    public record Used(Instant at, long stored, long own) {}

    /** A node's samples, the oldest first; at most one a day. */
    public record Growing(String node, List<Used> samples) {}

    /** The ten nodes that refer to most, the first of them to most. */
    public record Growth(List<Growing> nodes) {}

    /**
     * How the room that nodes use grew.
     *
     * @param node empty for all
     */
    public Growth growth(Actor actor, String node, long days) throws IOException {
        actor.require(Permission.VIEW);
        List<String> scope = scope(actor, node, days);
        Map<String, List<Used>> byNode = new HashMap<>();
        for (UsageTable.Was each : control.usage().history(days, scope)) {
            byNode.computeIfAbsent(each.node(), name -> new ArrayList<>())
                    .add(new Used(each.at(), each.stored(), each.own()));
        }
        return new Growth(byNode.entrySet().stream()
                .map(each -> new Growing(each.getKey(), each.getValue()))
                .sorted(Comparator.comparingLong((Growing each) -> each.samples.getLast().stored)
                        .reversed()
                        .thenComparing(Growing::node))
                .limit(MOST_NODES)
                .toList());
    }

    private static @Nullable List<String> scope(Actor actor, String node, long days) throws UseCaseException {
        if (days < 1 || days > MOST_DAYS) {
            throw UseCaseException.invalid(Phrase.of("refused.days").with("most", MOST_DAYS));
        }
        if (!node.isEmpty() && !actor.sees(node)) {
            throw NodeUseCases.none(node);
        }
        return node.isEmpty() ? actor.nodes() : List.of(node);
    }

    private static ZoneId zone(String zone) throws UseCaseException {
        try {
            return zone.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Phrase.of("refused.time-zone").with("zone", AuditTrail.cut(zone, 40)));
        }
    }

    private static List<Instant> begins(ZoneId zone, int days) {
        LocalDate today = LocalDate.now(zone);
        List<Instant> begins = new ArrayList<>();
        for (int back = days - 1; back >= 0; back--) {
            begins.add(today.minusDays(back).atStartOfDay(zone).toInstant());
        }
        return begins;
    }

    private static Day[] none(int days) {
        Day[] none = new Day[days];
        java.util.Arrays.fill(none, Day.NONE);
        return none;
    }

    private static List<OfNode> most(Map<String, Day[]> byNode, int days) {
        List<OfNode> all = byNode.entrySet().stream()
                .map(each -> new OfNode(each.getKey(), List.of(each.getValue())))
                .sorted(Comparator.comparingLong(ActivityUseCases::received)
                        .reversed()
                        .thenComparing(OfNode::node))
                .toList();
        if (all.size() <= MOST_NODES) {
            return all;
        }
        Day[] others = none(days);
        for (OfNode each : all.subList(MOST_NODES, all.size())) {
            for (int i = 0; i < days; i++) {
                others[i] = others[i].and(each.days.get(i));
            }
        }
        List<OfNode> told = new ArrayList<>(all.subList(0, MOST_NODES));
        told.add(new OfNode("", List.of(others)));
        return told;
    }

    private static long received(OfNode node) {
        return node.days.stream().mapToLong(Day::received).sum();
    }
}
