package dev.holdfast.control.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.util.encoders.Base32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-11-23T08:00:00Z");
    private ControlDb control;
    private VaultKeys keys;
    private Access access;

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"), () -> now);
        Credential credential = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        keys = Keyring.create(credential).unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]));
        access = new Access(control, keys, () -> now);
        access.users().add("ann", PASSWORD, Role.ADMINISTRATOR, Scope.allNodes());
        access.users().add("ben", PASSWORD, Role.RESTORE_OPERATOR, Scope.of(Set.of("db1")));
    }

    @AfterEach
    void close() throws Exception {
        control.close();
        keys.close();
    }

    private SignedIn signIn(String user, String code) throws IOException {
        return access.passwordSignIn().signIn(user, PASSWORD, code, "127.0.0.1");
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable what) {
        assertThatThrownBy(what).isInstanceOf(SignInRefusedException.class);
    }

    /** The whole table: what a role may do is changed here and there, or not at all. */
    @ParameterizedTest
    @CsvSource({
        "administrator, VIEW BROWSE RESTORE OPERATE PLAN ENROL NODES DESTROY PROTECT VAULTS AUDIT USERS SETTINGS",
        "backup-operator, VIEW BROWSE OPERATE PLAN ENROL NODES PROTECT",
        "restore-operator, VIEW BROWSE RESTORE",
        "viewer, VIEW",
        "auditor, VIEW AUDIT"
    })
    void rolesMayDoWhatTheirTableSays(String role, String permissions) {
        Set<Permission> expected = EnumSet.noneOf(Permission.class);
        for (String each : permissions.split(" ")) {
            expected.add(Permission.valueOf(each));
        }
        assertThat(Role.of(role).permissions()).isEqualTo(expected);
    }

    @Test
    void aSessionLivesUntilItIsIdleOrOldOrEnded() throws IOException {
        String secret = signIn("ben", "").secret();
        Principal ben = access.sessions().find(secret).orElseThrow();
        assertThat(ben.sees("db1")).isTrue();
        assertThat(ben.sees("db2")).isFalse();
        assertThat(ben.may(Permission.DESTROY)).isFalse();
        assertThat(access.sessions().freshlyProved(ben)).isTrue();
        now = now.plus(Duration.ofMinutes(20));
        assertThat(access.sessions()
                        .freshlyProved(access.sessions().find(secret).orElseThrow()))
                .isFalse();
        access.passwordSignIn().proveAgain(secret, PASSWORD, "", "127.0.0.1");
        assertThat(access.sessions()
                        .freshlyProved(access.sessions().find(secret).orElseThrow()))
                .isTrue();
        // Used all the time it lives on, but not for ever.
        for (int i = 0; i < 34; i++) {
            now = now.plus(Duration.ofMinutes(20));
            assertThat(access.sessions().find(secret)).isPresent();
        }
        now = now.plus(Duration.ofMinutes(40));
        assertThat(access.sessions().find(secret)).isEmpty();

        String other = signIn("ben", "").secret();
        now = now.plus(Duration.ofMinutes(31));
        assertThat(access.sessions().find(other)).isEmpty();
        String third = signIn("ben", "").secret();
        access.sessions().end(third);
        assertThat(access.sessions().find(third)).isEmpty();
        assertThat(access.sessions().find("made up")).isEmpty();
    }

    @Test
    void takingARoleAwayCountsForOpenSessionsAndTokens() throws IOException {
        SignedIn ann = signIn("ann", "");
        ApiTokens.NewToken token = access.tokens()
                .add(ann.principal(), "script", EnumSet.of(Permission.VIEW, Permission.DESTROY), Duration.ofDays(3));
        assertThat(access.tokens().find(token.secret()).orElseThrow().may(Permission.DESTROY))
                .isTrue();
        access.users().setRole("ann", Role.VIEWER, Scope.allNodes());
        assertThat(access.sessions().find(ann.secret()).orElseThrow().may(Permission.DESTROY))
                .isFalse();
        assertThat(access.tokens().find(token.secret()).orElseThrow().permissions())
                .containsExactly(Permission.VIEW);
        access.users().setDisabled("ann", true);
        assertThat(access.sessions().find(ann.secret())).isEmpty();
        assertThat(access.tokens().find(token.secret())).isEmpty();
        refused(() -> signIn("ann", ""));
    }

    @Test
    void aTokenIsNoMoreThanItsUserAndExpires() throws IOException {
        Principal ben = signIn("ben", "").principal();
        assertThatThrownBy(() -> access.tokens().add(ben, "x", EnumSet.of(Permission.USERS), Duration.ofDays(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> access.tokens().add(ben, "x", EnumSet.of(Permission.VIEW), Duration.ofDays(999)))
                .isInstanceOf(IllegalArgumentException.class);
        ApiTokens.NewToken token = access.tokens().add(ben, "x", EnumSet.of(Permission.VIEW), Duration.ofDays(1));
        Principal by = access.tokens().find(token.secret()).orElseThrow();
        assertThat(by.byToken()).isTrue();
        assertThat(by.sees("db2")).isFalse();
        assertThat(access.sessions().freshlyProved(by)).isFalse();
        now = now.plus(Duration.ofDays(2));
        assertThat(access.tokens().find(token.secret())).isEmpty();
    }

    @Test
    void guessingLocksLongerAndLonger() throws IOException {
        for (int i = 0; i < 5; i++) {
            refused(() -> access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "127.0.0.1"));
        }
        refused(() -> signIn("ben", ""));
        now = now.plus(Duration.ofSeconds(61));
        refused(() -> access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "127.0.0.1"));
        now = now.plus(Duration.ofSeconds(61));
        refused(() -> signIn("ben", ""));
        now = now.plus(Duration.ofSeconds(61));
        assertThat(signIn("ben", "").principal().user()).isEqualTo("ben");
        refused(() -> access.passwordSignIn().signIn("nobody", PASSWORD, "", "127.0.0.1"));
        // Whoever guesses elsewhere keeps nobody out who knows it.
        for (int i = 0; i < 8; i++) {
            refused(() ->
                    access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "2001:db8:1:2:" + i() + "::1"));
        }
        assertThat(signIn("ben", "").principal().user()).isEqualTo("ben");
        refused(() -> access.passwordSignIn().signIn("ben", PASSWORD, "", "2001:db8:1:2:ffff::1"));
        assertThat(control.audit().newest(50)).anyMatch(entry -> entry.outcome().contains("locked for 60 s"));
    }

    @Test
    void guessesFromManyNetworksKeepAUserOutOfUnknownOnesOnly() throws IOException {
        access = new Access(control, keys, () -> now, 20);
        access.passwordSignIn().signIn("ben", PASSWORD, "", "192.0.2.7");
        access.passwordSignIn().signIn("ann", PASSWORD, "", "192.0.2.8");
        for (int i = 0; i < 20; i++) {
            String address = "2001:db8:0:" + Integer.toHexString(i / 4) + "::1";
            refused(() -> access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", address));
        }
        assertThat(access.passwordSignIn()
                        .signIn("ben", PASSWORD, "", "192.0.2.7")
                        .secret())
                .isNotEmpty();
        refused(() -> access.passwordSignIn().signIn("ben", PASSWORD, "", "198.51.100.1"));
        refused(() -> access.passwordSignIn().signIn("ben", PASSWORD, "", "192.0.2.8"));
        // Whoever guesses from the known network is locked there as before.
        for (int i = 0; i < 5; i++) {
            refused(() -> access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "192.0.2.7"));
        }
        refused(() -> access.passwordSignIn().signIn("ben", PASSWORD, "", "192.0.2.7"));
    }

    @Test
    void attemptsOfStrangersAreCountedInTheAuditLog() throws IOException {
        int before = control.audit().newest(10_000).size();
        for (int i = 0; i < 300; i++) {
            String name = "n".repeat(100) + i;
            refused(() -> access.passwordSignIn().signIn(name, PASSWORD, "", "192.0.2.7"));
            access.providerSignIn().refused("192.0.2.8", "no state " + name);
        }
        assertThat(control.audit().newest(10_000).size() - before).isLessThanOrEqualTo(1 + 2 * 40);
        // Whom somebody tries to be is told apart all the same.
        refused(() -> access.passwordSignIn().signIn("ann", "wrong wrong wrong", "", "192.0.2.9"));
        refused(() -> access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "192.0.2.9"));
        assertThat(control.audit().newest(2))
                .extracting(AuditEntry::actor)
                .containsExactly("user ben at 192.0.2.9", "user ann at 192.0.2.9");
    }

    private int count;

    private int i() {
        return ++count;
    }

    /** One wrong guess, made until there was a turn to check it; returns whether it was refused. */
    private boolean guess() throws Exception {
        while (true) {
            try {
                access.passwordSignIn().signIn("ben", "wrong wrong wrong", "", "127.0.0.1");
                return false;
            } catch (SignInRefusedException e) {
                return true;
            } catch (BusyException e) {
                Thread.sleep(5);
            }
        }
    }

    @Test
    void manyGuessesAtOnceCountAsMany() throws Exception {
        List<Callable<Boolean>> guesses = Collections.nCopies(12, this::guess);
        try (ExecutorService threads = Executors.newFixedThreadPool(guesses.size())) {
            for (Future<Boolean> checked : threads.invokeAll(guesses)) {
                assertThat(checked.get()).as("a wrong password is refused").isTrue();
            }
        }
        refused(() -> signIn("ben", ""));
        now = now.plus(Duration.ofSeconds(50));
        refused(() -> signIn("ben", ""));
    }

    /** Damage of one user's row is that user's alone, and a new password mends it. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "oidc ", "$argon2id$v=19$m=19456,t=2,p=1$*$*"})
    void unreadableLoginConcernsItsUserOnly(String text) throws IOException {
        control.users().setLogin("ben", text);
        refused(() -> signIn("ben", ""));
        assertThat(control.audit().newest(1).getFirst().outcome())
                .isEqualTo("refused: the stored sign-in of the user is unreadable; set a new password");
        assertThat(signIn("ann", "").principal().user()).isEqualTo("ann");
        assertThat(control.users().all()).extracting(UserTable.Row::name).containsExactly("ann", "ben");

        access.users().setPassword("ben", PASSWORD);
        assertThat(signIn("ben", "").principal().user()).isEqualTo("ben");
    }

    @Test
    void anOfferIsOneUsersAlone() throws Exception {
        SecondFactors.Offer offer = access.secondFactors().offer("ann");
        byte[] secret = Base32.decode(offer.uri().replaceAll(".*secret=([A-Z2-7]+)&.*", "$1"));
        refused(() -> access.secondFactors().confirm("ben", offer.sealed(), code(secret)));
    }

    @Test
    void aCodeCountsOnce() throws Exception {
        SecondFactors.Offer offer = access.secondFactors().offer("ann");
        byte[] secret = Base32.decode(offer.uri().replaceAll(".*secret=([A-Z2-7]+)&.*", "$1"));
        refused(() -> access.secondFactors().confirm("ann", offer.sealed(), "000000x"));
        access.secondFactors().confirm("ann", offer.sealed(), code(secret));
        assertThatThrownBy(() -> signIn("ann", ""))
                .isInstanceOfSatisfying(
                        SignInRefusedException.class,
                        e -> assertThat(e.secondFactor()).isTrue());
        refused(() -> signIn("ann", code(secret)));
        now = now.plus(Duration.ofSeconds(60));
        assertThat(signIn("ann", code(secret)).principal().user()).isEqualTo("ann");
        refused(() -> signIn("ann", code(secret)));
        // A password alone tells whether a code is wanted; a wrong one does not.
        assertThatThrownBy(() -> access.passwordSignIn().signIn("ann", "wrong wrong wrong", "", "127.0.0.1"))
                .isInstanceOfSatisfying(
                        SignInRefusedException.class,
                        e -> assertThat(e.secondFactor()).isFalse());
    }

    private String code(byte[] secret) throws Exception {
        var generator = new TimeBasedOneTimePasswordGenerator();
        return generator.generateOneTimePasswordString(new SecretKeySpec(secret, generator.getAlgorithm()), now);
    }

    @Test
    void weakPasswordsAndOddNamesAreRefused() {
        for (String weak : new String[] {"short", "aaaaaaaaaaaaaaaa", "carl-is-my-name"}) {
            assertThatThrownBy(() -> access.users().add("carl", weak, Role.VIEWER, Scope.allNodes()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (String name : new String[] {"", "a b", "<script>", "ann"}) {
            assertThatThrownBy(() -> access.users().add(name, PASSWORD, Role.VIEWER, Scope.allNodes()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
