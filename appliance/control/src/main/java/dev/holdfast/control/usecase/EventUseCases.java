package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import java.io.IOException;
import java.util.List;

/** Events: listed and acknowledged. */
public final class EventUseCases {
    private final ControlDb control;
    private final AuditTrail audit;

    EventUseCases(ControlDb control) {
        this.control = control;
        this.audit = new AuditTrail(control);
    }

    /** @param next to be given as 'before' for those behind, 0 at the end */
    public record EventList(List<Events.Event> events, long next) {}

    /**
     * The newest first.
     *
     * @param open only those that nobody has acknowledged
     * @param before only events with smaller numbers
     */
    public EventList list(Actor actor, boolean open, long before, int limit) throws IOException {
        actor.require(Permission.VIEW);
        List<Events.Event> page = control.events().page(open, before, actor.nodes(), limit);
        return new EventList(page, page.size() < limit ? 0 : page.getLast().id());
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
            throw UseCaseException.notFound("there is no event " + id + " that waits to be acknowledged");
        }
        audit.allowed(actor, "acknowledge", "event " + id);
    }

    public void acknowledgeAll(Actor actor) throws IOException {
        actor.require(Permission.PROTECT);
        actor.requireAllNodes();
        audit.note(actor, "acknowledge", "all events", control.events().acknowledge(null) + " events");
    }
}
