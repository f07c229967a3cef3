package dev.holdfast.control.access;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param scope the nodes that it sees
 * @param csrf what a browser must send beside its cookie; empty for a token
 * @param provedAt when password and second factor were given last, ms since 1970; 0 for a token
 */
public record Principal(String user, Role role, Set<Permission> permissions, Scope scope, String csrf, long provedAt) {
    public Principal {
        permissions = Set.copyOf(permissions);
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    public boolean sees(String node) {
        return scope.sees(node);
    }

    /** Whether it sees all nodes, and may thus be told of the appliance as a whole. */
    public boolean seesAll() {
        return scope.all();
    }

    /** The nodes that it sees; null where it sees all. */
    public @Nullable List<String> nodes() {
        return scope.all() ? null : scope.names();
    }

    public boolean byToken() {
        return csrf.isEmpty();
    }
}
