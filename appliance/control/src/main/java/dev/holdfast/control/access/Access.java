package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.envelope.VaultKeys;
import java.time.InstantSource;

/**
 * Users, their sign-ins, sessions and tokens. One object serves an appliance: it holds the only queue for password hashes and
 * the counts of wrong guesses. Every question goes to the database, so that a change of a role takes effect at once. Safe for
 * use by several threads.
 */
public final class Access {
    private final Users users;
    private final SecondFactors secondFactors;
    private final Sessions sessions;
    private final ApiTokens tokens;
    private final PasswordSignIn passwordSignIn;
    private final ProviderSignIn providerSignIn;

    public Access(ControlDb control, VaultKeys keys, InstantSource clock) {
        this(control, keys, clock, PasswordSignIn.FREE_FAILURES_OF_ALL);
    }

    /** @param freeFailuresOfAll wrong guesses from all networks that a user name may have before it is locked */
    Access(ControlDb control, VaultKeys keys, InstantSource clock, int freeFailuresOfAll) {
        SignInLog log = new SignInLog(control);
        this.users = new Users(control);
        this.secondFactors = new SecondFactors(control, keys, clock);
        this.sessions = new Sessions(control, clock);
        this.tokens = new ApiTokens(control, clock);
        this.passwordSignIn = new PasswordSignIn(control, secondFactors, sessions, log, clock, freeFailuresOfAll);
        this.providerSignIn = new ProviderSignIn(control, users, sessions, log);
    }

    public Users users() {
        return users;
    }

    public SecondFactors secondFactors() {
        return secondFactors;
    }

    public Sessions sessions() {
        return sessions;
    }

    public ApiTokens tokens() {
        return tokens;
    }

    public PasswordSignIn passwordSignIn() {
        return passwordSignIn;
    }

    public ProviderSignIn providerSignIn() {
        return providerSignIn;
    }
}
