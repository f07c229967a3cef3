package dev.holdfast.server.local.setup;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.holdfast.control.policy.Retention;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.vault.VaultAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Answers of a setup in a TOML file. It has no secrets: it names the files that hold them. */
public final class AnswerFile {
    private static final int MAX_BYTES = 64 << 10;
    private static final int MOST_KEPT = 10_000;
    private static final int MOST_TOKEN_MINUTES = 7 * 24 * 60;

    private AnswerFile() {}

    /** An answer file with all keys and what they mean. */
    public static String example() {
        try (InputStream in = AnswerFile.class.getResourceAsStream("answers.toml")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws IllegalArgumentException where it is not valid; the message has the file and the key */
    public static SetupAnswers read(Path file) throws IOException {
        byte[] content;
        try (InputStream in = Files.newInputStream(file)) {
            content = in.readNBytes(MAX_BYTES + 1);
        }
        if (content.length > MAX_BYTES) {
            throw new IllegalArgumentException(file + " is larger than " + MAX_BYTES + " bytes");
        }
        return parse(file.toString(), new String(content, StandardCharsets.UTF_8));
    }

    static SetupAnswers parse(String file, String content) throws IOException {
        JsonNode root;
        try {
            root = new TomlMapper().readTree(content);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new IllegalArgumentException(
                    file + (line > 0 ? ", line " + line : "") + ": " + e.getOriginalMessage()
                            + "; 'setup --example' prints a valid file",
                    e);
        }
        AnswerTable answers = new AnswerTable(file, "", root)
                .knowing(List.of(
                        "profile",
                        "volumes",
                        "names",
                        "passphrase-file",
                        "recovery-sheet",
                        "token-minutes",
                        "administrator",
                        "vault",
                        "mail",
                        "webhook",
                        "plan"));
        return new SetupAnswers(
                answers.text("profile", SetupAnswers.AUTO),
                answers.texts("volumes").stream().map(Path::of).toList(),
                answers.texts("names"),
                answers.path("passphrase-file"),
                Path.of(answers.required("recovery-sheet")),
                administrator(answers),
                vault(answers.table("vault")),
                alerts(answers),
                plan(answers.table("plan")),
                answers.number("token-minutes", SetupAnswers.TOKEN_MINUTES, 1, MOST_TOKEN_MINUTES));
    }

    private static SetupAnswers.Administrator administrator(AnswerTable answers) {
        AnswerTable table = answers.table("administrator");
        if (table == null) {
            throw answers.wrong("administrator", "is missing: write [administrator] with name and password-file");
        }
        table.knowing(List.of("name", "password-file", "new-password-file"));
        Path known = table.path("password-file");
        Path made = table.path("new-password-file");
        if ((known == null) == (made == null)) {
            throw table.wrong("password-file", "or 'new-password-file' must be given, and not both");
        }
        return new SetupAnswers.Administrator(
                table.required("name"),
                known == null ? new Secret.MakeInto(Objects.requireNonNull(made)) : new Secret.InFile(known));
    }

    private static SetupAnswers.@Nullable Vault vault(@Nullable AnswerTable table) {
        if (table == null) {
            return null;
        }
        table.knowing(List.of("url", "region", "endpoint", "network", "addressing", "proxy", "credentials-file"));
        return new SetupAnswers.Vault(
                new VaultAddress(
                        table.required("url"),
                        table.text("region"),
                        table.text("endpoint"),
                        table.text("network"),
                        table.text("addressing"),
                        table.text("proxy")),
                table.path("credentials-file"));
    }

    private static SetupAnswers.@Nullable Alerts alerts(AnswerTable answers) {
        AnswerTable mail = answers.table("mail");
        AnswerTable webhook = answers.table("webhook");
        if (mail != null && webhook != null) {
            throw answers.wrong(
                    "webhook", "and 'mail' exclude each other here; add the other one later: alert webhook");
        }
        if (mail != null) {
            return mail(mail);
        }
        if (webhook == null) {
            return null;
        }
        webhook.knowing(List.of("url", "form", "language", "secret-file", "allow-plain"));
        return new SetupAnswers.Alerts(
                new AlertUseCases.Webhook(webhook.required("url"), webhook.text("form")),
                null,
                webhook.text("language"),
                secret(webhook.path("secret-file")),
                webhook.flag("allow-plain"));
    }

    private static SetupAnswers.Alerts mail(AnswerTable mail) {
        mail.knowing(
                List.of("host", "port", "security", "user", "password-file", "from", "to", "language", "allow-plain"));
        return new SetupAnswers.Alerts(
                null,
                new AlertUseCases.Mail(
                        mail.required("host"),
                        mail.number("port", 587, 1, 65_535),
                        mail.text("security"),
                        mail.text("user"),
                        mail.required("from"),
                        mail.texts("to")),
                mail.text("language"),
                secret(mail.path("password-file")),
                mail.flag("allow-plain"));
    }

    private static @Nullable Secret secret(@Nullable Path file) {
        return file == null ? null : new Secret.InFile(file);
    }

    private static SetupAnswers.@Nullable FirstPlan plan(@Nullable AnswerTable table) {
        if (table == null) {
            return null;
        }
        table.knowing(List.of(
                "name",
                "paths",
                "excludes",
                "schedule",
                "zone",
                "keep-last",
                "keep-daily",
                "keep-weekly",
                "keep-monthly",
                "keep-yearly"));
        return new SetupAnswers.FirstPlan(
                table.text("name", "nightly"),
                table.texts("paths"),
                table.texts("excludes"),
                table.text("schedule", "30 22 * * *"),
                table.text("zone", ZoneId.systemDefault().getId()),
                new Retention(
                        kept(table, "keep-last"),
                        0,
                        kept(table, "keep-daily"),
                        kept(table, "keep-weekly"),
                        kept(table, "keep-monthly"),
                        kept(table, "keep-yearly"),
                        0));
    }

    private static int kept(AnswerTable table, String key) {
        return table.number(key, 0, 0, MOST_KEPT);
    }
}
