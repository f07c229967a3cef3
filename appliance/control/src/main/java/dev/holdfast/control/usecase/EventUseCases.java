package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventFilter;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Part;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Events: listed and acknowledged. */
public final class EventUseCases {
    private static final int EXPORTED_AT_ONCE = 1000;

    private final ControlDb control;
    private final AuditTrail audit;

    EventUseCases(ControlDb control) {
        this.control = control;
        this.audit = new AuditTrail(control);
    }

    /** @param next to be given as 'before' for those behind, 0 at the end */
    public record EventList(List<Events.Event> events, long next) {}

    /**
     * Which events a list has.
     *
     * @param open only those that nobody has acknowledged
     * @param severity a severity's name, empty for all; so are kind, node, the node's tag, and part of the message
     * @param since when they were raised at the earliest; null for all
     */
    public record Filter(
            boolean open,
            String severity,
            String kind,
            String node,
            String tag,
            String text,
            @Nullable Instant since) {}

    public EventList list(Actor actor, Filter filter, ListPart part) throws IOException {
        actor.require(Permission.VIEW);
        List<Events.Event> page = control.events().page(checked(filter), actor.nodes(), part.part());
        return new EventList(
                page, page.size() < part.limit() ? 0 : page.getLast().id());
    }

    /** An event of an export. */
    public record Exported(
            long id,
            Instant at,
            String severity,
            String kind,
            String node,
            String message,
            @Nullable Instant acknowledged) {
        static Exported of(Events.Event event) {
            return new Exported(
                    event.id(),
                    event.at(),
                    event.severity().name().toLowerCase(Locale.ROOT),
                    event.kind(),
                    event.node(),
                    event.message(),
                    event.acknowledged());
        }
    }

    /** All events of a list, whatever its length. */
    public void export(Actor actor, Filter filter, boolean oldest, ListSink<Exported> sink) throws IOException {
        actor.require(Permission.VIEW);
        EventFilter asked = checked(filter);
        audit.read(actor, "export events", "");
        Part part = new ListPart(oldest, null, EXPORTED_AT_ONCE).part();
        List<Events.Event> page = control.events().page(asked, actor.nodes(), part);
        while (!page.isEmpty()) {
            for (Events.Event each : page) {
                sink.take(Exported.of(each));
            }
            page = control.events()
                    .page(asked, actor.nodes(), part.behind(page.getLast().id()));
        }
    }

    private static EventFilter checked(Filter filter) throws UseCaseException {
        return new EventFilter(
                filter.open,
                filter.severity.isEmpty() ? null : severity(filter.severity),
                filter.kind,
                filter.node,
                filter.tag.toLowerCase(Locale.ROOT),
                filter.text,
                filter.since);
    }

    private static Events.Severity severity(String text) throws UseCaseException {
        return Arrays.stream(Events.Severity.values())
                .filter(each -> each.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> UseCaseException.invalid(
                        Choices.refusal("severity of events", text, Choices.of(Events.Severity.values()))));
    }

    /** The kind of an event as people read it; programs know it by its stored text. */
    public static String kindInWords(String kind) {
        return EventKinds.words(kind);
    }

    public void acknowledge(Actor actor, long id) throws IOException {
        actor.require(Permission.PROTECT);
        boolean seen = control.events().after(id - 1, 1).stream()
                .anyMatch(each -> each.id() == id && actor.seesWhatBelongsTo(each.node()));
        if (!seen || control.events().acknowledge(id) == 0) {
            throw UseCaseException.notFound(Phrase.of("event.none-open").with("event", id));
        }
        audit.allowed(actor, "acknowledge", "event " + id);
    }

    public void acknowledgeAll(Actor actor) throws IOException {
        actor.require(Permission.PROTECT);
        actor.requireAllNodes();
        audit.note(actor, "acknowledge", "all events", control.events().acknowledge(null) + " events");
    }
}
