package dev.holdfast.control.alert;

import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.text.ForeignText;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Properties;

/** Sends mails by the server of a channel. */
public final class MailSender {
    /** For each answer of the server. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private MailSender() {}

    /**
     * Returns once the server has taken it.
     *
     * @param secret the password; empty for none
     */
    public static void send(AlertChannel.Mail mail, String secret, Letter letter) throws IOException {
        String protocol = mail.security() == AlertChannel.Security.TLS ? "smtps" : "smtp";
        Session session = Session.getInstance(properties(mail, "mail." + protocol + "."));
        try (Transport transport = session.getTransport(protocol)) {
            MimeMessage message = message(session, mail, letter);
            if (mail.user().isEmpty()) {
                transport.connect(mail.host(), mail.port(), null, null);
            } else {
                transport.connect(mail.host(), mail.port(), mail.user(), secret);
            }
            transport.sendMessage(message, message.getAllRecipients());
        } catch (MessagingException e) {
            throw new PhrasedException(MailFailure.explain(e, mail));
        }
    }

    private static Properties properties(AlertChannel.Mail mail, String prefix) {
        Properties properties = new Properties();
        properties.put(prefix + "connectiontimeout", Long.toString(PATIENCE.toMillis()));
        properties.put(prefix + "timeout", Long.toString(PATIENCE.toMillis()));
        properties.put(prefix + "writetimeout", Long.toString(PATIENCE.toMillis()));
        properties.put(prefix + "ssl.checkserveridentity", "true");
        if (mail.security() == AlertChannel.Security.STARTTLS) {
            properties.put(prefix + "starttls.required", "true");
        }
        properties.put(prefix + "auth", Boolean.toString(!mail.user().isEmpty()));
        return properties;
    }

    private static MimeMessage message(Session session, AlertChannel.Mail mail, Letter letter)
            throws MessagingException {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(mail.from()));
        for (String to : letter.to()) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(to));
        }
        message.setSubject(
                ForeignText.render(letter.subject()).replace('\n', ' ').replace('\r', ' '), "UTF-8");
        message.setHeader(
                "Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(letter.at().atZone(ZoneOffset.UTC)));
        String html = letter.html();
        if (html == null) {
            message.setText(letter.text(), "UTF-8");
        } else {
            // The last is the one that is preferred.
            MimeMultipart both = new MimeMultipart("alternative", part(letter.text(), "plain"), part(html, "html"));
            message.setContent(both);
        }
        return message;
    }

    private static MimeBodyPart part(String text, String kind) throws MessagingException {
        MimeBodyPart part = new MimeBodyPart();
        part.setText(text, "UTF-8", kind);
        return part;
    }
}
