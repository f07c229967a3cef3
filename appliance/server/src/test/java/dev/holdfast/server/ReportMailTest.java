package dev.holdfast.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.report.ReportSchedule;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.usecase.ReportUseCases;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.protocol.phrase.Language;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports on their way to a mail server, which may refuse them. */
class ReportMailTest {
    @TempDir
    private Path work;

    private final BlockingQueue<String> mails = new LinkedBlockingQueue<>();
    private volatile boolean refusing;
    private ServerSocket smtp;
    private StoppedAppliance appliance;
    private UseCases use;
    private ControlDb control;

    @BeforeEach
    void start() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        control = new ControlDb(directory.controlDb());
        control.tokens().add("t", Duration.ofHours(1), null);
        assertThat(control.nodes().enroll("t", "db1", "linux", 8, id -> "f").id())
                .isEqualTo(1);
        appliance = new StoppedAppliance(directory, CredentialFiles.UNATTENDED, silent());
        use = appliance.useCases();
        smtp = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::serve);
        use.alerts()
                .put(
                        Actor.ADMINISTRATOR,
                        "office",
                        new AlertUseCases.NewChannel(
                                null,
                                new AlertUseCases.Mail(
                                        "127.0.0.1",
                                        smtp.getLocalPort(),
                                        "none",
                                        null,
                                        "holdfast@example.com",
                                        List.of("ann@example.com")),
                                "alert",
                                null,
                                null,
                                true,
                                null));
    }

    @AfterEach
    void stop() throws Exception {
        smtp.close();
        appliance.close();
        control.close();
    }

    private static Progress silent() {
        return new Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }

    /** As much of SMTP as mails need. */
    private void serve() {
        while (!smtp.isClosed()) {
            try (Socket socket = smtp.accept()) {
                talk(socket);
            } catch (IOException e) {
                // The test ends, or the client does.
            }
        }
    }

    private void talk(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        say(out, "220 test");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("DATA")) {
                say(out, "354 go on");
                StringBuilder mail = new StringBuilder();
                for (String each = in.readLine(); each != null && !each.equals("."); each = in.readLine()) {
                    mail.append(each).append("\r\n");
                }
                mails.add(mail.toString());
                say(out, "250 taken");
            } else if (line.startsWith("MAIL") && refusing) {
                say(out, "550 the mailbox is full");
            } else if (line.startsWith("QUIT")) {
                say(out, "221 bye");
                return;
            } else {
                say(out, "250 fine");
            }
        }
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private MimeMessage mail() throws Exception {
        String text = mails.poll(20, TimeUnit.SECONDS);
        assertThat(text).isNotNull();
        return new MimeMessage(
                Session.getInstance(new Properties()), new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static ReportSchedule daily(String language, String channel, String... to) {
        return new ReportSchedule(
                "daily", 1, 1, "07:00", "UTC", language, channel, List.of(to), "https://backup.example.com");
    }

    private List<Events.Event> failures() throws IOException {
        return control.events().list(true, 10).stream()
                .filter(each -> each.kind().equals(ReportUseCases.FAILED))
                .toList();
    }

    @Test
    void aReportIsSentAsTextAndHtmlWithTheVerdictOfTheOverview() throws Exception {
        use.reports().schedule(Actor.ADMINISTRATOR, daily("en", "office"));
        assertThat(use.reports()
                        .send(Actor.ADMINISTRATOR, new ReportUseCases.Sending(null, null))
                        .to())
                .containsExactly("ann@example.com");
        MimeMessage mail = mail();
        MimeMultipart parts = (MimeMultipart) mail.getContent();
        assertThat(mail.getContentType()).startsWith("multipart/alternative");
        assertThat(parts.getBodyPart(0).getContentType()).startsWith("text/plain");
        assertThat(parts.getBodyPart(1).getContentType()).startsWith("text/html");
        String text = (String) parts.getBodyPart(0).getContent();
        String html = (String) parts.getBodyPart(1).getContent();
        assertThat(use.overview().overview(Actor.ADMINISTRATOR).verdict().attention())
                .isEqualTo(1);
        for (String each : List.of(text, html)) {
            assertThat(each)
                    .contains("The machine needs attention. The appliance needs attention")
                    .contains("db1 has no plan")
                    .contains("https://backup.example.com/nodes/db1");
        }
        assertThat(mail.getSubject()).contains("The machine needs attention");
        use.reports().send(Actor.ADMINISTRATOR, new ReportUseCases.Sending("weekly", List.of("boss@example.com")));
        assertThat(mail().getAllRecipients()).extracting(Object::toString).containsExactly("boss@example.com");
        assertThat(control.audit().newest(10))
                .anySatisfy(entry -> assertThat(entry.outcome()).isEqualTo("sent to boss@example.com"));
    }

    @Test
    void aReportThatIsDueIsSentOnce() throws Exception {
        use.reports().schedule(Actor.ADMINISTRATOR, daily("zh", "office", "boss@example.com"));
        // What was due before the schedule was made is not made up for.
        use.reports().look(Instant.now());
        assertThat(mails).isEmpty();
        Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
        use.reports().look(tomorrow);
        assertThat(mail().getSubject()).contains("该机器需要关注");
        use.reports().look(tomorrow.plusSeconds(60));
        assertThat(mails).isEmpty();
        assertThat(use.reports().scheduled(Actor.ADMINISTRATOR).sent()).isNotNull();
        assertThat(failures()).isEmpty();
    }

    @Test
    void aReportThatCannotBeSentRaisesOneEventAndIsTriedAgain() throws Exception {
        use.reports().schedule(Actor.ADMINISTRATOR, daily("en", "office"));
        refusing = true;
        Instant due = Instant.now().plus(Duration.ofDays(1));
        use.reports().look(due);
        use.reports().look(due.plusSeconds(60));
        use.reports().look(due.plusSeconds(600));
        assertThat(failures()).singleElement().satisfies(event -> {
            assertThat(event.severity()).isEqualTo(Events.Severity.ALERT);
            assertThat(event.message()).contains("the mailbox is full").contains("report send");
        });
        ReportUseCases.Scheduled failing = use.reports().scheduled(Actor.ADMINISTRATOR);
        assertThat(failing.error()).contains("the mailbox is full");
        assertThat(failing.errorPhrase().in(Language.ZH, ZoneId.of("UTC")))
                .startsWith("邮件服务器 127.0.0.1")
                .contains("the mailbox is full");
        assertThat(use.overview().overview(Actor.ADMINISTRATOR).needs())
                .anySatisfy(need -> assertThat(need.text()).contains("could not be sent"));
        refusing = false;
        use.reports().look(due.plusSeconds(3 * 3600));
        assertThat(mail().getSubject()).contains("Holdfast");
        assertThat(failures()).isEmpty();
        assertThat(use.reports().scheduled(Actor.ADMINISTRATOR).error()).isEmpty();
    }

    @Test
    void aScheduleThatCannotWorkIsRefused() throws Exception {
        for (ReportSchedule each : List.of(
                daily("fr", "office"),
                daily("en", "nowhere"),
                daily("en", "office", "no address"),
                new ReportSchedule("hourly", 1, 1, "07:00", "UTC", "en", "office", List.of(), ""),
                new ReportSchedule("weekly", 8, 1, "07:00", "UTC", "en", "office", List.of(), ""),
                new ReportSchedule("monthly", 1, 31, "07:00", "UTC", "en", "office", List.of(), ""),
                new ReportSchedule("daily", 1, 1, "7 o'clock", "UTC", "en", "office", List.of(), ""),
                new ReportSchedule("daily", 1, 1, "07:00", "Mars/Base", "en", "office", List.of(), ""),
                new ReportSchedule("daily", 1, 1, "07:00", "UTC", "en", "office", List.of(), "javascript:alert(1)"))) {
            assertThatThrownBy(() -> use.reports().schedule(Actor.ADMINISTRATOR, each))
                    .as(each.toString())
                    .isInstanceOf(UseCaseException.class);
        }
        use.alerts().remove(Actor.ADMINISTRATOR, "office");
        assertThatThrownBy(() -> use.reports().send(Actor.ADMINISTRATOR, new ReportUseCases.Sending(null, null)))
                .isInstanceOf(UseCaseException.class)
                .hasMessageContaining("alert mail");
    }
}
