package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.ApiTokens;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.access.Principals;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.access.Users;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Users, their roles, and tokens for programs. */
public final class UserUseCases {
    private final AccessSource access;
    private final ControlDb control;
    private final AuditTrail audit;

    /** Sealing secrets of users needs the keys, which an appliance that stands still opens when first needed. */
    public interface AccessSource {
        Access open() throws IOException;
    }

    UserUseCases(ControlDb control, AccessSource access) {
        this.access = access;
        this.control = control;
        this.audit = new AuditTrail(control);
    }

    /** @param nodes that the user sees, where that is not {@code allNodes} */
    public record User(
            String name,
            String role,
            boolean allNodes,
            List<String> nodes,
            boolean secondFactor,
            boolean disabled,
            Instant createdAt) {}

    /** @param permissions that a user of the role has */
    public record RoleView(String name, List<String> permissions) {}

    /**
     * Users.
     *
     * @param next to be given as 'after' for those behind, empty at the end
     * @param roles all there are
     */
    public record UserList(List<User> users, String next, List<RoleView> roles) {}

    /** @param nodes that the user sees, none for no node, unless {@code allNodes}: one of the two must be given */
    public record NewUser(
            @Bound(characters = 63) String name,
            @Bound(characters = 256) String password,
            @Bound(characters = 50) String role,
            @Nullable Boolean allNodes,
            @Bound(characters = 255) @Nullable List<String> nodes) {}

    /** @param nodes as for a new user; where neither they nor {@code allNodes} are given, what the user sees stays */
    public record Change(
            @Bound(characters = 50) String role,
            @Nullable Boolean allNodes,
            @Bound(characters = 255) @Nullable List<String> nodes,
            boolean disabled) {}

    public record Token(
            String id,
            String user,
            String description,
            List<String> permissions,
            Instant createdAt,
            Instant expiresAt,
            @Nullable Instant usedAt) {}

    /** @param next to be given as 'after' for those behind, empty at the end */
    public record TokenList(List<Token> tokens, String next) {}

    public record NewToken(
            @Bound(characters = 200) String description,
            @Bound(characters = 50, items = 50) List<String> permissions,
            int days) {}

    /** @param secret told this once */
    public record MadeToken(String id, String secret) {}

    /** @param after only users whose names come behind it */
    public UserList list(Actor actor, String after, int limit) throws IOException {
        actor.require(Permission.USERS);
        List<User> users = control.users().page(after, limit).stream()
                .map(each -> new User(
                        each.name(),
                        each.role(),
                        Users.scope(each).all(),
                        Users.scope(each).names(),
                        each.totp() != null,
                        each.disabled(),
                        Instant.ofEpochMilli(each.createdAt())))
                .toList();
        return new UserList(users, users.size() < limit ? "" : users.getLast().name(), roles());
    }

    private static List<RoleView> roles() {
        return Stream.of(Role.values())
                .map(role -> new RoleView(
                        role.text(),
                        role.permissions().stream().sorted().map(Enum::name).toList()))
                .toList();
    }

