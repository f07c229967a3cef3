package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.protocol.phrase.Phrase;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks for something, by which way, and what he may. Immutable.
 *
 * @param name of the user; for {@link Way#COMMAND} that of the machine's administrator
 * @param scope the nodes that he sees
 */
public record Actor(String name, Way way, Set<Permission> permissions, Scope scope) {
    /** How an actor reaches the appliance. */
    public enum Way {
        /** Signed in, by the console. */
        CONSOLE,
        /** By a token for programs. */
        TOKEN,
        /** By a command on the machine itself, which only its administrator can give. */
        COMMAND
    }

    /** The administrator of the machine, who can read the keys in the data directory and may do everything. */
    public static final Actor ADMINISTRATOR =
            new Actor("administrator", Way.COMMAND, EnumSet.allOf(Permission.class), Scope.allNodes());

    public Actor {
        permissions = Set.copyOf(permissions);
    }

    public static Actor of(Principal principal) {
        return new Actor(
                principal.user(),
                principal.byToken() ? Way.TOKEN : Way.CONSOLE,
                principal.permissions(),
                principal.scope());
    }

    /** As the audit log and tasks name him. */
    public String text() {
        return switch (way) {
            case CONSOLE -> "user " + name;
            case TOKEN -> "user " + name + " by token";
            case COMMAND -> name;
        };
    }

    /** Whose entries of the audit log are counted together. */
    public AuditLimiter.Source source() {
        return AuditLimiter.Source.user(name);
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** @throws UseCaseException where he may not */
    public void require(Permission permission) throws UseCaseException {
        if (!may(permission)) {
            throw UseCaseException.forbidden(Phrase.of("refused.permission").with("what", permission.words()));
        }
    }

    public boolean sees(String node) {
        return scope.sees(node);
    }

    /** Whether he sees what belongs to a node, or where that is empty, to the appliance as a whole. */
    public boolean seesWhatBelongsTo(String node) {
        return node.isEmpty() ? seesAll() : sees(node);
    }

    /** Whether he sees all nodes, and may thus be told of the appliance as a whole. */
    public boolean seesAll() {
        return scope.all();
    }

    /** @throws UseCaseException where he sees some nodes only */
    public void requireAllNodes() throws UseCaseException {
        if (!seesAll()) {
            throw UseCaseException.forbidden(Phrase.of("refused.all-nodes"));
        }
    }

    /** The nodes that he sees; null where he sees all. */
    public @Nullable List<String> nodes() {
        return scope.all() ? null : scope.names();
    }
}
