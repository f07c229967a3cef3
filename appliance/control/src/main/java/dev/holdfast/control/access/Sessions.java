package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Sessions of browsers, known by a secret that is stored as a hash. Safe for use by several threads. */
public final class Sessions {
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration LONGEST_SESSION = Duration.ofHours(12);
    /** For so long after a sign-in, or a second proof, destructive acts need no other. */
    private static final Duration PROOF = Duration.ofMinutes(5);

    /** As long as it takes to come back from the OpenID provider and say what is wanted. */
    private static final Duration LATEST_PROOF = Duration.ofMinutes(2);

    /** How old the last activity may be before it is written again. */
    private static final long SEEN_MILLIS = 10_000;

    private static final int MOST_SESSIONS_OF_USER = 100;

    private final ControlDb control;
    private final InstantSource clock;

    Sessions(ControlDb control, InstantSource clock) {
        this.control = control;
        this.clock = clock;
    }

    /** Opens a session of a user who has just shown who they are. */
    SignedIn open(UserTable.Row user) throws IOException {
        String secret = Secrets.random("");
        String csrf = Secrets.random("");
        control.users().addSession(Secrets.hash(secret), user.name(), csrf, MOST_SESSIONS_OF_USER);
        return new SignedIn(secret, Principals.of(user, csrf, clock.millis()));
    }

    /** @param provedAt when the user gave a password elsewhere, ms since 1970; 0 where that is not known */
    SignedIn open(UserTable.Row user, long provedAt) throws IOException {
        SignedIn opened = open(user);
        control.users().proved(Secrets.hash(opened.secret()), provedAt);
        return new SignedIn(
                opened.secret(), Principals.of(user, opened.principal().csrf(), provedAt));
    }

    /** The name of the user whose session it is. */
    String user(String secret) throws IOException {
        return control.users()
                .session(Secrets.hash(secret))
                .orElseThrow(() -> new SignInRefusedException(Phrase.of("sign-in.none"), false))
                .user();
    }

    /** The session's user has shown again who they are. */
    void proved(String secret) throws IOException {
        control.users().proved(Secrets.hash(secret), clock.millis());
    }

    /** Who holds a session; empty for one that has ended. */
    public Optional<Principal> find(String secret) throws IOException {
        return find(secret, true);
    }

    /** @param active whether the user did something, rather than the console by itself */
    public Optional<Principal> find(String secret, boolean active) throws IOException {
        String hash = Secrets.hash(secret);
        Optional<UserTable.SessionRow> session = control.users().session(hash);
        long now = clock.millis();
        if (session.isEmpty()
                || now - session.get().createdAt() > LONGEST_SESSION.toMillis()
                || now - session.get().seenAt() > IDLE.toMillis()) {
            return Optional.empty();
        }
        if (active && now - session.get().seenAt() > SEEN_MILLIS) {
            control.users().seen(hash);
        }
        UserTable.SessionRow row = session.get();
        return Principals.active(control, row.user()).map(user -> Principals.of(user, row.csrf(), row.provedAt()));
    }

    /** Whether a session is still that of the same user, with the same permissions. Asking does not keep it alive. */
    public boolean stillHolds(String secret, Principal before) throws IOException {
        return find(secret, false)
                .filter(now -> now.user().equals(before.user())
                        && now.permissions().equals(before.permissions())
                        && now.scope().equals(before.scope()))
                .isPresent();
    }

    /** Whether a user proved lately enough who they are for acts that cannot be undone. A token never did. */
    public boolean freshlyProved(Principal principal) {
        return proved(principal, PROOF);
    }

    /** As above, for users who have no password here that an act could ask for. */
    public boolean justProved(Principal principal) {
        return proved(principal, LATEST_PROOF);
    }

    private boolean proved(Principal principal, Duration within) {
        long age = clock.millis() - principal.provedAt();
        return age >= 0 && age <= within.toMillis();
    }

    public void end(String secret) throws IOException {
        control.users().endSession(Secrets.hash(secret));
    }

    public void forgetOld() throws IOException {
        long now = clock.millis();
        control.users().endOldSessions(now - LONGEST_SESSION.toMillis(), now - IDLE.toMillis());
    }
}
