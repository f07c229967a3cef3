package dev.holdfast.server.access;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.UserTable;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * Who may do what: sign-in with password and second factor, sessions, tokens. Every question goes to the database, so that a
 * role that is taken away counts at once. Safe for use by several threads.
 */
public final class Access {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "second factor";
    private static final int FREE_FAILURES = 5;
    private static final Duration FIRST_LOCK = Duration.ofMinutes(1);
    private static final Duration LONGEST_LOCK = Duration.ofHours(1);
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration LONGEST_SESSION = Duration.ofHours(12);
    /** For so long after a sign-in, or a second proof, destructive acts need no other. */
    private static final Duration PROOF = Duration.ofMinutes(5);
    /** Hashing passwords takes memory and time: strangers must not order it without end. */
    private static final int HASHES_AT_ONCE = 2;

    private static final Duration LONGEST_TOKEN = Duration.ofDays(366);

    private final ControlDb control;
    private final Vault keys;
    private final InstantSource clock;
    private final Semaphore hashing = new Semaphore(HASHES_AT_ONCE, true);

    public Access(ControlDb control, Vault keys, InstantSource clock) {
        this.control = control;
        this.keys = keys;
        this.clock = clock;
    }

    /** A sign-in, or a proof, that was refused. The message is for everybody: it tells nothing about the user. */
    public static final class RefusedException extends IOException {
        private final boolean secondFactor;

        RefusedException(String message, boolean secondFactor) {
            super(message);
            this.secondFactor = secondFactor;
        }

        /** Whether the password was right and a code is wanted. */
        public boolean secondFactor() {
            return secondFactor;
        }
    }

    /** Somebody who has just signed in; the secret is for the cookie. */
    public record SignedIn(String secret, Principal principal) {}

    // ---- signing in

    /**
     * Checks password and code.
     *
     * @param code empty where the user has given none yet
     * @param address for the audit log
     */
    public SignedIn signIn(String name, String password, String code, String address) throws IOException {
        UserTable.Row user = prove(name, password, code, address);
        String secret = SecondFactor.newBearer("");
        String csrf = SecondFactor.newBearer("");
        control.users().addSession(hash(secret), user.name(), csrf);
        control.audit("user " + user.name() + " at " + address, "sign in", "", "allowed");
        return new SignedIn(secret, principal(user, csrf, clock.millis()));
    }

    /** Proves again who holds a session, before what cannot be undone. */
    public void proveAgain(String secret, String password, String code, String address) throws IOException {
        UserTable.SessionRow session =
                control.users().session(hash(secret)).orElseThrow(() -> new RefusedException("not signed in", false));
        UserTable.Row user = prove(session.user(), password, code, address);
        control.users().proved(hash(secret));
        control.audit("user " + user.name() + " at " + address, "prove again", "", "allowed");
    }

    private UserTable.Row prove(String name, String password, String code, String address) throws IOException {
        Optional<UserTable.Row> found = control.users().find(name);
        long now = clock.millis();
        boolean right;
        hashing.acquireUninterruptibly();
        try {
            // A name that does not exist takes as long as one that does.
            right = Passwords.matches(
                    password, found.map(UserTable.Row::password).orElse(Passwords.NOBODY));
        } finally {
            hashing.release();
        }
        if (found.isEmpty()) {
            throw refused("somebody", address, "unknown user");
        }
        UserTable.Row user = found.get();
        if (user.disabled() || user.lockedUntil() > now) {
            // Even a right password: else a lock would tell who guessed it.
            throw refused(name, address, user.disabled() ? "disabled" : "locked");
        }
        if (!right) {
            throw failed(user, address, "wrong password");
        }
        byte[] sealed = user.totp();
        if (sealed != null) {
            if (code.isEmpty()) {
                throw new RefusedException("give the code of your authenticator app", true);
            }
            long step = SecondFactor.step(keys.openControl(SECRET, sealed), code, clock.instant(), user.totpStep());
            if (step == 0 || !control.users().useStep(name, step)) {
                throw failed(user, address, "wrong code");
            }
        }
        control.users().failed(name, 0, 0);
        return user;
    }

    private RefusedException failed(UserTable.Row user, String address, String why) throws IOException {
        int failures = user.failures() + 1;
        long lock = failures < FREE_FAILURES
                ? 0
                : Math.min(LONGEST_LOCK.toMillis(), FIRST_LOCK.toMillis() << Math.min(10, failures - FREE_FAILURES));
        control.users().failed(user.name(), failures, lock == 0 ? 0 : clock.millis() + lock);
        return refused(user.name(), address, why + (lock == 0 ? "" : "; locked for " + lock / 1000 + " s"));
    }

    private RefusedException refused(String name, String address, String why) throws IOException {
        control.audit("user " + name + " at " + address, "sign in", "", "refused: " + why);
        return new RefusedException("name, password or code is wrong, or there were too many attempts", false);
    }

    // ---- who asks

    /** Who holds a session; empty for one that has ended. */
    public Optional<Principal> bySession(String secret) throws IOException {
        String hash = hash(secret);
        Optional<UserTable.SessionRow> session = control.users().session(hash);
        long now = clock.millis();
        if (session.isEmpty()
                || now - session.get().createdAt() > LONGEST_SESSION.toMillis()
                || now - session.get().seenAt() > IDLE.toMillis()) {
            return Optional.empty();
        }
        if (now - session.get().seenAt() > 10_000) {
            control.users().seen(hash);
        }
        UserTable.SessionRow row = session.get();
        return active(row.user()).map(user -> principal(user, row.csrf(), row.provedAt()));
    }

