package dev.holdfast.server.api;

import dev.holdfast.server.access.Access;
import dev.holdfast.server.access.Permission;
import dev.holdfast.server.access.Role;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.UserTable;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Users, their roles, and tokens for programs. */
final class UserRoutes {
    private final Access access;
    private final ControlDb control;

    UserRoutes(Access access, ControlDb control) {
        this.access = access;
        this.control = control;
    }

    record User(String name, String role, List<String> nodes, boolean secondFactor, boolean disabled, long createdAt) {}

    record UserList(List<User> users) {}

    record NewUser(
            String name,
            String password,
            String role,
            @Nullable List<String> nodes) {}

    record Change(String role, @Nullable List<String> nodes, boolean disabled) {}

    record Token(
            String id,
            String user,
            String description,
            List<String> permissions,
            long createdAt,
            long expiresAt,
            @Nullable Long usedAt) {}

    record TokenList(List<Token> tokens) {}

    record NewToken(String description, List<String> permissions, int days) {}

    /** @param secret told this once */
    record MadeToken(String id, String secret) {}

    List<Route> routes() {
        return List.of(
                Route.get("/users", Permission.USERS, "Users", UserList.class, this::list),
                Route.post("/users", Permission.USERS, "Makes a user", NewUser.class, Void.class, this::add)
                        .proven(),
                Route.put(
                                "/users/{name}",
                                Permission.USERS,
                                "Changes a user's role, at once",
                                Change.class,
                                this::change)
                        .proven(),
                Route.delete(
                                "/users/{name}",
                                Permission.USERS,
                                "Removes a user, with sessions and tokens",
                                this::remove)
                        .proven(),
                Route.delete(
                                "/users/{name}/second-factor",
                                Permission.USERS,
                                "Takes a lost second factor from a user",
                                this::removeSecondFactor)
                        .proven(),
                Route.get(
                        "/tokens",
                        Permission.VIEW,
                        "One's own tokens; all, for those who may see users",
                        TokenList.class,
                        this::tokens),
                Route.post(
                                "/tokens",
                                Permission.VIEW,
                                "Makes a token for a program",
                                NewToken.class,
                                MadeToken.class,
                                this::addToken)
                        .proven(),
                Route.delete("/tokens/{id}", Permission.VIEW, "Ends a token", this::removeToken)
                        .person());
    }

    private Object list(Call call) throws IOException {
        return new UserList(control.users().all().stream()
                .map(each -> new User(
                        each.name(),
                        each.role(),
                        Access.nodes(each.nodes()).stream().sorted().toList(),
                        each.totp() != null,
                        each.disabled(),
                        each.createdAt()))
                .toList());
    }

    private static Set<String> nodes(@Nullable List<String> nodes) {
        return nodes == null ? Set.of() : Set.copyOf(nodes);
    }

    private Object add(Call call) throws IOException {
        NewUser wanted = call.body(NewUser.class);
        access.addUser(
                Objects.requireNonNullElse(wanted.name, ""),
                Objects.requireNonNullElse(wanted.password, ""),
                Role.of(Objects.requireNonNullElse(wanted.role, "")),
                nodes(wanted.nodes));
        control.audit(call.actor(), "user add", wanted.name + " " + wanted.role, "allowed");
        return Route.DONE;
    }

    private UserTable.Row user(Call call) throws IOException {
        return control.users()
                .find(call.path("name"))
                .orElseThrow(() -> Problem.notFound("there is no user '" + call.path("name") + "'"));
    }

    /** Somebody must be left who can let others in again. */
    private void requireOtherAdministrator(UserTable.Row but) throws IOException {
        boolean other = control.users().all().stream()
                .anyMatch(each -> !each.name().equals(but.name())
                        && !each.disabled()
                        && each.nodes().isEmpty()
                        && each.role().equals(Role.ADMINISTRATOR.text()));
        if (but.role().equals(Role.ADMINISTRATOR.text()) && !other) {
            throw Problem.conflict("'" + but.name() + "' is the last administrator");
        }
    }

    private Object change(Call call) throws IOException {
        UserTable.Row user = user(call);
        Change wanted = call.body(Change.class);
        Role role = Role.of(Objects.requireNonNullElse(wanted.role, ""));
        // Missing means as before: a change of role must not widen what somebody sees.
        Set<String> nodes = wanted.nodes == null ? Access.nodes(user.nodes()) : nodes(wanted.nodes);
        if (role != Role.ADMINISTRATOR || wanted.disabled) {
            requireOtherAdministrator(user);
        }
        access.setRole(user.name(), role, nodes);
        access.setDisabled(user.name(), wanted.disabled);
        control.audit(
                call.actor(),
                "user change",
                user.name() + " " + role.text() + " " + nodes + (wanted.disabled ? ", disabled" : ""),
                "allowed");
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        UserTable.Row user = user(call);
        requireOtherAdministrator(user);
        boolean removed = control.users().remove(user.name());
        control.audit(call.actor(), "user remove", user.name(), removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object removeSecondFactor(Call call) throws IOException {
        UserTable.Row user = user(call);
        access.removeSecondFactor(user.name());
        control.audit(call.actor(), "second factor", user.name(), "removed");
        return Route.DONE;
    }

    private Object tokens(Call call) throws IOException {
        boolean all = call.principal().may(Permission.USERS);
        return new TokenList(control.users().tokens().stream()
                .filter(each -> all || each.user().equals(call.principal().user()))
                .map(each -> new Token(
                        each.id(),
                        each.user(),
                        each.description(),
                        List.of(each.permissions().split(",")),
                        each.createdAt(),
                        each.expiresAt(),
                        each.usedAt()))
                .toList());
    }

    private Object addToken(Call call) throws IOException {
        NewToken wanted = call.body(NewToken.class);
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        for (String each : wanted.permissions == null ? List.<String>of() : wanted.permissions) {
            permissions.add(permission(each));
        }
        String description = Objects.requireNonNullElse(wanted.description, "");
        Access.NewToken made =
                access.addToken(call.principal(), description, permissions, Duration.ofDays(wanted.days));
        control.audit(call.actor(), "token add", made.id() + " " + permissions, "allowed");
        return new MadeToken(made.id(), made.secret());
    }

    private static Permission permission(String name) throws Problem {
        for (Permission each : Permission.values()) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        throw Problem.invalid("'" + name + "' is no permission");
    }

    private Object removeToken(Call call) throws IOException {
        boolean own = control.users().tokens().stream()
                .anyMatch(each -> each.id().equals(call.path("id"))
                        && (each.user().equals(call.principal().user())
                                || call.principal().may(Permission.USERS)));
        if (!own || !control.users().removeToken(call.path("id"))) {
            throw Problem.notFound("there is no such token of yours");
        }
        control.audit(call.actor(), "token remove", call.path("id"), "allowed");
        return Route.DONE;
    }
}
