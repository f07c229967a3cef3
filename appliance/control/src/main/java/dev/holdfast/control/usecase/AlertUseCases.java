package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.alert.AlertChannel;
import dev.holdfast.control.alert.AlertSender;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.db.AlertChannels;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Alert channels: who is told of events, by webhook, DingTalk or mail. */
public final class AlertUseCases {
    private static final int DEFAULT_PORT = 587;
    /** A name, or an address of IPv4 or IPv6; no port. */
    private static final Pattern HOST = Pattern.compile(
            "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}._-]*[\\p{L}\\p{N}.])?|(?:[0-9A-Fa-f.]*:){2,}[0-9A-Fa-f.]*(?:%\\w+)?");

    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;

    AlertUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
    }

    /**
     * A channel.
     *
     * @param least events that are less severe are not sent
     * @param language of mails and messages to a DingTalk robot: en or zh
     * @param inTheClear whether the connection is not encrypted
     * @param delivered the last event that was sent, or needed no sending
     * @param error why the next one could not be sent, empty where there is none
     * @param errorPhrase the same for other languages; null where it has no code
     * @param hasSecret whether a secret is stored, which is never told
     * @param webhook where it is one: its URL without the query, which may hold a token
     * @param mail where it is one
     */
    public record Channel(
            String name,
            String target,
            String least,
            String language,
            boolean inTheClear,
            long delivered,
            String error,
            @Nullable Phrase errorPhrase,
            boolean hasSecret,
            @Nullable Webhook webhook,
            @Nullable Mail mail) {}

    public record ChannelList(List<Channel> channels) {}

    /**
     * A channel to be added or changed. One of {@code webhook} and {@code mail} must be given.
     *
     * @param least info, warning or alert; warning where it is missing
     * @param language of mails and messages to a DingTalk robot: en or zh; en where it is missing, or the stored one of a channel
     *     that is kept
     * @param secret signs the requests of a webhook, or is the password of the mail server's user; missing for none
     * @param allowPlain allows a connection that is not encrypted
     * @param keep keeps the stored secret and the stored URL of a webhook where none is given, if it still goes to the same
     *     server and user
     */
    public record NewChannel(
            @Nullable Webhook webhook,
            @Nullable Mail mail,
            @Bound(characters = 20) @Nullable String least,
            @Bound(characters = 5) @Nullable String language,
            @Nullable String secret,
            @Nullable Boolean allowPlain,
            @Nullable Boolean keep) {
        /** With what is kept of a stored channel. */
        private NewChannel keeping(AlertChannel stored) {
            return new NewChannel(
                    stored instanceof AlertChannel.Webhook hook && webhook != null && webhook.url == null
                            ? new Webhook(hook.url(), webhook.form)
                            : webhook,
                    mail,
                    least,
                    language == null ? lower(stored.language()) : language,
                    secret,
                    allowPlain,
                    keep);
        }
    }

    /**
     * An HTTP endpoint.
     *
     * @param url missing for the stored one of a channel that is kept
     * @param form json or dingtalk; json where it is missing
     */
    public record Webhook(
            @Bound(characters = 2000) @Nullable String url,
            @Bound(characters = 20) @Nullable String form) {}

    /**
     * A mail server.
     *
     * @param port 587 where it is missing
     * @param security none, starttls or tls; starttls where it is missing
     * @param user who signs in; missing for nobody
     */
    public record Mail(
            @Bound(characters = 253) String host,
            @Nullable Integer port,
            @Bound(characters = 20) @Nullable String security,
            @Nullable String user,
            @Bound(characters = 320) String from,
            @Bound(characters = 320, items = 50) List<String> to) {}

    /** What was stored, or to what a test was sent. */
    public record Target(String target, boolean inTheClear) {}

    public ChannelList list(Actor actor) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        List<Channel> channels = new ArrayList<>();
        for (AlertChannels.Row each : control.alertChannels().all()) {
            channels.add(shown(each));
        }
        return new ChannelList(channels);
    }

    private Channel shown(AlertChannels.Row row) throws IOException {
        AlertChannel channel = AlertChannel.parse(row.settings());
        return new Channel(
                row.name(),
                channel.target(),
                lower(channel.least()),
                lower(channel.language()),
                channel.inTheClear(),
                row.delivered(),
                row.error(),
                row.errorPhrase(),
                !Alerts.open(engine.keys(), row.secret()).isEmpty(),
                channel instanceof AlertChannel.Webhook hook
                        ? new Webhook(hook.url().replaceFirst("\\?.*", "?…"), lower(hook.form()))
                        : null,
                channel instanceof AlertChannel.Mail mail
                        ? new Mail(
                                mail.host(), mail.port(), lower(mail.security()), mail.user(), mail.from(), mail.to())
                        : null);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Adds or changes a channel. A new one is sent the events from now on. */
    public Target put(Actor actor, String name, NewChannel wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        Draft draft = draft(name, wanted);
        AlertChannel channel = draft.channel;
        try {
            control.alertChannels().put(name, channel.json(), Alerts.seal(engine.keys(), draft.secret));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        audit.note(actor, "alert set", name, channel.target());
        return new Target(channel.target(), channel.inTheClear());
    }

    /** A channel as it is to be, with its secret, which may be empty. */
    private record Draft(AlertChannel channel, String secret) {}

    /** What is wanted, with what is kept of the channel that is stored under the name. */
    private Draft draft(String name, NewChannel wanted) throws IOException {
        String given = Objects.requireNonNullElse(wanted.secret, "");
        if (!Boolean.TRUE.equals(wanted.keep)) {
            return new Draft(checked(wanted), given);
        }
        AlertChannels.Row row = find(name);
        AlertChannel stored = AlertChannel.parse(row.settings());
        AlertChannel channel = checked(wanted.keeping(stored));
        String secret = Alerts.open(engine.keys(), row.secret());
        if (!given.isEmpty() || secret.isEmpty()) {
            return new Draft(channel, given);
        }
        if (!channel.receiver().equals(stored.receiver())) {
            throw UseCaseException.invalid(Phrase.of("alert.secret-of-other")
                    .with("stored", stored.receiver())
                    .with("wanted", channel.receiver()));
        }
        return new Draft(channel, secret);
    }

    /** @throws UseCaseException where it could not be added; whether anybody listens there, only a test tells */
    public static void check(NewChannel wanted) throws UseCaseException {
        checked(wanted);
    }

    private static AlertChannel checked(NewChannel wanted) throws UseCaseException {
        AlertChannel channel = channel(wanted);
        if (channel.inTheClear() && !Boolean.TRUE.equals(wanted.allowPlain)) {
            throw UseCaseException.invalid(Phrase.of("alert.not-encrypted").with("target", channel.target()));
        }
        return channel;
    }

    private static AlertChannel channel(NewChannel wanted) throws UseCaseException {
        Events.Severity least = of(Events.Severity.class, "least", wanted.least, Events.Severity.WARNING);
        Language language = of(Language.class, "language", wanted.language, Language.EN);
        if ((wanted.webhook == null) == (wanted.mail == null)) {
            throw UseCaseException.invalid(Phrase.of("alert.either"));
        }
        return wanted.webhook != null
                ? webhook(wanted.webhook, least, language)
                : mail(Objects.requireNonNull(wanted.mail), least, language);
    }

    private static AlertChannel webhook(Webhook wanted, Events.Severity least, Language language)
            throws UseCaseException {
        String url = Objects.requireNonNullElse(wanted.url, "");
        try {
            URI uri = URI.create(url);
            if (!List.of("https", "http").contains(String.valueOf(uri.getScheme())) || uri.getHost() == null) {
                throw new IllegalArgumentException("has another form");
            }
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.of("alert.no-url").with("url", url));
        }
        return new AlertChannel.Webhook(
                url, of(AlertChannel.Form.class, "form", wanted.form, AlertChannel.Form.JSON), least, language);
    }

    private static AlertChannel mail(Mail wanted, Events.Severity least, Language language) throws UseCaseException {
        int port = wanted.port == null ? DEFAULT_PORT : wanted.port;
        if (port < 1 || port > 65_535) {
            throw UseCaseException.invalid(Phrase.of("alert.mail-port").with("port", port));
        }
        if (blank(wanted.host) || blank(wanted.from) || wanted.to == null || wanted.to.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("alert.mail-incomplete"));
        }
        if (!HOST.matcher(wanted.host).matches()) {
            throw UseCaseException.invalid(Phrase.of("alert.mail-host").with("host", wanted.host));
        }
        requireAddress("from", wanted.from);
        for (String each : wanted.to) {
            requireAddress("to", each);
        }
        return new AlertChannel.Mail(
                wanted.host,
                port,
                of(AlertChannel.Security.class, "security", wanted.security, AlertChannel.Security.STARTTLS),
                Objects.requireNonNullElse(wanted.user, ""),
                wanted.from,
                wanted.to,
                least,
                language);
    }

    /** @throws UseCaseException where a text is no mail address */
    static void requireAddress(String field, @Nullable String text) throws UseCaseException {
        String address = Objects.requireNonNullElse(text, "");
        try {
            InternetAddress[] parsed = InternetAddress.parse(address, true);
            if (parsed.length == 1 && parsed[0].getAddress().matches("[^@]+@[^@]+")) {
                parsed[0].validate();
                return;
            }
        } catch (AddressException e) {
            // Refused below, in our own words.
        }
        throw UseCaseException.invalid(
                Phrase.of("alert.mail-address").with("address", address).with("field", field));
    }

    private static boolean blank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    private static <E extends Enum<E>> E of(Class<E> type, String field, @Nullable String text, E otherwise)
            throws UseCaseException {
        if (text == null) {
            return otherwise;
        }
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Choices.refusal(
                    field,
                    text,
                    Arrays.stream(type.getEnumConstants())
                            .map(each -> each.name().toLowerCase(Locale.ROOT))
                            .toList()));
        }
    }

    private static UseCaseException none(String name) {
        return UseCaseException.notFound(Phrase.of("alert.no-channel").with("channel", name));
    }

    private AlertChannels.Row find(String name) throws IOException {
        return control.alertChannels().all().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> none(name));
    }

    /** Sends a test event to a channel, and returns once whoever listens there has taken it. */
    public Target test(Actor actor, String name) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        AlertChannels.Row row = find(name);
        return send(
                actor, name, new Draft(AlertChannel.parse(row.settings()), Alerts.open(engine.keys(), row.secret())));
    }

    /** As {@link #test}, by a channel as it would be, without storing it. */
    public Target attempt(Actor actor, String name, NewChannel wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        return send(actor, name, draft(name, wanted));
    }

    private Target send(Actor actor, String name, Draft draft) throws IOException {
        AlertChannel channel = draft.channel;
        audit.note(actor, "alert test", name, channel.target());
        Phrase text = Phrase.of("alert.test");
        Events.Event event = new Events.Event(
                0, Instant.now(), Events.Severity.INFO, EventKinds.TEST, "", text.english(), text, null);
        try (AlertSender sender = new AlertSender(HostName.own())) {
            sender.send(channel, draft.secret, event);
        } catch (IOException e) {
            throw UseCaseException.unavailable(Phrase.why(e));
        }
        return new Target(channel.target(), channel.inTheClear());
    }

    /** Removes a channel. */
    public void remove(Actor actor, String name) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        boolean removed = control.alertChannels().remove(name);
        audit.note(actor, "alert remove", name, removed ? "allowed" : "not found");
        if (!removed) {
            throw none(name);
        }
    }
}