    /** Whose token it is. */
    public Optional<Principal> byToken(String secret) throws IOException {
        Optional<UserTable.TokenRow> token = control.users().token(hash(secret));
        if (token.isEmpty()) {
            return Optional.empty();
        }
        control.users().used(token.get().id());
        Set<Permission> wanted = permissions(token.get().permissions());
        return active(token.get().user()).map(user -> {
            Principal whole = principal(user, "", 0);
            // The role may have less by now than when the token was made.
            Set<Permission> both = EnumSet.noneOf(Permission.class);
            both.addAll(wanted);
            both.retainAll(whole.permissions());
            return new Principal(whole.user(), whole.role(), both, whole.nodes(), "", 0);
        });
    }

    private Optional<UserTable.Row> active(String name) throws IOException {
        return control.users().find(name).filter(user -> !user.disabled());
    }

    private static Principal principal(UserTable.Row user, String csrf, long provedAt) {
        Role role = Role.of(user.role());
        return new Principal(user.name(), role, role.permissions(), nodes(user.nodes()), csrf, provedAt);
    }

    public static Set<String> nodes(String json) {
        try {
            return json.isEmpty() ? Set.of() : Set.copyOf(JSON.readValue(json, new TypeReference<List<String>>() {}));
        } catch (IOException e) {
            throw new IllegalStateException("a user's nodes are damaged: " + json, e);
        }
    }

    /** Whether somebody proved himself so lately that he may do what cannot be undone. A token never did. */
    public boolean freshlyProved(Principal principal) {
        return clock.millis() - principal.provedAt() <= PROOF.toMillis();
    }

    public void signOut(String secret) throws IOException {
        control.users().endSession(hash(secret));
    }

    public void forgetOldSessions() throws IOException {
        long now = clock.millis();
        control.users().endOldSessions(now - LONGEST_SESSION.toMillis(), now - IDLE.toMillis());
    }

    // ---- users

    /** @throws IllegalArgumentException where the name is taken or no name, or the password is weak */
    public void addUser(String name, String password, Role role, Set<String> nodes) throws IOException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no name of a user: letters, digits and . _ @ -, 63 at most");
        }
        Passwords.requireGood(name, password);
        if (!control.users().add(name, Passwords.hash(password), role.text(), json(nodes))) {
            throw new IllegalArgumentException("there is a user '" + name + "' already");
        }
    }

    private static String json(Set<String> nodes) throws IOException {
        return nodes.isEmpty()
                ? ""
                : JSON.writeValueAsString(nodes.stream().sorted().toList());
    }

    /** All sessions of the user end. */
    public void setPassword(String name, String password) throws IOException {
        Passwords.requireGood(name, password);
        control.users().setPassword(name, Passwords.hash(password));
        control.users().endSessions(name, "");
    }

    /** Counts at once, for sessions that are open too. */
    public void setRole(String name, Role role, Set<String> nodes) throws IOException {
        control.users().setRole(name, role.text(), json(nodes));
    }

    /** A second factor to be confirmed by {@link #confirmSecondFactor}; the address is for a QR code. */
    public record Offer(String sealed, String uri) {}

    public Offer offerSecondFactor(String name) throws IOException {
        byte[] secret = SecondFactor.newSecret();
        return new Offer(HexFormat.of().formatHex(keys.sealControl(SECRET, secret)), SecondFactor.uri(name, secret));
    }

    /** @throws RefusedException where the app's code does not fit */
    public void confirmSecondFactor(String name, String sealed, String code) throws IOException {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(sealed);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("this is no offer of this appliance", true);
        }
        long step = SecondFactor.step(keys.openControl(SECRET, bytes), code, clock.instant(), 0);
        if (step == 0) {
            throw new RefusedException("the code is wrong; look at the clocks of both", true);
        }
        control.users().setSecondFactor(name, bytes, step);
    }

    public void removeSecondFactor(String name) throws IOException {
        control.users().setSecondFactor(name, null, 0);
    }

    // ---- tokens

    /** A new token, whose secret is told this once. */
    public record NewToken(String id, String secret) {}

    /** @throws IllegalArgumentException where it would have more than its user, or live too long */
    public NewToken addToken(Principal owner, String description, Set<Permission> wanted, Duration validity)
            throws IOException {
        if (wanted.isEmpty() || !owner.permissions().containsAll(wanted)) {
            throw new IllegalArgumentException("a token may do what its user may, and no more");
        }
        if (validity.isNegative() || validity.isZero() || validity.compareTo(LONGEST_TOKEN) > 0) {
            throw new IllegalArgumentException("a token lives for 1 to 366 days");
        }
        String id = UUID.randomUUID().toString();
        String secret = SecondFactor.newBearer("hft_");
        control.users()
                .addToken(
                        hash(secret),
                        id,
                        owner.user(),
                        description,
                        wanted.stream().map(Enum::name).sorted().collect(Collectors.joining(",")),
                        clock.millis() + validity.toMillis());
        return new NewToken(id, secret);
    }

    public static Set<Permission> permissions(String text) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        Arrays.stream(text.split(","))
                .filter(each -> !each.isEmpty())
                .forEach(each -> permissions.add(Permission.valueOf(each)));
        return permissions;
    }

    private static String hash(String secret) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
