package dev.holdfast.control.alert;

import dev.holdfast.protocol.phrase.Phrase;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.AddressException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.eclipse.angus.mail.util.MailConnectException;
import org.eclipse.angus.mail.util.SocketConnectException;
import org.jspecify.annotations.Nullable;

/** Why a mail was not taken, and what to do about it. The library tells it by types; its texts are for programmers. */
final class MailFailure {
    /** Of failures that are behind one another. */
    private static final int MOST_BEHIND = 10;

    /** Of what the server says. */
    private static final int MOST_REPLY_CHARACTERS = 300;

    private MailFailure() {}

    static Phrase explain(MessagingException failure, AlertChannel.Mail mail) {
        return Phrase.of("mail.failed")
                .with("server", mail.host() + ":" + mail.port())
                .with("reason", reason(failure, mail));
    }

    /** The last of them knows most. */
    private static Phrase reason(MessagingException failure, AlertChannel.Mail mail) {
        Phrase reason = mail.security() == AlertChannel.Security.STARTTLS
                ? Phrase.of("mail.no-answer-starttls")
                : Phrase.of("mail.no-answer");
        @Nullable Throwable each = failure;
        for (int i = 0; each != null && i < MOST_BEHIND; i++) {
            reason = Objects.requireNonNullElse(known(each, mail), reason);
            each = next(each);
        }
        return reason;
    }

    private static @Nullable Throwable next(Throwable failure) {
        return switch (failure) {
            case MessagingException m when m.getNextException() != null -> m.getNextException();
            case SocketConnectException s -> s.getException();
            default -> failure.getCause();
        };
    }

    /** Null where the type of a failure tells nothing. */
    private static @Nullable Phrase known(Throwable failure, AlertChannel.Mail mail) {
        return switch (failure) {
            case UnknownHostException _ -> Phrase.of("mail.unknown-host");
            case SocketTimeoutException _ -> Phrase.of("mail.timeout");
            case ConnectException _, NoRouteToHostException _, MailConnectException _ -> Phrase.of("mail.unreachable");
            case SSLException _ -> Phrase.of("mail.no-tls").with("security", security(mail));
            case AuthenticationFailedException _ ->
                Phrase.of("mail.wrong-password").with("user", mail.user());
            case SMTPAddressFailedException a ->
                Phrase.of("mail.recipient-refused")
                        .with("address", String.valueOf(a.getAddress()))
                        .with("reply", reply(a));
            case SMTPSenderFailedException s ->
                Phrase.of("mail.sender-refused")
                        .with("address", String.valueOf(s.getAddress()))
                        .with("reply", reply(s));
            case SMTPSendFailedException s -> Phrase.of("mail.refused").with("reply", reply(s));
            case AddressException _ -> Phrase.of("mail.no-address");
            case IOException _ -> Phrase.of("mail.broken-off").with("security", security(mail));
            default -> null;
        };
    }

    private static String security(AlertChannel.Mail mail) {
        return mail.security().name().toLowerCase(Locale.ROOT);
    }

    /** What the server answered, which is its reason. */
    private static String reply(MessagingException refusal) {
        String reply = String.valueOf(refusal.getMessage()).strip();
        return reply.length() <= MOST_REPLY_CHARACTERS ? reply : reply.substring(0, MOST_REPLY_CHARACTERS) + "…";
    }
}
