package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Makes a {@link Principal} of a stored user. */
public final class Principals {
    private Principals() {}

    /** A user as programs act for him: without a session. */
    public static Principal of(UserTable.Row user) {
        return of(user, "", 0);
    }

    static Principal of(UserTable.Row user, String csrf, long provedAt) {
        Role role = Role.of(user.role());
        // An administrator sees all nodes, whatever the user saw before and will see afterwards.
        Scope scope = role == Role.ADMINISTRATOR ? Scope.allNodes() : Users.scope(user);
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        permissions.addAll(role.permissions());
        if (!scope.all()) {
            // These are about the whole appliance.
            permissions.removeAll(
                    EnumSet.of(Permission.USERS, Permission.SETTINGS, Permission.VAULTS, Permission.AUDIT));
        }
        return new Principal(user.name(), role, permissions, scope, csrf, provedAt);
    }

    /** A user who may sign in. */
    static Optional<UserTable.Row> active(ControlDb control, String name) throws IOException {
        return control.users().find(name).filter(user -> !user.disabled());
    }
}
