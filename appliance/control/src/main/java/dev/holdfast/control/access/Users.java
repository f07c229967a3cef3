package dev.holdfast.control.access;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Users, their passwords, roles and nodes. Safe for use by several threads. */
public final class Users {
    static final int MOST_NAME_CHARACTERS = 63;
    private static final int MOST_USERS = 2000;
    private static final ObjectMapper JSON = new ObjectMapper();
    /** The nodes of a removed user of the OpenID provider, as JSON, behind a hash of the user's identity there. */
    private static final String KEPT_SCOPE = "oidc nodes of ";

    private final ControlDb control;

    Users(ControlDb control) {
        this.control = control;
    }

    /** @throws IllegalArgumentException where it is no name, or the password is weak */
    public static void requireGood(String name, String password) {
        NameForm.USER.require(name);
        Passwords.requireGood(name, password);
    }

    /** @throws IllegalArgumentException where the name is taken or no name, or the password is weak */
    public void add(String name, String password, Role role, Scope scope) throws IOException {
        requireGood(name, password);
        requireFit(role, scope);
        if (full()) {
            throw new PhrasedArgumentException(Phrase.of("user.limit").with("most", MOST_USERS));
        }
        String login = LoginCodec.write(Passwords.hash(password));
        if (!control.users().add(name, login, role.text(), scope.all(), json(scope))) {
            throw new PhrasedArgumentException(Phrase.of("user.taken").with("user", name));
        }
    }

    /**
     * Adds a user of the OpenID provider, unless there is one of that name, whoever it is. The provider assigns roles, not
     * nodes: those are set here, and stay through any change of role.
     */
    UserTable.Row ofProvider(Oidc.Person person) throws IOException {
        if (control.users().find(person.name()).isEmpty() && full()) {
            throw new SignInRefusedException(Phrase.of("sign-in.user-limit").with("most", MOST_USERS), false);
        }
        String login = LoginCodec.write(person.login());
        String kept = control.settings().get(KEPT_SCOPE + Secrets.hash(login)).orElse("");
        control.users().add(person.name(), login, person.role().text(), kept.isEmpty(), kept);
        return control.users().find(person.name()).orElseThrow();
    }

    private boolean full() throws IOException {
        return control.users().count() >= MOST_USERS;
    }

    private static void requireFit(Role role, Scope scope) {
        if (role == Role.ADMINISTRATOR && !scope.all()) {
            throw new PhrasedArgumentException(Phrase.of("user.administrator-nodes"));
        }
    }

    /** Which nodes were set for a user, whatever the role. */
    public static Scope scope(UserTable.Row user) {
        if (user.allNodes()) {
            return Scope.allNodes();
        }
        try {
            return Scope.of(
                    user.nodes().isEmpty()
                            ? Set.of()
                            : Set.copyOf(JSON.readValue(user.nodes(), new TypeReference<List<String>>() {})));
        } catch (IOException e) {
            throw new IllegalStateException("the nodes of user " + user.name() + " are damaged", e);
        }
    }

    private static String json(Scope scope) throws IOException {
        return scope.all() ? "" : JSON.writeValueAsString(scope.names());
    }

    /** Sets a password, and ends all sessions and tokens of the user. */
    public void setPassword(String name, String password) throws IOException {
        if (isOfProvider(name)) {
            throw new PhrasedArgumentException(
                    Phrase.of("user.without-password").with("user", name));
        }
        Passwords.requireGood(name, password);
        control.users().setLogin(name, LoginCodec.write(Passwords.hash(password)));
        control.users().endSessions(name, "");
        // Whoever had the old one may have left some.
        control.users().removeTokens(name);
    }

    /** Whether a user signs in by the OpenID provider, and has no password here. */
    public boolean isOfProvider(String name) throws IOException {
        return control.users()
                .find(name)
                .filter(user -> LoginCodec.read(user) instanceof Login.Provider)
                .isPresent();
    }

    /** Prevents or allows sign-in. Preventing it ends the user's sessions and tokens. */
    public void setDisabled(String name, boolean disabled) throws IOException {
        control.users().setDisabled(name, disabled);
        if (disabled) {
            control.users().endSessions(name, "");
            control.users().removeTokens(name);
        }
    }

    /** Takes effect at once, for open sessions too. */
    public void setRole(String name, Role role, Scope scope) throws IOException {
        requireFit(role, scope);
        control.users().setRole(name, role.text(), scope.all(), json(scope));
    }

    /**
     * Removes a user, with sessions and tokens. The nodes of a user of the OpenID provider are remembered: the provider may let
     * the user in again, who must not see more then.
     *
     * @return whether there was one
     */
    public static boolean remove(ControlDb control, String name) throws IOException {
        Optional<UserTable.Row> user = control.users().find(name);
        if (user.isPresent() && LoginCodec.read(user.get()) instanceof Login.Provider login) {
            control.settings().set(KEPT_SCOPE + Secrets.hash(LoginCodec.write(login)), json(scope(user.get())));
        }
        return control.users().remove(name);
    }
}
