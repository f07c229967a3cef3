package dev.holdfast.server.local.setup;

import dev.holdfast.control.access.Role;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.setup.SetupStep;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.usecase.EnrolmentUseCases;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.SetupUseCases;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.control.usecase.UserUseCases;
import dev.holdfast.control.usecase.VaultSetupUseCases;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.server.Progress;
import dev.holdfast.server.StoppedAppliance;
import java.io.IOException;
import java.util.List;

/** The steps of a setup on an appliance that was just made. Each may be repeated where it was cut off. One thread's. */
public final class SetupSteps implements AutoCloseable {
    private static final Actor ACTOR = Actor.ADMINISTRATOR;

    /** No setup makes more. */
    private static final int MOST_USERS = 1000;

    private final AutoCloseable held;
    private final StoppedAppliance appliance;
    private final UseCases useCases;
    private final ServiceStart start;

    SetupSteps(DataDirectory directory, CredentialFiles credentials, ServiceStart start, Progress progress)
            throws IOException {
        this.start = start;
        held = Refusals.told(directory::lock);
        try {
            appliance = new StoppedAppliance(directory, credentials, progress);
        } catch (IOException | RuntimeException e) {
            release();
            throw e;
        }
        useCases = appliance.useCases();
    }

    /** Whether a step was carried out, or left out on purpose. */
    public boolean done(SetupStep step) throws IOException {
        return useCases.setup().done(ACTOR, step);
    }

    /** Leaves a step out. */
    public void skip(SetupStep step) throws IOException {
        useCases.setup().finish(ACTOR, step);
    }

    /** Makes the first user. */
    public void administrator(SetupAnswers.Administrator wanted) throws IOException {
        String password = wanted.password().text();
        boolean there = useCases.users().list(ACTOR, "", MOST_USERS).users().stream()
                .anyMatch(each -> each.name().equals(wanted.name()));
        if (there) {
            // The step was cut off before it was noted.
            useCases.users().setPassword(ACTOR, wanted.name(), password);
        } else {
            useCases.users()
                    .add(
                            ACTOR,
                            new UserUseCases.NewUser(wanted.name(), password, Role.ADMINISTRATOR.text(), true, null));
        }
        if (wanted.password().made()) {
            useCases.setup().generated(ACTOR, wanted.name());
        }
        useCases.setup().finish(ACTOR, SetupStep.ADMINISTRATOR);
    }

    /** Tries the vault, and configures it. */
    public VaultSetupUseCases.Tried vault(SetupAnswers.Vault wanted) throws IOException {
        boolean bucket = wanted.address().url().startsWith("oss:");
        VaultCredentials credentials = bucket ? VaultCredentials.read(wanted.credentialsFile()) : null;
        VaultSetupUseCases.Tried tried = useCases.vaultSetup()
                .set(
                        ACTOR,
                        VaultRegistry.FIRST,
                        new VaultSetupUseCases.NewVault(wanted.address(), credentials, VaultPolicy.DEFAULT, false));
        useCases.setup().finish(ACTOR, SetupStep.VAULT);
        return tried;
    }

    /** Adds the channel, and sends a test message. It does not stay where nobody takes the message. */
    public AlertUseCases.Target alerts(SetupAnswers.Alerts wanted) throws IOException {
        AlertUseCases alerts = useCases.alerts();
        alerts.put(ACTOR, wanted.name(), wanted.channel());
        AlertUseCases.Target sent;
        try {
            sent = alerts.test(ACTOR, wanted.name());
        } catch (IOException e) {
            alerts.remove(ACTOR, wanted.name());
            throw e;
        }
        useCases.setup().finish(ACTOR, SetupStep.ALERTS);
        return sent;
    }

    /** Makes the plan and, where something is to be forgotten, the policy of the same name. */
    public void plan(SetupAnswers.FirstPlan wanted) throws IOException {
        useCases.plans().set(ACTOR, wanted.name(), wanted.plan());
        Policy policy = wanted.policy();
        if (policy != null) {
            useCases.policies().set(ACTOR, wanted.name(), policy);
        }
        useCases.setup().finish(ACTOR, SetupStep.PLAN);
    }

    /**
     * The end of a setup.
     *
     * @param token for the first client, told this once
     * @param start the command that starts the appliance; empty where it is started
     * @param open what is left to do
     */
    public record Finished(EnrolmentUseCases.Token token, String start, List<SetupUseCases.OpenPoint> open) {}

    /** Makes a token for the first client, and ends the setup. */
    public Finished finish(int tokenMinutes) throws IOException {
        EnrolmentUseCases.Token token =
                useCases.enrolment().create(ACTOR, new EnrolmentUseCases.WantedToken(tokenMinutes, null, null, null));
        List<SetupUseCases.OpenPoint> open = useCases.setup().show(ACTOR).open();
        useCases.setup().finish(ACTOR);
        start.ask();
        return new Finished(token, start.byLauncher() ? "" : start.command(), open);
    }

    private void release() throws IOException {
        try {
            held.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        appliance.close();
        release();
    }
}
