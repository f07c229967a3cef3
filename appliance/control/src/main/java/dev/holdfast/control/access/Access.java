package dev.holdfast.control.access;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.fair.FairQueue;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Who may do what: sign-in with password and second factor, sessions, tokens. Every question goes to the database, so that a
 * role that is taken away counts at once. Safe for use by several threads.
 */
public final class Access {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "second factor";
    /** The nodes of a removed user of the OpenID provider, as JSON, behind a hash of who he is there. */
    private static final String KEPT_SCOPE = "oidc nodes of ";
    /** From one network. */
    private static final int FREE_FAILURES = 5;
    /** From all of them: whoever has many must not keep a user out with little. */
    private static final int FREE_FAILURES_OF_ALL = 200;

    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration LONGEST_SESSION = Duration.ofHours(12);
    /** For so long after a sign-in, or a second proof, destructive acts need no other. */
    private static final Duration PROOF = Duration.ofMinutes(5);
    /**
     * Hashing passwords takes memory and time: strangers must not order it without end, and not keep others from it. Blocks of
     * addresses take turns; those with a recent sign-in go first.
     */
    private static final FairQueue.Limits HASHES = new FairQueue.Limits(1, 1, 256, 4, Duration.ofSeconds(10));

    private static final Duration REMEMBERED = Duration.ofDays(30);
    private static final int MOST_REMEMBERED = 20_000;
    private static final int MOST_SESSIONS_OF_USER = 100;
    private static final int MOST_TOKENS_OF_USER = 200;
    private static final int MOST_USERS = 2000;

    private static final Duration LONGEST_TOKEN = Duration.ofDays(366);

    private static final int MOST_NAME_CHARACTERS = 63;

    private final ControlDb control;
    private final VaultKeys keys;
    private final InstantSource clock;
    private final int freeFailuresOfAll;
    private final LoginThrottle guesses = new LoginThrottle();
    private final FairQueue hashing = new FairQueue("sign-ins", HASHES);

