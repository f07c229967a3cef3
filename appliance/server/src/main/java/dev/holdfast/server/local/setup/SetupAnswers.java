package dev.holdfast.server.local.setup;

import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.policy.Retention;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.vault.VaultAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a setup is told.
 *
 * @param profile a name, a path, or {@link #AUTO} for the one that fits the machine
 * @param volumes empty for one inside the data directory
 * @param names by which clients and browsers reach the appliance; the first is shown in commands
 * @param passphraseFile null for a key file, which lets the appliance start unattended
 * @param recoverySheet where the sheet is written; null where it is only shown
 * @param vault null for none, as {@code alerts} and {@code plan}
 * @param tokenMinutes how long the first enrolment token is valid
 */
public record SetupAnswers(
        String profile,
        List<Path> volumes,
        List<String> names,
        @Nullable Path passphraseFile,
        @Nullable Path recoverySheet,
        Administrator administrator,
        @Nullable Vault vault,
        @Nullable Alerts alerts,
        @Nullable FirstPlan plan,
        int tokenMinutes) {
    /** Chooses the profile by the hardware. */
    public static final String AUTO = "auto";

    /** A day. */
    public static final int TOKEN_MINUTES = 24 * 60;

    public SetupAnswers {
        volumes = List.copyOf(volumes);
        names = List.copyOf(names);
    }

    /** The first user of the console. */
    public record Administrator(String name, Secret password) {}

    /** @param credentialsFile null for a directory, and for those in the environment */
    public record Vault(VaultAddress address, @Nullable Path credentialsFile) {}

    /**
     * Who is told of events. One of {@code webhook} and {@code mail} is given.
     *
     * @param language of mails and messages to a DingTalk robot: en or zh; null for en
     * @param secret of the webhook, or the password of the mail server's user; null for none
     */
    public record Alerts(
            AlertUseCases.@Nullable Webhook webhook,
            AlertUseCases.@Nullable Mail mail,
            @Nullable String language,
            @Nullable Secret secret,
            boolean allowPlain) {
        /** What the channel is called. */
        public String name() {
            return mail == null ? "webhook" : "mail";
        }

        AlertUseCases.NewChannel channel() throws IOException {
            return new AlertUseCases.NewChannel(
                    webhook, mail, null, language, secret == null ? null : secret.text(), allowPlain, null);
        }
    }

    /**
     * What is backed up and when, and how long it stays. It is bound to nodes once there are some.
     *
     * @param schedule a cron line, see {@link Schedule}
     */
    public record FirstPlan(
            String name, List<String> paths, List<String> excludes, String schedule, String zone, Retention keep) {
        private static final int JITTER_MINUTES = 30;
        private static final int OVERDUE_MINUTES = 60;
        private static final int SCRIPT_MINUTES = 60;
        private static final int PRIORITY = 5;

        Plan plan() {
            return new Plan(
                    new Plan.What(paths, excludes, false, "", "", SCRIPT_MINUTES),
                    new Plan.When(schedule, zone, List.of(), JITTER_MINUTES, true, OVERDUE_MINUTES),
                    new Plan.How(0, 0, 0, false, PRIORITY));
        }

        /** Whether there is a policy of the same name, by which snapshots are forgotten. */
        public boolean forgets() {
            return policy() != null;
        }

        /** Null where everything stays. */
        @Nullable
        Policy policy() {
            return keep.equals(Retention.ALL) ? null : new Policy(keep, 0, false);
        }
    }
}
