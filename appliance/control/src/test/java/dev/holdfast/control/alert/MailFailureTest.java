package dev.holdfast.control.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.Events.Severity;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.util.MailConnectException;
import org.eclipse.angus.mail.util.SocketConnectException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MailFailureTest {
    private static final AlertChannel.Mail MAIL = new AlertChannel.Mail(
            "smtp.example.com",
            587,
            AlertChannel.Security.STARTTLS,
            "robot",
            "a@example.com",
            List.of("b@example.com"),
            Severity.WARNING,
            Language.EN);

    static Stream<Arguments> failures() throws Exception {
        return Stream.of(
                Arguments.of(
                        new MailConnectException(new SocketConnectException(
                                "Couldn't connect", new ConnectException("refused"), "smtp.example.com", 587, 20_000)),
                        "cannot be reached"),
                Arguments.of(
                        new MailConnectException(new SocketConnectException(
                                "Couldn't connect", new SocketTimeoutException(), "smtp.example.com", 587, 20_000)),
                        "did not answer in time"),
                Arguments.of(
                        new MessagingException("Unknown SMTP host", new UnknownHostException("smtp.example.com")),
                        "is not known by that name"),
                Arguments.of(
                        new MessagingException("Could not convert socket to TLS", new SSLHandshakeException("PKIX")),
                        "no encrypted connection that can be trusted"),
                Arguments.of(
                        new AuthenticationFailedException("535 5.7.8 Error"),
                        "refused user 'robot' with this password"),
                Arguments.of(
                        new SendFailedException(
                                "Invalid Addresses",
                                new SMTPAddressFailedException(
                                        new InternetAddress("b@example.com"), "RCPT TO", 550, "550 user unknown")),
                        "refused the recipient b@example.com: 550 user unknown"),
                Arguments.of(new AddressException("Missing final '@domain'"), "no mail address"),
                Arguments.of(new MessagingException("STARTTLS is required"), "it may offer no STARTTLS"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyKindOfFailureIsToldInOurWords(MessagingException failure, String told) {
        Phrase why = MailFailure.explain(failure, MAIL);
        assertThat(why.in(Language.ZH, ZoneId.of("UTC")))
                .startsWith("邮件服务器 smtp.example.com:587：")
                .containsPattern("[\\u4e00-\\u9fff]{4,}.*[，；：]");
        assertThat(why.english())
                .startsWith("the mail server smtp.example.com:587 ")
                .contains(told)
                .doesNotContain("Couldn't", "Could not", "PKIX", "Invalid Addresses", "Exception", "timeout 20000");
    }
}
