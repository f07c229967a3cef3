package dev.holdfast.cli;

import dev.holdfast.control.policy.Retention;
import dev.holdfast.control.setup.SetupStep;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.server.Progress;
import dev.holdfast.server.local.setup.FirstSetup;
import dev.holdfast.server.local.setup.ProfileChoice;
import dev.holdfast.server.local.setup.RecoverySheet;
import dev.holdfast.server.local.setup.Secret;
import dev.holdfast.server.local.setup.SetupAnswers;
import dev.holdfast.server.local.setup.SetupSteps;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A setup by questions at a terminal. An empty answer is the default, which is in brackets. One thread's. */
final class SetupDialogue {
    private static final int MOST_TRIES = 5;
    private static final String LATER = "later";
    private static final Retention KEEP = new Retention(0, 0, 14, 8, 12, 0, 0);

    private final FirstSetup setup;
    private final Terminal terminal;
    private final SetupText text;
    private final Progress progress;
    private final PrintWriter err;

    SetupDialogue(FirstSetup setup, Terminal terminal, SetupText text, Progress progress, PrintWriter err) {
        this.setup = setup;
        this.terminal = terminal;
        this.text = text;
        this.progress = progress;
        this.err = err;
    }

    void run() throws IOException {
        SetupAnswers.Administrator administrator = null;
        if (setup.state() == FirstSetup.State.NEW) {
            SetupAnswers answers = create();
            administrator = answers.administrator();
        } else {
            say("The setup of " + text.data() + " was interrupted; it resumes.");
        }
        try (SetupSteps steps = setup.steps(null, progress)) {
            SetupAnswers.Administrator given = administrator;
            step(steps, SetupStep.ADMINISTRATOR, () -> {
                steps.administrator(given == null ? administrator(null) : given);
                return true;
            });
            step(steps, SetupStep.VAULT, () -> vault(steps));
            step(steps, SetupStep.ALERTS, () -> alerts(steps));
            AtomicReference<SetupAnswers.@Nullable FirstPlan> plan = new AtomicReference<>();
            step(steps, SetupStep.PLAN, () -> {
                plan.set(plan(steps));
                return plan.get() != null;
            });
            SetupSteps.Finished finished = steps.finish(SetupAnswers.TOKEN_MINUTES);
            FirstSetup.Reached reached = setup.reached();
            say("");
            text.open(finished.open());
            text.end(
                    finished.start(),
                    reached.clients(),
                    reached.console(),
                    finished.token().text(),
                    finished.token().expiresAt(),
                    plan.get());
        }
    }

    // ---- the appliance

    private SetupAnswers create() throws IOException {
        say("Setup of a new appliance in " + text.data() + ". An empty answer is what is in brackets.");
        SetupAnswers answers = null;
        FirstSetup.Plan plan = null;
        while (plan == null || answers == null) {
            try {
                answers = answers(answers);
                plan = setup.check(answers);
            } catch (IllegalArgumentException e) {
                wrong(e);
            }
        }
        say("");
        text.plan(plan);
        if (!yes("Make this appliance?")) {
            throw new IOException("the setup was cancelled; nothing was made");
        }
        setup.create(answers, plan, this::confirmed);
        return answers;
    }

    /** @param before what was answered before and refused; null at first */
    private SetupAnswers answers(@Nullable SetupAnswers before) throws IOException {
        say("");
        say("Directories for backups, each on a file system (disk) of its own.");
        String known = before == null
                ? ""
                : words(before.volumes().stream().map(Path::toString).toList());
        List<Path> volumes = list("Volumes", known, "one in the data directory").stream()
                .map(Path::of)
                .toList();
        ProfileChoice choice = setup.profile(volumes);
        choice.reasons().forEach(this::say);
        String profile = ask("Profile (hdr-1000, hdr-2000, dev, or a file)", choice.profile());
        say("Names and addresses by which clients and browsers reach this appliance, the best one first.");
        List<String> names = list("Names", before == null ? "" : words(before.names()), "this machine's own");
        SetupAnswers.Administrator administrator = administrator(before == null ? null : before.administrator());
        String sheet = ask("File for the recovery sheet, beside showing it here; '-' for none", "-");
        return new SetupAnswers(
                profile,
                volumes,
                names,
                null,
                sheet.equals("-") ? null : Path.of(sheet),
                administrator,
                null,
                null,
                null,
                SetupAnswers.TOKEN_MINUTES);
    }

    private SetupAnswers.Administrator administrator(SetupAnswers.@Nullable Administrator before) throws IOException {
        String name = ask("Name of the administrator, for the console", before == null ? "admin" : before.name());
        while (true) {
            String password = asking(() -> terminal.secret("Password, 12 characters or more: "));
            if (password.equals(asking(() -> terminal.secret("The same again: ")))) {
                return new SetupAnswers.Administrator(name, new Secret.Typed(password));
            }
            say("These were two different passwords.");
        }
    }

