package dev.holdfast.server.access;

import java.util.Set;

/**
 * Who asks.
 *
 * @param nodes the only nodes that it sees, empty for all
 * @param csrf what a browser must send beside its cookie; empty for a token
 * @param provedAt when password and second factor were given last, ms since 1970; 0 for a token
 */
public record Principal(
        String user, Role role, Set<Permission> permissions, Set<String> nodes, String csrf, long provedAt) {
    public Principal {
        permissions = Set.copyOf(permissions);
        nodes = Set.copyOf(nodes);
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    public boolean sees(String node) {
        return nodes.isEmpty() || nodes.contains(node);
    }

    public boolean byToken() {
        return csrf.isEmpty();
    }
}
