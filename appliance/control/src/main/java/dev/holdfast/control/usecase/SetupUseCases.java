package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.setup.SetupStep;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What of the first setup is still open, and how far it got. */
public final class SetupUseCases {
    private final ControlDb control;
    private final Engine engine;
    /** Is put off like a point, once a person has seen what is open. */
    private static final String INTRODUCTION = "introduction";

    private final SetupRecord record;
    private final ClientAddress address;
    private final AuditTrail audit;

    SetupUseCases(ControlDb control, Engine engine, ClientAddress address) {
        this.control = control;
        this.engine = engine;
        this.address = address;
        this.record = new SetupRecord(control);
        this.audit = new AuditTrail(control);
    }

    /** What an appliance should have, with the reason and the command for those who do not use the console. */
    public enum Point {
        ADMINISTRATOR("nobody can sign in to the console", "user add NAME --role administrator --password-file F"),
        PASSWORD(
                "the administrator's password was made up by the setup and lies in a file",
                "user set-password NAME --password-file F"),
        RECOVERY_KEY(
                "nobody has confirmed to have the recovery sheet; without it, a lost appliance means lost backups",
                "setup --confirm-recovery-key F"),
        VAULT("there is no vault: backups are lost with this appliance", "vault set URL"),
        ALERTS("nobody is told of problems", "alert mail NAME --host H --from A --to B"),
        PLAN("no plan says what machines back up, and when", "plan set NAME --path DIR --schedule @daily"),
        NODE("no machine is enrolled", "token create");

        private final String why;
        private final String command;

        Point(String why, String command) {
            this.why = why;
            this.command = command;
        }

        /** As the API names it: {@code recovery-key}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static Optional<Point> of(String text) {
            for (Point each : values()) {
                if (each.text().equals(text)) {
                    return Optional.of(each);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * What is open.
     *
     * @param command of the appliance that closes it, with words in capitals to be replaced
     * @param dismissed whether somebody decided to leave it open
     */
    public record OpenPoint(String point, String why, String command, boolean dismissed) {}

    /**
     * How the setup stands.
     *
     * @param whole whether no setup was interrupted
     * @param introduce whether a setup made the appliance, and nobody has seen in the console yet what is open
     * @param clients where clients connect; empty where no appliance runs
     * @param certificate what the appliance's certificate names; empty where no appliance runs
     */
    public record Shown(
            boolean whole, boolean introduce, String clients, List<String> certificate, List<OpenPoint> open) {}

    public Shown show(Actor actor) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        List<String> dismissed = record.dismissed();
        List<OpenPoint> open = new ArrayList<>();
        for (Point each : Point.values()) {
            if (isOpen(each)) {
                open.add(new OpenPoint(each.text(), each.why, each.command, dismissed.contains(each.text())));
            }
        }
        String host = address.host();
        return new Shown(
                !record.unfinished(),
                record.finished() && !open.isEmpty() && !dismissed.contains(INTRODUCTION),
                host.isEmpty()
                        ? ""
                        : "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.port(),
                address.certificateNames(),
                List.copyOf(open));
    }

    private boolean isOpen(Point point) throws IOException {
        return switch (point) {
            case ADMINISTRATOR -> administrators().isEmpty();
            case PASSWORD -> {
                for (UserTable.Row each : administrators()) {
                    if (record.hasGenerated(each)) {
                        yield true;
                    }
                }
                yield false;
            }
            case RECOVERY_KEY -> !record.confirmed(engine.directory().keyring());
            case VAULT -> control.vaults().list().isEmpty();
            case ALERTS -> control.alertChannels().all().isEmpty();
            case PLAN -> control.plans().count() == 0;
            case NODE -> control.nodes().list().stream().noneMatch(Node::active);
        };
    }

    private List<UserTable.Row> administrators() throws IOException {
        return control.users().all().stream()
                .filter(each -> each.role().equals(Role.ADMINISTRATOR.text()) && !each.disabled())
                .toList();
    }

    /**
     * Leaves a point open on purpose.
     *
     * @param point of {@link Point}; or {@code introduction}, which ends that the console begins with what is open
     */
    public void dismiss(Actor actor, String point) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        if (!point.equals(INTRODUCTION) && Point.of(point).isEmpty()) {
            throw UseCaseException.notFound(Phrase.of("setup.no-point").with("point", AuditTrail.cut(point, 50)));
        }
        record.dismiss(point);
        audit.allowed(actor, "setup dismiss", point);
    }

    // ---- the setup itself

    /** Whether a step was carried out, or left out on purpose. */
    public boolean done(Actor actor, SetupStep step) throws IOException {
        actor.require(Permission.SETTINGS);
        return record.done(step);
    }

    /** Notes that a step was carried out, or left out on purpose. */
    public void finish(Actor actor, SetupStep step) throws IOException {
        actor.require(Permission.SETTINGS);
        record.finish(step);
    }

    /** Notes that a user's password was made up. */
    public void generated(Actor actor, String user) throws IOException {
        actor.require(Permission.USERS);
        Optional<UserTable.Row> row = control.users().find(user);
        if (row.isPresent()) {
            record.generated(row.get());
        }
    }

    /** Ends the setup. */
    public void finish(Actor actor) throws IOException {
        actor.require(Permission.SETTINGS);
        record.finish();
        audit.allowed(actor, "setup", "finished");
    }
}
