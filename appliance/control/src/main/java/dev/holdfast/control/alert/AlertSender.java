package dev.holdfast.control.alert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.Events.Event;
import dev.holdfast.control.outgoing.Outgoing;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Tells of one event by one channel. Safe for use by several threads. */
public final class AlertSender implements AutoCloseable {
    /** Of what the other side says: it is stored and logged with each attempt. */
    private static final int MOST_REASON_CHARACTERS = 300;

    private static final ObjectMapper JSON = new ObjectMapper();
    /** For a webhook, from the connection to the end of its answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int MOST_ANSWER_BYTES = 64 << 10;

    private final String appliance;
    private final Outgoing http = new Outgoing(PATIENCE, MOST_ANSWER_BYTES, Outgoing.Excess.CUT);

    /** @param appliance how the appliance is called in what it says */
    public AlertSender(String appliance) {
        this.appliance = appliance;
    }

    /**
     * Returns once whoever listens there has taken it.
     *
     * @param secret empty for none
     */
    public void send(AlertChannel channel, String secret, Event event) throws IOException {
        switch (channel) {
            case AlertChannel.Webhook webhook -> post(webhook, secret, event);
            case AlertChannel.Mail mail -> mail(mail, secret, event);
        }
    }

    private AlertText text(AlertChannel channel, Event event) {
        return new AlertText(appliance, channel.language(), event);
    }

    private void post(AlertChannel.Webhook webhook, String secret, Event event) throws IOException {
        boolean dingtalk = webhook.form() == AlertChannel.Form.DINGTALK;
        byte[] body = ForeignText.inJson(JSON.writeValueAsString(
                        dingtalk
                                ? Map.of(
                                        "msgtype",
                                        "text",
                                        "text",
                                        Map.of(
                                                "content",
                                                ForeignText.render(
                                                        text(webhook, event).line())))
                                : generic(event)))
                .getBytes(StandardCharsets.UTF_8);
        String url = webhook.url();
        if (dingtalk && !secret.isEmpty()) {
            long now = System.currentTimeMillis();
            String signature = Base64.getEncoder()
                    .encodeToString(hmac(secret, (now + "\n" + secret).getBytes(StandardCharsets.UTF_8)));
            url += (url.contains("?") ? "&" : "?") + "timestamp=" + now + "&sign="
                    + URLEncoder.encode(signature, StandardCharsets.UTF_8);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!dingtalk && !secret.isEmpty()) {
            request.header("X-Holdfast-Signature", HexFormat.of().formatHex(hmac(secret, body)));
        }
        Outgoing.Answer answer = http.send(request);
        if (answer.status() / 100 != 2) {
            throw new PhrasedException(Phrase.of("alert.webhook-status").with("status", answer.status()));
        }
        if (dingtalk) {
            JsonNode told = JSON.readTree(answer.body());
            if (told == null || !told.has("errcode")) {
                throw new PhrasedException(Phrase.of("alert.dingtalk-unexpected"));
            }
            if (told.path("errcode").asInt() != 0) {
                throw new PhrasedException(Phrase.of("alert.dingtalk-refused")
                        .with("reply", cut(told.path("errmsg").asText())));
            }
        }
    }

    private static String cut(String reason) {
        return reason.length() <= MOST_REASON_CHARACTERS ? reason : reason.substring(0, MOST_REASON_CHARACTERS) + "…";
    }

    /** The text is the English one: who wants another renders the phrase. */
    private Map<String, @Nullable Object> generic(Event event) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("appliance", appliance);
        body.put("event", event.id());
        body.put("at", Moments.text(event.at()));
        body.put("severity", event.severity().name().toLowerCase(java.util.Locale.ROOT));
        body.put("kind", event.kind());
        body.put("node", event.node());
        body.put("message", event.message());
        body.put("phrase", event.phrase());
        return body;
    }

    private static byte[] hmac(String secret, byte[] data) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }

    private void mail(AlertChannel.Mail mail, String secret, Event event) throws IOException {
        AlertText text = text(mail, event);
        MailSender.send(
                mail,
                secret,
                new Letter(
                        mail.to(),
                        text.subject(),
                        event.at(),
                        ForeignText.render(text.line()) + "\n\n" + text.foot() + "\n",
                        null));
    }

    @Override
    public void close() {
        http.close();
    }
}
