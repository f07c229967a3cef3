package dev.holdfast.server.local.setup;

import dev.holdfast.control.setup.SetupStep;
import dev.holdfast.control.usecase.SetupUseCases;
import dev.holdfast.server.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A setup whose answers are all known: the appliance, then each step that is left. One thread's. */
public final class AnsweredSetup {
    private final FirstSetup setup;
    private final SetupAnswers answers;
    private final Progress progress;

    public AnsweredSetup(FirstSetup setup, SetupAnswers answers, Progress progress) {
        this.setup = setup;
        this.answers = answers;
        this.progress = progress;
    }

    /**
     * What was set up.
     *
     * @param resumed whether an earlier setup was interrupted, and this one made what it left
     * @param recoverySheet the file with the recovery sheet
     * @param recoveryKeyConfirmed whether somebody proved to have the key
     * @param steps that were carried out by this setup
     * @param clients where clients connect, and {@code console} where browsers do; null where no console is served
     * @param start the command that starts the appliance; empty where it is started
     * @param open what is left to do
     */
    public record Result(
            boolean resumed,
            @Nullable String recoverySheet,
            boolean recoveryKeyConfirmed,
            List<String> steps,
            String clients,
            @Nullable String console,
            String token,
            Instant tokenExpiresAt,
            String start,
            List<SetupUseCases.OpenPoint> open) {}

    /**
     * Sets up what is left.
     *
     * @param told each step before it is carried out
     */
    public Result run(Consumer<String> told) throws IOException {
        boolean resumed = setup.state() == FirstSetup.State.UNFINISHED;
        if (!resumed) {
            FirstSetup.Plan plan = setup.check(answers);
            plan.warnings().forEach(progress::warning);
            told.accept("make the appliance, profile " + plan.profile());
            // Nobody is there to type the key: that stays open.
            setup.create(answers, plan, sheet -> false);
        }
        List<String> carriedOut = new ArrayList<>();
        try (SetupSteps steps = setup.steps(answers.passphraseFile(), progress)) {
            for (SetupStep each : SetupStep.values()) {
                if (!steps.done(each) && step(steps, each, told)) {
                    carriedOut.add(each.name().toLowerCase(Locale.ROOT));
                }
            }
            SetupSteps.Finished finished = steps.finish(answers.tokenMinutes());
            FirstSetup.Reached reached = setup.reached();
            Path sheet = answers.recoverySheet();
            return new Result(
                    resumed,
                    sheet == null ? null : sheet.toAbsolutePath().toString(),
                    finished.open().stream()
                            .noneMatch(each -> each.point().equals(SetupUseCases.Point.RECOVERY_KEY.text())),
                    List.copyOf(carriedOut),
                    reached.clients(),
                    reached.console(),
                    finished.token().text(),
                    finished.token().expiresAt(),
                    finished.start(),
                    finished.open());
        }
    }

    /** Returns whether there was an answer. */
    private boolean step(SetupSteps steps, SetupStep step, Consumer<String> told) throws IOException {
        boolean wanted = switch (step) {
            case ADMINISTRATOR -> true;
            case VAULT -> answers.vault() != null;
            case ALERTS -> answers.alerts() != null;
            case PLAN -> answers.plan() != null;
        };
        if (!wanted) {
            steps.skip(step);
            return false;
        }
        switch (step) {
            case ADMINISTRATOR -> {
                told.accept("make the administrator " + answers.administrator().name());
                steps.administrator(answers.administrator());
            }
            case VAULT -> {
                SetupAnswers.Vault vault = Objects.requireNonNull(answers.vault());
                told.accept("try the vault " + vault.address().url());
                steps.vault(vault);
            }
            case ALERTS -> {
                SetupAnswers.Alerts alerts = Objects.requireNonNull(answers.alerts());
                told.accept("send a test message by " + alerts.name());
                steps.alerts(alerts);
            }
            case PLAN -> {
                SetupAnswers.FirstPlan plan = Objects.requireNonNull(answers.plan());
                told.accept("make the plan " + plan.name());
                steps.plan(plan);
            }
        }
        return true;
    }
}
