package dev.holdfast.api;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.limit.Bound;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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

    /** @param nodes that the user sees, where that is not {@code allNodes} */
    record User(
            String name,
            String role,
            boolean allNodes,
            List<String> nodes,
            boolean secondFactor,
            boolean disabled,
            Instant createdAt) {}

    /** @param next to be given as 'after' for those behind, empty at the end */
    record UserList(List<User> users, String next) {}

    /** @param nodes that the user sees, none for no node, unless {@code allNodes}: one of the two must be given */
    record NewUser(
            @Bound(characters = 63) String name,
            @Bound(characters = 256) String password,
            @Bound(characters = 50) String role,
            @Nullable Boolean allNodes,
            @Bound(characters = 255) @Nullable List<String> nodes) {}

    /** @param nodes as for a new user; where neither they nor {@code allNodes} are given, what the user sees stays */
    record Change(
            @Bound(characters = 50) String role,
            @Nullable Boolean allNodes,
            @Bound(characters = 255) @Nullable List<String> nodes,
            boolean disabled) {}

    record Token(
            String id,
            String user,
            String description,
            List<String> permissions,
            Instant createdAt,
            Instant expiresAt,
            @Nullable Instant usedAt) {}

    /** @param next to be given as 'after' for those behind, empty at the end */
    record TokenList(List<Token> tokens, String next) {}

    record NewToken(
            @Bound(characters = 200) String description,
            @Bound(characters = 50, items = 50) List<String> permissions,
            int days) {}

    /** @param secret told this once */
    record MadeToken(String id, String secret) {}

    List<Route> routes() {
        return List.of(
                Route.get("/users", Permission.USERS, "Users", UserList.class, this::list)
                        .query("after", "limit"),
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
                                this::tokens)
                        .query("after", "limit"),
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
        int limit = call.pageLimit();
        List<User> users = control.users().page(call.query("after", ""), limit).stream()
                .map(each -> new User(
                        each.name(),
                        each.role(),
                        Access.scope(each).all(),
                        Access.scope(each).names(),
                        each.totp() != null,
                        each.disabled(),
                        Instant.ofEpochMilli(each.createdAt())))
                .toList();
        return new UserList(users, users.size() < limit ? "" : users.getLast().name());
    }

    /** Null where neither is given. */
    private static @Nullable Scope scope(@Nullable Boolean all, @Nullable List<String> nodes) throws Problem {
        boolean every = all != null && all;
        if (every && nodes != null && !nodes.isEmpty()) {
            throw Problem.invalid("give allNodes or nodes, not both");
        }
        if (every) {
            return Scope.allNodes();
        }
        return nodes == null ? null : Scope.of(Set.copyOf(nodes));
    }

    private Object add(Call call) throws IOException {
        NewUser wanted = call.body(NewUser.class);
        Role role = Role.of(Objects.requireNonNullElse(wanted.role, ""));
        Scope scope = role == Role.ADMINISTRATOR && wanted.nodes == null
                ? Scope.allNodes()
                : scope(wanted.allNodes, wanted.nodes);
        if (scope == null) {
            throw Problem.invalid("give nodes that the user sees, or allNodes: true");
        }
        access.addUser(
                Objects.requireNonNullElse(wanted.name, ""),
                Objects.requireNonNullElse(wanted.password, ""),
                role,
                scope);
        control.audit().append(call.actor(), "user add", wanted.name + " " + wanted.role, "allowed");
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
        Scope given = scope(wanted.allNodes, wanted.nodes);
        Scope scope = given == null ? Access.scope(user) : given;
        if (role != Role.ADMINISTRATOR || wanted.disabled) {
            requireOtherAdministrator(user);
        }
        // Of one whom the OpenID provider made an administrator, the nodes from before are kept, which no administrator
        // can be given.
        if (given != null || !role.text().equals(user.role())) {
            access.setRole(user.name(), role, scope);
        }
        access.setDisabled(user.name(), wanted.disabled);
        control.audit()
                .append(
                        call.actor(),
                        "user change",
                        user.name() + " " + role.text() + ", " + scope + (wanted.disabled ? ", disabled" : ""),
                        "allowed");
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        UserTable.Row user = user(call);
        requireOtherAdministrator(user);
        boolean removed = Access.removeUser(control, user.name());
        control.audit().append(call.actor(), "user remove", user.name(), removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object removeSecondFactor(Call call) throws IOException {
        UserTable.Row user = user(call);
        access.removeSecondFactor(user.name());
        control.audit().append(call.actor(), "second factor", user.name(), "removed");
        return Route.DONE;
    }

    private Object tokens(Call call) throws IOException {
        boolean all = call.principal().may(Permission.USERS);
        int limit = call.pageLimit();
        String whose = all ? "" : call.principal().user();
        List<Token> tokens = control.users().tokens(whose, call.query("after", ""), limit).stream()
                .map(each -> new Token(
                        each.id(),
                        each.user(),
                        each.description(),
                        List.of(each.permissions().split(",")),
                        Instant.ofEpochMilli(each.createdAt()),
                        Instant.ofEpochMilli(each.expiresAt()),
                        Moments.ofMillis(each.usedAt())))
                .toList();
        return new TokenList(
                tokens, tokens.size() < limit ? "" : tokens.getLast().id());
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
        control.audit().append(call.actor(), "token add", made.id() + " " + permissions, "allowed");
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
        boolean own = control.users()
                .tokenById(call.path("id"))
                .filter(each -> each.user().equals(call.principal().user())
                        || call.principal().may(Permission.USERS))
                .isPresent();
        if (!own || !control.users().removeToken(call.path("id"))) {
            throw Problem.notFound("there is no such token of yours");
        }
        control.audit().append(call.actor(), "token remove", call.path("id"), "allowed");
        return Route.DONE;
    }
}
