package dev.holdfast.control.alert;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.Events.Severity;
import dev.holdfast.protocol.phrase.Language;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Objects;

/** How somebody is told of events. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = AlertChannel.Webhook.class, name = "webhook"),
    @JsonSubTypes.Type(value = AlertChannel.Mail.class, name = "mail")
})
public sealed interface AlertChannel {
    /** Events that are less severe are not told. */
    Severity least();

    /** In which its texts are; English in settings from before there was a choice. */
    Language language();

    /** Whether the secret, or what is told, crosses a network in the clear. */
    boolean inTheClear();

    /** Whom it reaches, for lists. */
    String target();

    /** Who gets to know the secret: the server, and the user there. */
    String receiver();

    /** What a webhook wants to hear. */
    enum Form {
        JSON,
        /** A robot of a DingTalk group; the secret, if any, signs each request. */
        DINGTALK
    }

    /** An HTTP POST for each event. With a secret, {@code X-Holdfast-Signature} has the HMAC-SHA-256 of a JSON body. */
    record Webhook(
            @JsonProperty(required = true) String url,
            @JsonProperty(required = true) Form form,
            @JsonProperty(required = true) Severity least,
            @JsonProperty Language language)
            implements AlertChannel {
        public Webhook {
            language = Objects.requireNonNullElse(language, Language.EN);
        }

        @Override
        public boolean inTheClear() {
            URI uri = URI.create(url);
            return "http".equalsIgnoreCase(uri.getScheme()) && !loopback(String.valueOf(uri.getHost()));
        }

        @Override
        public String target() {
            // A robot's URL has its token in the query.
            return url.replaceFirst("\\?.*", "?…") + " (" + form.name().toLowerCase(java.util.Locale.ROOT) + ")";
        }

        @Override
        public String receiver() {
            URI uri = URI.create(url);
            return uri.getScheme() + "://" + uri.getAuthority();
        }
    }

    /** How a mail server is spoken to. */
    enum Security {
        NONE,
        STARTTLS,
        TLS
    }

    /**
     * A mail for each event.
     *
     * @param user empty for none; otherwise the secret is the password
     */
    record Mail(
            @JsonProperty(required = true) String host,
            @JsonProperty(required = true) int port,
            @JsonProperty(required = true) Security security,
            @JsonProperty(required = true) String user,
            @JsonProperty(required = true) String from,
            @JsonProperty(required = true) List<String> to,
            @JsonProperty(required = true) Severity least,
            @JsonProperty Language language)
            implements AlertChannel {
        public Mail {
            language = Objects.requireNonNullElse(language, Language.EN);
        }

        @Override
        public boolean inTheClear() {
            return security == Security.NONE && !loopback(host);
        }

        @Override
        public String target() {
            return String.join(", ", to) + " by " + host + ":" + port;
        }

        @Override
        public String receiver() {
            return (user.isEmpty() ? "" : user + " at ") + host + ":" + port
                    + (security == Security.NONE ? " without encryption" : "");
        }
    }

    /** By its text alone: a name may lead elsewhere tomorrow. */
    private static boolean loopback(String host) {
        return host.equalsIgnoreCase("localhost")
                || host.matches("127(\\.[0-9]{1,3}){3}")
                || host.equals("[::1]")
                || host.equals("::1");
    }

    ObjectMapper JSON = new ObjectMapper();

    static AlertChannel parse(String settings) throws IOException {
        return JSON.readValue(settings, AlertChannel.class);
    }

    default String json() {
        try {
            return JSON.writerFor(AlertChannel.class).writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
