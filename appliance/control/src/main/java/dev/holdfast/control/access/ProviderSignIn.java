package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;

/** Sign-in of users for whom the OpenID provider vouches. Safe for use by several threads. */
public final class ProviderSignIn {
    private final ControlDb control;
    private final Users users;
    private final Sessions sessions;
    private final SignInLog log;

    ProviderSignIn(ControlDb control, Users users, Sessions sessions, SignInLog log) {
        this.control = control;
        this.users = users;
        this.sessions = sessions;
        this.log = log;
    }

    /**
     * Opens a session. The user's role is from now on what the provider's groups say.
     *
     * @param address of the caller, for the audit log
     */
    public SignedIn signIn(Oidc.Person person, String address) throws IOException {
        UserTable.Row user = users.ofProvider(person);
        switch (LoginCodec.read(user)) {
            case Login.Provider known when known.equals(person.login()) -> {}
            case Login.Provider _, Login.Password _ ->
                throw new SignInRefusedException(Phrase.of("sign-in.name-taken"), false);
            case Login.Unreadable _ ->
                throw new SignInRefusedException(Phrase.of("sign-in.unreadable").with("user", user.name()), false);
        }
        if (user.disabled()) {
            throw new SignInRefusedException(Phrase.of("sign-in.disabled"), false);
        }
        control.users().setRole(user.name(), person.role().text(), user.allNodes(), user.nodes());
        UserTable.Row changed = control.users().find(user.name()).orElseThrow();
        SignedIn signedIn = sessions.open(changed, person.provedAt());
        log.allowed(user.name(), address, "sign in", "allowed by the OpenID provider");
        return signedIn;
    }

    /** Notes a sign-in that the provider, or the check of its answer, refused. */
    public void refused(String address, String why) throws IOException {
        log.stranger("somebody", address, "sign in by OpenID provider", "refused: " + why);
    }
}