    /** Shows the sheet, and has a part of the key typed back. */
    private boolean confirmed(RecoverySheet sheet) throws IOException {
        say("");
        sheet.text().lines().forEach(this::say);
        say("");
        say("Print this sheet or write the key down now: it is not shown again.");
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < MOST_TRIES; i++) {
            List<Integer> asked = sheet.asked(random);
            String typed = terminal.ask("From your copy, type the groups " + asked.getFirst() + " and "
                    + asked.getLast() + " of the key (or '" + LATER + "'): ");
            if (typed.equals(LATER)) {
                break;
            }
            if (sheet.matches(asked, typed)) {
                say("Right.");
                return true;
            }
            say("These are others. Compare your copy with the sheet above.");
        }
        say("Not confirmed: this item stays open.");
        return false;
    }

    // ---- the steps

    private interface Work {
        /** Returns whether it was done rather than left out. */
        boolean run() throws IOException;
    }

    /** Until it succeeds or is left out; what fails is told and asked again. */
    private void step(SetupSteps steps, SetupStep step, Work work) throws IOException {
        while (!steps.done(step)) {
            boolean done;
            try {
                done = work.run();
            } catch (Ended e) {
                throw e;
            } catch (IOException | IllegalArgumentException e) {
                wrong(e);
                continue;
            }
            if (!done) {
                steps.skip(step);
            }
        }
    }

    /** The answers ended, so that nothing can be asked again. */
    static final class Ended extends IOException {
        Ended(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private boolean vault(SetupSteps steps) throws IOException {
        say("");
        say("Vault: copies elsewhere, in a bucket (oss://BUCKET/PREFIX) or a directory of a NAS (file:///DIRECTORY).");
        String url = ask("Vault", "none");
        if (url.equals("none")) {
            return false;
        }
        boolean bucket = url.startsWith("oss:");
        String region = bucket ? ask("Region", "cn-hangzhou") : "";
        String file = bucket ? ask("File with OSS_ACCESS_KEY_ID= and OSS_ACCESS_KEY_SECRET= lines", "environment") : "";
        steps.vault(new SetupAnswers.Vault(
                new VaultAddress(url, bucket ? region : null, null, null, null, null),
                !bucket || file.equals("environment") ? null : Path.of(file)));
        say("The vault can be reached.");
        return true;
    }

    private boolean alerts(SetupSteps steps) throws IOException {
        say("");
        say("Alerts: who is notified of problems.");
        String kind = ask("By mail or webhook", "none");
        SetupAnswers.Alerts alerts;
        switch (kind) {
            case "none" -> {
                return false;
            }
            case "mail" -> alerts = mail();
            case "webhook" -> {
                String url = ask("URL", "");
                String form = ask("Form (json or dingtalk)", "json");
                alerts = new SetupAnswers.Alerts(
                        new AlertUseCases.Webhook(url, form),
                        null,
                        form.equals("dingtalk") ? language() : null,
                        secret("Secret that signs requests, empty for none: "),
                        false);
            }
            default -> throw new IllegalArgumentException("'" + kind + "' is none of mail, webhook, none");
        }
        say("A test message was sent to " + steps.alerts(alerts).target() + ".");
        return true;
    }

    private SetupAnswers.Alerts mail() throws IOException {
        String host = ask("Mail server", "");
        String port = ask("Port", "587");
        if (!port.matches("[1-9]\\d{0,4}")) {
            throw new IllegalArgumentException("'" + port + "' is not a port; enter a number from 1 to 65535");
        }
        String security = ask("Security (starttls, tls or none)", "starttls");
        String user = ask("User at the mail server", "none");
        boolean signs = !user.equals("none");
        Secret password = signs ? secret("Password: ") : null;
        String from = ask("Sender's address", "");
        List<String> to = list("Recipients' addresses", "", "");
        return new SetupAnswers.Alerts(
                null,
                new AlertUseCases.Mail(host, Integer.parseInt(port), security, signs ? user : null, from, to),
                language(),
                password,
                security.equals("none") && yes("Without encryption others on the network can read it. Really?"));
    }

    private String language() throws IOException {
        return ask("Language of the messages (en or zh)", "en");
    }

    private @Nullable Secret secret(String question) throws IOException {
        String typed = asking(() -> terminal.secret(question));
        return typed.isEmpty() ? null : new Secret.Typed(typed);
    }

    private SetupAnswers.@Nullable FirstPlan plan(SetupSteps steps) throws IOException {
        say("");
        say("First plan: what machines back up, for instance /etc /home /var/lib.");
        List<String> paths = list("Directories", "", "no plan");
        if (paths.isEmpty()) {
            return null;
        }
        String schedule = ask("When (minute hour day month weekday)", "30 22 * * *");
        String zone = ask("Time zone", ZoneId.systemDefault().getId());
        boolean forgets = yes("Keep 14 daily, 8 weekly and 12 monthly snapshots, and forget older ones?");
        String name = ask("Name of the plan", "nightly");
        SetupAnswers.FirstPlan plan =
                new SetupAnswers.FirstPlan(name, paths, List.of(), schedule, zone, forgets ? KEEP : Retention.ALL);
        steps.plan(plan);
        return plan;
    }

    // ---- questions

    private interface Asking {
        String ask() throws IOException;
    }

    private static String asking(Asking asking) throws Ended {
        try {
            return asking.ask();
        } catch (IOException e) {
            throw new Ended(e);
        }
    }

    private String ask(String question, String otherwise) throws IOException {
        String typed =
                asking(() -> terminal.ask(question + (otherwise.isEmpty() ? "" : " [" + otherwise + "]") + ": "));
        return typed.isEmpty() ? otherwise : typed;
    }

    /**
     * Words with spaces between them.
     *
     * @param otherwise in brackets where nothing was answered before, and means an empty list
     */
    private List<String> list(String question, String before, String otherwise) throws IOException {
        String typed = ask(question + ", separated by spaces", before.isEmpty() ? otherwise : before);
        return typed.equals(otherwise) || typed.isEmpty()
                ? List.of()
                : Arrays.stream(typed.strip().split("\\s+")).toList();
    }

    private static String words(List<String> all) {
        return String.join(" ", all);
    }

    private boolean yes(String question) throws IOException {
        String typed = ask(question + " yes or no", "yes");
        return typed.equals("yes") || typed.equals("y");
    }

    private void wrong(Exception e) {
        err.println("holdfast: " + Failure.message(e));
        err.flush();
    }

    private void say(String line) {
        text.out().println(line);
        text.out().flush();
    }
}
