package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.fair.FairQueue;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Sign-in with a password and, where the user has one, a second factor. Safe for use by several threads. */
public final class PasswordSignIn {
    /** From one network. */
    private static final int FREE_FAILURES = 5;
    /** From all networks together: whoever has many must not lock a user out with few guesses. */
    static final int FREE_FAILURES_OF_ALL = 200;

    /**
     * Hashing passwords takes memory and time: strangers must not order it without end, and not keep others from it. Blocks of
     * addresses take turns; those with a recent sign-in go first.
     */
    private static final FairQueue.Limits HASHES = new FairQueue.Limits(1, 1, 256, 4, Duration.ofSeconds(10));

    private final ControlDb control;
    private final SecondFactors secondFactors;
    private final Sessions sessions;
    private final SignInLog log;
    private final InstantSource clock;
    private final int freeFailuresOfAll;
    private final LoginThrottle throttle = new LoginThrottle();
    private final KnownPlaces known;
    private final FairQueue hashing = new FairQueue(Phrase.of("busy.sign-ins"), HASHES);

    PasswordSignIn(
            ControlDb control,
            SecondFactors secondFactors,
            Sessions sessions,
            SignInLog log,
            InstantSource clock,
            int freeFailuresOfAll) {
        this.control = control;
        this.secondFactors = secondFactors;
        this.sessions = sessions;
        this.log = log;
        this.clock = clock;
        this.freeFailuresOfAll = freeFailuresOfAll;
        this.known = new KnownPlaces(clock);
    }

    /** What a caller claims and shows; {@code code} is empty where there is none yet. */
    private record Attempt(String name, String password, String code, String address, String block) {
        String guesser() {
            return name + " " + block;
        }
    }

    /**
     * Checks password and code, and opens a session.
     *
     * @param code empty where the user has given none yet
     * @param address of the caller, for limits on guesses and the audit log
     * @throws SignInRefusedException where they are wrong, or there were too many attempts
     */
    public SignedIn signIn(String name, String password, String code, String address) throws IOException {
        UserTable.Row user = prove(name, password, code, address);
        SignedIn signedIn = sessions.open(user);
        log.allowed(user.name(), address, "sign in", "allowed");
        return signedIn;
    }

    /**
     * Checks the holder of a session again, before acts that cannot be undone.
     *
     * @param secret of the session
     */
    public void proveAgain(String secret, String password, String code, String address) throws IOException {
        UserTable.Row user = prove(sessions.user(secret), password, code, address);
        sessions.proved(secret);
        log.allowed(user.name(), address, "prove again", "allowed");
    }

    private UserTable.Row prove(String name, String password, String code, String address) throws IOException {
        if (name.length() > Users.MOST_NAME_CHARACTERS || password.length() > Passwords.MAX_CHARACTERS) {
            throw refused("somebody", address, "a name or password that nobody has");
        }
        Attempt attempt = new Attempt(name, password, code, address, AddressBlock.of(address));
        // One guess at a time from one block: else many at once would count as one.
        try (FairQueue.Turn _ = hashing.take(attempt.block, 1, known.has(attempt.block))) {
            UserTable.Row user = provePassword(attempt);
            proveCode(user, attempt);
            throttle.right(attempt.guesser());
            known.remember(attempt.block);
            known.remember(attempt.guesser());
            return user;
        }
    }

    private UserTable.Row provePassword(Attempt attempt) throws IOException {
        boolean locked = locked(attempt);
        Optional<UserTable.Row> found = control.users().find(attempt.name);
        Login login = found.map(LoginCodec::read).orElse(Passwords.NOBODY);
        boolean right = matches(attempt.password, login);
        if (found.isEmpty()) {
            throw refused("somebody", attempt.address, "unknown user");
        }
        UserTable.Row user = found.get();
        if (user.disabled() || locked) {
            // Even a right password: else a lock would tell who guessed it.
            throw refused(attempt.name, attempt.address, user.disabled() ? "disabled" : "locked");
        }
        if (!right) {
            throw failed(
                    attempt,
                    login instanceof Login.Unreadable
                            ? "the stored sign-in of the user is unreadable; set a new password"
                            : "wrong password");
        }
        return user;
    }

    private boolean locked(Attempt attempt) {
        long now = clock.millis();
        // Guesses from many networks must not lock a user out of those that the user signed in from lately.
        return throttle.lockedUntil(attempt.guesser()) > now
                || throttle.lockedUntil(attempt.name) > now && !known.has(attempt.guesser());
    }

    /** A user without a password, or who does not exist, takes as long as others. */
    private static boolean matches(String password, Login login) {
        return switch (login) {
            case Login.Password own -> Passwords.matches(password, own);
            case Login.Provider _, Login.Unreadable _ -> {
                Passwords.matches(password, Passwords.NOBODY);
                yield false;
            }
        };
    }

    private void proveCode(UserTable.Row user, Attempt attempt) throws IOException {
        if (user.totp() == null) {
            return;
        }
        if (attempt.code.isEmpty()) {
            log.stranger("user " + attempt.name, attempt.address, "sign in", "password right; code wanted");
            throw new SignInRefusedException(Phrase.of("sign-in.code"), true);
        }
        if (!secondFactors.use(user, attempt.code)) {
            throw failed(attempt, "wrong code");
        }
    }

    private SignInRefusedException failed(Attempt attempt, String why) throws IOException {
        long lock = Math.max(
                throttle.wrong(attempt.guesser(), FREE_FAILURES, clock.millis()),
                throttle.wrong(attempt.name, freeFailuresOfAll, clock.millis()));
        if (lock > 0) {
            control.events()
                    .raise(
                            Events.Severity.WARNING,
                            "sign-in",
                            null,
                            Phrase.of("event.password-guessed")
                                    .with("address", attempt.address)
                                    .with("user", attempt.name));
        }
        return refused(attempt.name, attempt.address, why + (lock == 0 ? "" : "; locked for " + lock / 1000 + " s"));
    }

    private SignInRefusedException refused(String name, String address, String why) throws IOException {
        log.stranger("user " + name, address, "sign in", "refused: " + why);
        return new SignInRefusedException(Phrase.of("sign-in.wrong"), false);
    }
}