    /** Null where neither is given. */
    private static @Nullable Scope scope(@Nullable Boolean all, @Nullable List<String> nodes) throws UseCaseException {
        boolean every = all != null && all;
        if (every && nodes != null && !nodes.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("user.nodes-twice"));
        }
        if (every) {
            return Scope.allNodes();
        }
        return nodes == null ? null : Scope.of(Set.copyOf(nodes));
    }

    public void add(Actor actor, NewUser wanted) throws IOException {
        actor.require(Permission.USERS);
        Role role = Role.of(Objects.requireNonNullElse(wanted.role, ""));
        Scope scope = role == Role.ADMINISTRATOR && wanted.nodes == null
                ? Scope.allNodes()
                : scope(wanted.allNodes, wanted.nodes);
        if (scope == null) {
            throw UseCaseException.invalid(Phrase.of("user.no-nodes"));
        }
        access.open()
                .users()
                .add(
                        Objects.requireNonNullElse(wanted.name, ""),
                        Objects.requireNonNullElse(wanted.password, ""),
                        role,
                        scope);
        audit.note(actor, "user add", wanted.name + " " + wanted.role, "allowed");
    }

    private UserTable.Row find(String name) throws IOException {
        return control.users()
                .find(name)
                .orElseThrow(() ->
                        UseCaseException.notFound(Phrase.of("user.unknown").with("user", name)));
    }

    /** Somebody must be left who can let others in again. */
    private void requireOtherAdministrator(UserTable.Row but) throws IOException {
        boolean other = control.users().all().stream()
                .anyMatch(each -> !each.name().equals(but.name())
                        && !each.disabled()
                        && each.role().equals(Role.ADMINISTRATOR.text()));
        if (but.role().equals(Role.ADMINISTRATOR.text()) && !other) {
            throw UseCaseException.conflict(Phrase.of("user.last-administrator").with("user", but.name()));
        }
    }

    /** Changes a user's role, nodes and whether he may sign in, at once. */
    public void change(Actor actor, String name, Change wanted) throws IOException {
        actor.require(Permission.USERS);
        UserTable.Row user = find(name);
        Role role = Role.of(Objects.requireNonNullElse(wanted.role, ""));
        // Missing means as before: a change of role must not widen what somebody sees.
        Scope given = scope(wanted.allNodes, wanted.nodes);
        Scope scope = given == null ? Users.scope(user) : given;
        if (role != Role.ADMINISTRATOR || wanted.disabled) {
            requireOtherAdministrator(user);
        }
        // Of one whom the OpenID provider made an administrator, the nodes from before are kept, which no administrator
        // can be given.
        if (given != null || !role.text().equals(user.role())) {
            access.open().users().setRole(user.name(), role, scope);
        }
        access.open().users().setDisabled(user.name(), wanted.disabled);
        audit.note(
                actor,
                "user change",
                user.name() + " " + role.text() + ", " + scope + (wanted.disabled ? ", disabled" : ""),
                "allowed");
    }

    /** Removes a user, with sessions and tokens. */
    public void remove(Actor actor, String name) throws IOException {
        actor.require(Permission.USERS);
        UserTable.Row user = find(name);
        requireOtherAdministrator(user);
        boolean removed = Users.remove(control, user.name());
        audit.note(actor, "user remove", user.name(), removed ? "allowed" : "not found");
    }

    /** Sets a user's password, ends his sessions, and takes a lost second factor from him. */
    public void setPassword(Actor actor, String name, String password) throws IOException {
        actor.require(Permission.USERS);
        UserTable.Row user = find(name);
        access.open().users().setPassword(user.name(), password);
        access.open().secondFactors().remove(user.name());
        audit.allowed(actor, "user set-password", user.name());
    }

    /** Takes a lost second factor from a user. */
    public void removeSecondFactor(Actor actor, String name) throws IOException {
        actor.require(Permission.USERS);
        UserTable.Row user = find(name);
        access.open().secondFactors().remove(user.name());
        audit.note(actor, "second factor", user.name(), "removed");
    }

    /** The actor's own tokens; all, for those who may see users. */
    public TokenList tokens(Actor actor, String after, int limit) throws IOException {
        actor.require(Permission.VIEW);
        boolean all = actor.may(Permission.USERS);
        String whose = all ? "" : actor.name();
        List<Token> tokens = control.users().tokens(whose, after, limit).stream()
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

    /** Makes a token for a program that acts as another user, and may no more than that user. */
    public MadeToken addToken(Actor actor, String owner, NewToken wanted) throws IOException {
        actor.require(Permission.USERS);
        return addToken(actor, Principals.of(find(owner)), wanted);
    }

    /** Makes a token for a program, which may no more than its owner. */
    public MadeToken addToken(Actor actor, Principal owner, NewToken wanted) throws IOException {
        actor.require(Permission.VIEW);
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        for (String each : wanted.permissions == null ? List.<String>of() : wanted.permissions) {
            permissions.add(permission(each));
        }
        String description = Objects.requireNonNullElse(wanted.description, "");
        ApiTokens.NewToken made =
                access.open().tokens().add(owner, description, permissions, Duration.ofDays(wanted.days));
        audit.note(actor, "token add", made.id() + " of " + owner.user() + " " + permissions, "allowed");
        return new MadeToken(made.id(), made.secret());
    }

    private static Permission permission(String name) throws UseCaseException {
        for (Permission each : Permission.values()) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        throw UseCaseException.invalid(Choices.refusal("permission", name, Choices.of(Permission.values())));
    }

    public void removeToken(Actor actor, String id) throws IOException {
        actor.require(Permission.VIEW);
        boolean own = control.users()
                .tokenById(id)
                .filter(each -> each.user().equals(actor.name()) || actor.may(Permission.USERS))
                .isPresent();
        if (!own || !control.users().removeToken(id)) {
            throw UseCaseException.notFound(Phrase.of("token.unknown"));
        }
        audit.note(actor, "token remove", id, "allowed");
    }
}