    /** Blocks of addresses with a sign-in, alone and behind the user's name, and when last. */
    private final Map<String, Long> known = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };

    public Access(ControlDb control, VaultKeys keys, InstantSource clock) {
        this(control, keys, clock, FREE_FAILURES_OF_ALL);
    }

    Access(ControlDb control, VaultKeys keys, InstantSource clock, int freeFailuresOfAll) {
        this.freeFailuresOfAll = freeFailuresOfAll;
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
        control.users().addSession(hash(secret), user.name(), csrf, MOST_SESSIONS_OF_USER);
        control.audit().append("user " + user.name() + " at " + address, "sign in", "", "allowed");
        return new SignedIn(secret, principal(user, csrf, clock.millis()));
    }

    /** Lets in whom an OpenID provider vouches for; his role is what the provider's groups say, from now on. */
    public SignedIn signIn(Oidc.Person person, String address) throws IOException {
        String name = person.name();
        String login = LoginCodec.write(person.login());
        // The provider tells roles, not nodes: those are set here, and stay through any change of role.
        if (control.users().find(name).isEmpty() && control.users().count() >= MOST_USERS) {
            throw new RefusedException("there are " + MOST_USERS + " users, the most", false);
        }
        String kept = control.settings().get(KEPT_SCOPE + hash(login)).orElse("");
        control.users().add(name, login, person.role().text(), kept.isEmpty(), kept);
        UserTable.Row user = control.users().find(name).orElseThrow();
        switch (LoginCodec.read(user)) {
            case Login.Provider known when known.equals(person.login()) -> {}
            case Login.Provider _, Login.Password _ ->
                throw new RefusedException("there is another user of that name", false);
            case Login.Unreadable _ ->
                throw new RefusedException(
                        "the stored sign-in of user '" + name + "' is unreadable; remove the user and sign in again",
                        false);
        }
        if (user.disabled()) {
            throw new RefusedException("this user is disabled", false);
        }
        control.users().setRole(name, person.role().text(), user.allNodes(), user.nodes());
        String secret = SecondFactor.newBearer("");
        String csrf = SecondFactor.newBearer("");
        control.users().addSession(hash(secret), name, csrf, MOST_SESSIONS_OF_USER);
        control.users().proved(hash(secret), person.provedAt());
        control.audit().append("user " + name + " at " + address, "sign in", "", "allowed by the OpenID provider");
        UserTable.Row now = control.users().find(name).orElseThrow();
        return new SignedIn(secret, principal(now, csrf, person.provedAt()));
    }

    public void refusedByProvider(String address, String why) throws IOException {
        tell("somebody", address, "sign in by OpenID provider", "refused: " + why);
    }

    /** Proves again who holds a session, before what cannot be undone. */
    public void proveAgain(String secret, String password, String code, String address) throws IOException {
        UserTable.SessionRow session =
                control.users().session(hash(secret)).orElseThrow(() -> new RefusedException("not signed in", false));
        UserTable.Row user = prove(session.user(), password, code, address);
        control.users().proved(hash(secret), clock.millis());
        control.audit().append("user " + user.name() + " at " + address, "prove again", "", "allowed");
    }

    private UserTable.Row prove(String name, String password, String code, String address) throws IOException {
        if (name.length() > MOST_NAME_CHARACTERS || password.length() > Passwords.MAX_CHARACTERS) {
            throw refused("somebody", address, "a name or password that nobody has");
        }
        String block = AddressBlock.of(address);
        String guesser = name + " " + block;
        // One guess at a time from one block: else many at once would count as one.
        try (FairQueue.Turn _ = hashing.take(block, 1, isKnown(block))) {
            long now = clock.millis();
            // Guesses from many networks must not keep a user out where he signed in from lately.
            boolean locked = guesses.lockedUntil(guesser) > now || guesses.lockedUntil(name) > now && !isKnown(guesser);
            Optional<UserTable.Row> found = control.users().find(name);
            Login login = found.map(LoginCodec::read).orElse(Passwords.NOBODY);
            boolean right = matches(password, login);
            if (found.isEmpty()) {
                throw refused("somebody", address, "unknown user");
            }
            UserTable.Row user = found.get();
            if (user.disabled() || locked) {
                // Even a right password: else a lock would tell who guessed it.
                throw refused(name, address, user.disabled() ? "disabled" : "locked");
            }
            if (!right) {
                throw failed(
                        user,
                        guesser,
                        address,
                        login instanceof Login.Unreadable
                                ? "the stored sign-in of the user is unreadable; set a new password"
                                : "wrong password");
            }
            byte[] sealed = user.totp();
            if (sealed != null) {
                if (code.isEmpty()) {
                    tell("user " + name, address, "sign in", "password right; code wanted");
                    throw new RefusedException("give the code of your authenticator app", true);
                }
                long step = SecondFactor.step(
                        keys.openControl(label(name), sealed), code, clock.instant(), user.totpStep());
                if (step == 0 || !control.users().useStep(name, step)) {
                    throw failed(user, guesser, address, "wrong code");
                }
            }
            guesses.right(guesser);
            remember(block);
            remember(guesser);
            return user;
        }
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

    /** Whether there was a recent sign-in from a block of addresses. */
    public boolean isKnown(String block) {
        synchronized (known) {
            Long at = known.get(block);
            return at != null && clock.millis() - at <= REMEMBERED.toMillis();
        }
    }

    private void remember(String place) {
        synchronized (known) {
            known.put(place, clock.millis());
        }
    }

    private RefusedException failed(UserTable.Row user, String guesser, String address, String why) throws IOException {
        long lock = Math.max(
                guesses.wrong(guesser, FREE_FAILURES, clock.millis()),
                guesses.wrong(user.name(), freeFailuresOfAll, clock.millis()));
        if (lock > 0) {
            control.events()
                    .raise(
                            Events.Severity.WARNING,
                            "sign-in",
                            null,
                            "somebody at " + address + " guesses the password of user " + user.name());
        }
        return refused(user.name(), address, why + (lock == 0 ? "" : "; locked for " + lock / 1000 + " s"));
    }

    /** A caller who is not signed in may try often; callers are told apart by the name that they claim. */
    private void tell(String who, String address, String action, String outcome) throws IOException {
        control.auditLimiter()
                .done(
                        AuditLimiter.Source.stranger(AddressBlock.of(address)),
                        who + " at " + address,
                        action,
                        who,
                        outcome);
    }

    private RefusedException refused(String name, String address, String why) throws IOException {
        tell("user " + name, address, "sign in", "refused: " + why);
        return new RefusedException("name, password or code is wrong, or there were too many attempts", false);
    }

    // ---- who asks

    /** Who holds a session; empty for one that has ended. */
    public Optional<Principal> bySession(String secret) throws IOException {
        return bySession(secret, true);
    }

    /** Whether a session goes on for the same user, who may as much as before. Asking does not keep it alive. */
    public boolean stillHolds(String secret, Principal before) throws IOException {
        return bySession(secret, false)
                .filter(now -> now.user().equals(before.user())
                        && now.permissions().equals(before.permissions())
                        && now.scope().equals(before.scope()))
                .isPresent();
    }

    /** @param active whether somebody is there, rather than his console alone */
    public Optional<Principal> bySession(String secret, boolean active) throws IOException {
        String hash = hash(secret);
        Optional<UserTable.SessionRow> session = control.users().session(hash);
        long now = clock.millis();
        if (session.isEmpty()
                || now - session.get().createdAt() > LONGEST_SESSION.toMillis()
                || now - session.get().seenAt() > IDLE.toMillis()) {
            return Optional.empty();
        }
        if (active && now - session.get().seenAt() > 10_000) {
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
            return new Principal(whole.user(), whole.role(), both, whole.scope(), "", 0);
        });
    }

    private Optional<UserTable.Row> active(String name) throws IOException {
        return control.users().find(name).filter(user -> !user.disabled());
    }

    private static Principal principal(UserTable.Row user, String csrf, long provedAt) {
        Role role = Role.of(user.role());
        // Whoever administrates sees all, whatever he saw before and will see after.
        Scope scope = role == Role.ADMINISTRATOR ? Scope.allNodes() : scope(user);
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        permissions.addAll(role.permissions());
        if (!scope.all()) {
            // These are about the whole appliance.
            permissions.removeAll(
                    EnumSet.of(Permission.USERS, Permission.SETTINGS, Permission.VAULTS, Permission.AUDIT));
        }
        return new Principal(user.name(), role, permissions, scope, csrf, provedAt);
    }

    /** What was set for a user, whatever his role. */
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

    /** Whether somebody proved himself so lately that he may do what cannot be undone. A token never did. */
    public boolean freshlyProved(Principal principal) {
        long age = clock.millis() - principal.provedAt();
        return age >= 0 && age <= PROOF.toMillis();
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
    public void addUser(String name, String password, Role role, Scope scope) throws IOException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no name of a user: letters, digits and . _ @ -, 63 at most");
        }
        Passwords.requireGood(name, password);
        requireFit(role, scope);
        if (control.users().count() >= MOST_USERS) {
            throw new IllegalArgumentException("there are " + MOST_USERS + " users, the most; remove some first");
        }
        if (!control.users()
                .add(name, LoginCodec.write(Passwords.hash(password)), role.text(), scope.all(), json(scope))) {
            throw new IllegalArgumentException("there is a user '" + name + "' already");
        }
    }

    private static void requireFit(Role role, Scope scope) {
        if (role == Role.ADMINISTRATOR && !scope.all()) {
            throw new IllegalArgumentException("an administrator sees all nodes");
        }
    }

    private static String label(String user) {
        return SECRET + " of " + user;
    }

    private static String json(Scope scope) throws IOException {
        return scope.all() ? "" : JSON.writeValueAsString(scope.names());
    }

    /** All sessions and tokens of the user end. */
    public void setPassword(String name, String password) throws IOException {
        Optional<UserTable.Row> user = control.users().find(name);
        if (user.isPresent() && LoginCodec.read(user.get()) instanceof Login.Provider) {
            throw new IllegalArgumentException(
                    "'" + name + "' signs in by the OpenID provider, and has no password here");
        }
        Passwords.requireGood(name, password);
        control.users().setLogin(name, LoginCodec.write(Passwords.hash(password)));
        control.users().endSessions(name, "");
        // Whoever had the old one may have left some.
        control.users().removeTokens(name);
    }

    /** From now on the user is nobody, or somebody again; what he had open has ended. */
    public void setDisabled(String name, boolean disabled) throws IOException {
        control.users().setDisabled(name, disabled);
        if (disabled) {
            control.users().endSessions(name, "");
            control.users().removeTokens(name);
        }
    }

    /** Counts at once, for sessions that are open too. */
    public void setRole(String name, Role role, Scope scope) throws IOException {
        requireFit(role, scope);
        control.users().setRole(name, role.text(), scope.all(), json(scope));
    }

    /** A second factor to be confirmed by {@link #confirmSecondFactor}; the address is for a QR code. */
    public record Offer(String sealed, String uri) {}

    public Offer offerSecondFactor(String name) throws IOException {
        byte[] secret = SecondFactor.newSecret();
        return new Offer(
                HexFormat.of().formatHex(keys.sealControl(label(name), secret)), SecondFactor.uri(name, secret));
    }

    /** @throws RefusedException where the app's code does not fit */
    public void confirmSecondFactor(String name, String sealed, String code) throws IOException {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(sealed);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("this is no offer of this appliance", true);
        }
        long step = SecondFactor.step(opened(name, bytes), code, clock.instant(), 0);
        if (step == 0) {
            throw new RefusedException("the code is wrong; look at the clocks of both", true);
        }
        control.users().setSecondFactor(name, bytes, step);
    }

    private byte[] opened(String name, byte[] sealed) throws RefusedException {
        try {
            return keys.openControl(label(name), sealed);
        } catch (IOException e) {
            throw new RefusedException("this is no offer of this appliance to " + name, true);
        }
    }

    /** Seals all second factors with the newest key. */
    public static void reseal(ControlDb control, VaultKeys keys) throws IOException {
        for (UserTable.Row user : control.users().all()) {
            byte[] sealed = user.totp();
            byte[] resealed = sealed == null ? null : keys.resealControl(label(user.name()), sealed);
            if (resealed != null) {
                control.users().resealSecondFactor(user.name(), resealed);
            }
        }
    }

    public void removeSecondFactor(String name) throws IOException {
        control.users().setSecondFactor(name, null, 0);
    }

    /**
     * Removes a user, with sessions and tokens. Of one of the OpenID provider it stays known which nodes he saw: the provider may let
     * him in again, and then he must not see more.
     *
     * @return whether there was one
     */
    public static boolean removeUser(ControlDb control, String name) throws IOException {
        Optional<UserTable.Row> user = control.users().find(name);
        if (user.isPresent() && LoginCodec.read(user.get()) instanceof Login.Provider login) {
            control.settings().set(KEPT_SCOPE + hash(LoginCodec.write(login)), json(scope(user.get())));
        }
        return control.users().remove(name);
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
        if (control.users().countTokens(owner.user()) >= MOST_TOKENS_OF_USER) {
            throw new IllegalArgumentException(
                    "user '" + owner.user() + "' has " + MOST_TOKENS_OF_USER + " tokens, the most; end some first");
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
