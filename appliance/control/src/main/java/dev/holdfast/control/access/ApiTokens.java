package dev.holdfast.control.access;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Tokens by which programs use the API as one of the users. Safe for use by several threads. */
public final class ApiTokens {
    private static final int MOST_TOKENS_OF_USER = 200;
    private static final Duration LONGEST_TOKEN = Duration.ofDays(366);

    private final ControlDb control;
    private final InstantSource clock;

    ApiTokens(ControlDb control, InstantSource clock) {
        this.control = control;
        this.clock = clock;
    }

    /** A new token, whose secret is told this once. */
    public record NewToken(String id, String secret) {}

    /** @throws IllegalArgumentException where it would have more than its user, or live too long */
    public NewToken add(Principal owner, String description, Set<Permission> wanted, Duration validity)
            throws IOException {
        if (wanted.isEmpty() || !owner.permissions().containsAll(wanted)) {
            throw new PhrasedArgumentException(Phrase.of("token.permissions"));
        }
        if (validity.isNegative() || validity.isZero() || validity.compareTo(LONGEST_TOKEN) > 0) {
            throw new PhrasedArgumentException(Phrase.of("token.days"));
        }
        if (control.users().countTokens(owner.user()) >= MOST_TOKENS_OF_USER) {
            throw new PhrasedArgumentException(
                    Phrase.of("token.limit").with("user", owner.user()).with("most", MOST_TOKENS_OF_USER));
        }
        String id = UUID.randomUUID().toString();
        String secret = Secrets.random("hft_");
        control.users()
                .addToken(
                        Secrets.hash(secret),
                        id,
                        owner.user(),
                        description,
                        wanted.stream().map(Enum::name).sorted().collect(Collectors.joining(",")),
                        clock.millis() + validity.toMillis());
        return new NewToken(id, secret);
    }

    /** Who uses a token; empty for one that has expired, or whose user may not sign in. */
    public Optional<Principal> find(String secret) throws IOException {
        Optional<UserTable.TokenRow> token = control.users().token(Secrets.hash(secret));
        if (token.isEmpty()) {
            return Optional.empty();
        }
        control.users().used(token.get().id());
        Set<Permission> wanted = permissions(token.get().permissions());
        return Principals.active(control, token.get().user()).map(user -> {
            Principal whole = Principals.of(user);
            // The role may have less by now than when the token was made.
            Set<Permission> both = EnumSet.noneOf(Permission.class);
            both.addAll(wanted);
            both.retainAll(whole.permissions());
            return new Principal(whole.user(), whole.role(), both, whole.scope(), "", 0);
        });
    }

    private static Set<Permission> permissions(String text) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        Arrays.stream(text.split(","))
                .filter(each -> !each.isEmpty())
                .forEach(each -> permissions.add(Permission.valueOf(each)));
        return permissions;
    }
}
