package dev.holdfast.control.alert;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.AddressException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
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

    static String explain(MessagingException failure, AlertChannel.Mail mail) {
        return "the mail server " + mail.host() + ":" + mail.port() + " " + reason(failure, mail);
    }

    /** The last of them knows most. */
    private static String reason(MessagingException failure, AlertChannel.Mail mail) {
        String reason = "did not answer as a mail server does; check host, port and security"
                + (mail.security() == AlertChannel.Security.STARTTLS ? ": it may offer no STARTTLS" : "");
        @Nullable Throwable each = failure;
        for (int i = 0; each != null && i < MOST_BEHIND; i++) {
            String known = known(each, mail);
            reason = known.isEmpty() ? reason : known;
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

    /** Empty where the type of a failure tells nothing. */
    private static String known(Throwable failure, AlertChannel.Mail mail) {
        return switch (failure) {
            case UnknownHostException _ -> "is not known by that name; check the name, and the DNS of this machine";
            case SocketTimeoutException _ -> "did not answer in time; check host and port, and firewalls on the way";
            case ConnectException _, NoRouteToHostException _, MailConnectException _ ->
                "cannot be reached; check host and port, and firewalls on the way";
            case SSLException _ ->
                "offers no encrypted connection that can be trusted; check its certificate, and whether the port goes with the"
                        + " security " + mail.security().name().toLowerCase(java.util.Locale.ROOT);
            case AuthenticationFailedException _ -> "refused user '" + mail.user() + "' with this password; check both";
            case SMTPAddressFailedException a -> "refused the recipient " + a.getAddress() + told(a);
            case SMTPSenderFailedException s -> "refused the sender " + s.getAddress() + told(s);
            case SMTPSendFailedException s -> "refused the mail" + told(s);
            case AddressException _ ->
                "was not asked: an address of the channel is no mail address; set the channel again";
            case IOException _ ->
                "broke off the connection; check whether the port goes with the security "
                        + mail.security().name().toLowerCase(java.util.Locale.ROOT);
            default -> "";
        };
    }

    /** What the server answered, which is its reason. */
    private static String told(MessagingException refusal) {
        String reply = String.valueOf(refusal.getMessage()).strip();
        return ": "
                + (reply.length() <= MOST_REPLY_CHARACTERS ? reply : reply.substring(0, MOST_REPLY_CHARACTERS) + "…");
    }
}
