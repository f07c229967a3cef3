package dev.holdfast.control.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.usecase.SessionUseCases;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sign-in by a provider: floods of begun sign-ins, hostile answers, and what a change of role leaves. */
class OidcTest {
    @TempDir
    Path directory;

    private ControlDb control;
    private VaultKeys keys;
    private HttpServer provider;
    private String issuer;
    private volatile boolean endless;
    private final AtomicInteger asked = new AtomicInteger();

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"));
        keys = Keyring.create(new Credential(Credential.Kind.KEY_FILE, new byte[32]))
                .unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]));
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        issuer = "http://127.0.0.1:" + provider.getAddress().getPort();
        provider.createContext("/", exchange -> {
            asked.incrementAndGet();
            byte[] body = ("{\"issuer\":\"" + issuer + "\",\"authorization_endpoint\":\"" + issuer
                            + "/authorize\",\"token_endpoint\":\"" + issuer + "/token\",\"jwks_uri\":\"" + issuer
                            + "/jwks\",\"subject_types_supported\":[\"public\"],"
                            + "\"response_types_supported\":[\"code\"],"
                            + "\"id_token_signing_alg_values_supported\":[\"RS256\"]}")
                    .getBytes(StandardCharsets.UTF_8);
            if (exchange.getRequestURI().getPath().equals("/token") || endless) {
                exchange.getResponseHeaders().add("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, 0);
                byte[] much = " ".repeat(64 << 10).getBytes(StandardCharsets.UTF_8);
                while (true) {
                    exchange.getResponseBody().write(much);
                }
            }
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        provider.start();
        Oidc.set(
                control,
                keys,
                new Oidc.Provider(
                        issuer,
                        "holdfast",
                        "",
                        "https://console.example.com",
                        "groups",
                        new LinkedHashMap<>(Map.of("admins", "administrator"))),
                "secret");
    }

    @AfterEach
    void close() throws Exception {
        provider.stop(0);
        control.close();
        keys.close();
    }

    @Test
    void aFloodOfBegunSignInsEndsNobodyElses() throws Exception {
        Oidc oidc = new Oidc(control, keys);
        Oidc.Begun honest = oidc.begin(false, "192.0.2.7");
        Oidc.Begun first = oidc.begin(false, "2001:db8::1");
        for (int i = 0; i < 1500; i++) {
            // All of one network.
            oidc.begin(false, "2001:db8::" + Integer.toHexString(i + 2));
        }
        assertThat(asked.get()).as("the provider is asked once").isEqualTo(1);
        assertThatThrownBy(() -> oidc.end(first.state(), "code"))
                .isInstanceOf(SignInRefusedException.class)
                .hasMessageContaining("not begun here");
        // From many networks: those with most lose first.
        for (int i = 0; i < 1500; i++) {
            oidc.begin(false, "198.51." + i % 250 + "." + i / 250);
            if (i % 100 == 0) {
                oidc.begin(false, "2001:db8::" + Integer.toHexString(i + 2));
            }
        }
        Oidc.Begun late = oidc.begin(false, "192.0.2.8");
        // Still known, so that it goes on to the provider, which answers without end.
        assertThatThrownBy(() -> oidc.end(late.state(), "code"))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(SignInRefusedException.class)
                .hasMessageContaining("at most");
        assertThat(honest.state()).isNotEqualTo(late.state());
    }

    @Test
    void anEndlessAnswerIsGivenUp() {
        endless = true;
        assertThatThrownBy(() -> new Oidc(control, keys).begin(false, "192.0.2.7"))
                .isInstanceOf(BusyException.class)
                .hasStackTraceContaining("at most");
    }

    @Test
    void whoWasRemovedAndComesAgainSeesNoMoreThanBefore() throws Exception {
        Access access = new Access(control, keys, InstantSource.system());
        Oidc.Person ann = new Oidc.Person("sso.ann", new Login.Provider("x", "1"), Role.BACKUP_OPERATOR, 0);
        assertThat(access.providerSignIn().signIn(ann, "127.0.0.1").principal().seesAll())
                .isTrue();
        for (Set<String> nodes : List.of(Set.of("db1"), Set.<String>of())) {
            access.users().setRole("sso.ann", Role.BACKUP_OPERATOR, Scope.of(nodes));
            assertThat(Users.remove(control, "sso.ann")).isTrue();
            assertThat(access.providerSignIn()
                            .signIn(ann, "127.0.0.1")
                            .principal()
                            .scope())
                    .isEqualTo(Scope.of(nodes));
        }
        Oidc.Person other = new Oidc.Person("sso.ben", new Login.Provider("x", "2"), Role.BACKUP_OPERATOR, 0);
        assertThat(access.providerSignIn()
                        .signIn(other, "127.0.0.1")
                        .principal()
                        .seesAll())
                .isTrue();
        access.users().setRole("sso.ann", Role.BACKUP_OPERATOR, Scope.allNodes());
        Users.remove(control, "sso.ann");
        assertThat(Users.remove(control, "sso.ann")).isFalse();
        assertThat(access.providerSignIn().signIn(ann, "127.0.0.1").principal().seesAll())
                .isTrue();
    }

    /** Strangers begin sign-ins: a provider that is down is not asked for each, and holds each no longer than the first. */
    @Test
    void aProviderThatFailsIsAskedOnceForMany() throws Exception {
        endless = true;
        Oidc oidc = new Oidc(control, keys);
        List<Future<?>> strangers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                String address = "2001:db8:0:" + i + "::1";
                strangers.add(threads.submit(() -> assertThatThrownBy(() -> oidc.begin(false, address))
                        .isInstanceOf(BusyException.class)
                        .hasMessageContaining("asked again in 10 s")));
            }
        }
        for (Future<?> each : strangers) {
            each.get();
        }
        assertThat(asked.get()).isEqualTo(1);
        Oidc.set(
                control,
                keys,
                new Oidc.Provider(
                        issuer,
                        "another",
                        "",
                        "https://console.example.com",
                        "groups",
                        new LinkedHashMap<>(Map.of("admins", "administrator"))),
                "secret");
        endless = false;
        assertThat(oidc.begin(false, "192.0.2.7").state()).as("other settings").isNotEmpty();
    }

    @Test
    void whoWasAdministratorOnceSeesNoMoreThanBefore() throws Exception {
        Access access = new Access(control, keys, InstantSource.system());
        Oidc.Person operator = new Oidc.Person("sso.ann", new Login.Provider("x", "1"), Role.BACKUP_OPERATOR, 0);
        Oidc.Person boss = new Oidc.Person("sso.ann", new Login.Provider("x", "1"), Role.ADMINISTRATOR, 0);
        access.providerSignIn().signIn(operator, "127.0.0.1");
        access.users().setRole("sso.ann", Role.BACKUP_OPERATOR, Scope.of(Set.of("db1")));
        assertThat(access.providerSignIn()
                        .signIn(operator, "127.0.0.1")
                        .principal()
                        .sees("db2"))
                .isFalse();
        assertThat(access.providerSignIn().signIn(boss, "127.0.0.1").principal().seesAll())
                .isTrue();
        Principal again = access.providerSignIn().signIn(operator, "127.0.0.1").principal();
        assertThat(again.scope()).isEqualTo(Scope.of(Set.of("db1")));
        access.users().setRole("sso.ann", Role.BACKUP_OPERATOR, Scope.of(Set.of()));
        Principal none = access.providerSignIn().signIn(operator, "127.0.0.1").principal();
        assertThat(none.seesAll()).isFalse();
        assertThat(none.sees("db1")).isFalse();
        assertThat(none.may(Permission.AUDIT)).isFalse();
    }

    @Test
    void userWithAnotherLoginIsNotSignedInByTheProvider() throws Exception {
        Access access = new Access(control, keys, InstantSource.system());
        Oidc.Person ann = new Oidc.Person("sso.ann", new Login.Provider("x", "1"), Role.VIEWER, 0);
        access.providerSignIn().signIn(ann, "127.0.0.1");
        assertThat(control.users().find("sso.ann").orElseThrow().login()).isEqualTo("oidc x 1");
        assertThatThrownBy(() -> access.users().setPassword("sso.ann", "correct horse battery"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("signs in by the OpenID provider");
        Oidc.Person stranger = new Oidc.Person("sso.ann", new Login.Provider("x", "2"), Role.ADMINISTRATOR, 0);
        assertThatThrownBy(() -> access.providerSignIn().signIn(stranger, "127.0.0.1"))
                .isInstanceOf(SignInRefusedException.class)
                .hasMessage("there is another user of that name");
        control.users().setLogin("sso.ann", "oidc x");
        assertThatThrownBy(() -> access.providerSignIn().signIn(ann, "127.0.0.1"))
                .isInstanceOf(SignInRefusedException.class)
                .hasMessageContaining("the stored sign-in of user 'sso.ann' is unreadable");
    }

    /** What takes the last way to all data away asks for more than a sign-in of a while ago. */
    @Test
    void whoHasNoPasswordHereMustHaveJustComeFromTheProvider() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-28T08:00:00Z"));
        Access access = new Access(control, keys, now::get);
        SessionUseCases sessions =
                SignIn.of(control, access, new Oidc(control, keys)).sessions();
        Oidc.Person ann = new Oidc.Person(
                "sso.ann",
                new Login.Provider("x", "1"),
                Role.ADMINISTRATOR,
                now.get().toEpochMilli());
        SignedIn signed = access.providerSignIn().signIn(ann, "127.0.0.1");
        sessions.proveNow(signed.principal(), signed.secret(), "", "", "127.0.0.1");
        now.set(now.get().plus(Duration.ofMinutes(3)));
        assertThat(access.sessions().freshlyProved(signed.principal())).isTrue();
        assertThatThrownBy(() -> sessions.proveNow(signed.principal(), signed.secret(), "", "", "127.0.0.1"))
                .isInstanceOf(UseCaseException.class)
                .hasMessageContaining("sign in there once more");
        assertThat(control.audit().newest(1).getFirst().outcome()).startsWith("refused");
    }

    /** Users of earlier releases see what they saw: an empty list meant all nodes there. */
    @Test
    void usersOfEarlierReleasesSeeWhatTheySaw() throws Exception {
        Path old = directory.resolve("old.db");
        String url = "jdbc:sqlite:" + old;
        Flyway.configure()
                .dataSource(url, "", "")
                .locations("classpath:dev/holdfast/control/db/migrations")
                .target("6")
                .load()
                .migrate();
        try (Connection database = DriverManager.getConnection(url);
                Statement statement = database.createStatement()) {
            statement.executeUpdate("INSERT INTO user(name, password, role, nodes, created_at) VALUES"
                    + " ('all', 'x', 'viewer', '', 1), ('some', 'x', 'viewer', '[\"db1\"]', 1)");
        }
        try (ControlDb migrated = new ControlDb(old)) {
            assertThat(Users.scope(migrated.users().find("all").orElseThrow()).all())
                    .isTrue();
            assertThat(Users.scope(migrated.users().find("some").orElseThrow())).isEqualTo(Scope.of(Set.of("db1")));
        }
    }
}
