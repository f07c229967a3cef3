package dev.holdfast.server.local.setup;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.FirstVolumes;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.usecase.AlertUseCases;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.store.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be wrong with the answers to later steps, as far as it shows before there is an appliance. */
final class StepCheck {
    private final Path data;
    private final boolean interrupted;

    /** @param interrupted whether files of an earlier attempt may be there */
    StepCheck(Path data, boolean interrupted) {
        this.data = data.toAbsolutePath().normalize();
        this.interrupted = interrupted;
    }

    void check(
            SetupAnswers answers, List<FirstVolumes.Looked> volumes, FirstSetup.Faults faults, List<String> warnings) {
        if (answers.passphraseFile() != null) {
            Path file = answers.passphraseFile();
            faults.check(() -> CredentialFiles.passphrase(file).close());
        }
        if (answers.recoverySheet() != null) {
            requireNew(answers.recoverySheet(), "recovery sheet", faults);
        }
        if (answers.administrator().password() instanceof Secret.MakeInto into) {
            requireNew(into.file(), "new password", faults);
        }
        vault(answers.vault(), volumes, faults, warnings);
        SetupAnswers.Alerts alerts = answers.alerts();
        if (alerts != null) {
            faults.check(() -> AlertUseCases.check(alerts.channel()));
        }
        SetupAnswers.FirstPlan plan = answers.plan();
        if (plan != null) {
            faults.check(() -> {
                NameForm.PLAN.require(plan.name());
                plan.plan().check(Instant.now());
            });
        }
    }

    /** A file that is written: nobody's is overwritten, but that of an attempt that came to nothing. */
    private void requireNew(Path file, String what, FirstSetup.Faults faults) {
        Path path = file.toAbsolutePath().normalize();
        Path directory = path.getParent();
        if (path.startsWith(data)) {
            faults.add(
                    "the " + what + " must not be in the data directory " + data + "; name another file than " + path);
        } else if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
            faults.add("the file " + path + " for the " + what + " cannot be made by user "
                    + System.getProperty("user.name") + "; name a file in a directory where this user may write");
        } else if (Files.exists(path) && !interrupted) {
            faults.add(path + " exists already; name a new file for the " + what + ", or move this one away");
        }
    }

    private static void vault(
            SetupAnswers.@Nullable Vault vault,
            List<FirstVolumes.Looked> volumes,
            FirstSetup.Faults faults,
            List<String> warnings) {
        if (vault == null) {
            return;
        }
        faults.check(() -> {
            var settings = vault.address().settings(VaultPolicy.DEFAULT);
            if (settings.oss() != null) {
                VaultCredentials found = VaultCredentials.read(vault.credentialsFile());
                if (found == null) {
                    throw new IllegalArgumentException(
                            "the vault " + vault.address().url()
                                    + " needs credentials; name a file with them, or set OSS_ACCESS_KEY_ID and"
                                    + " OSS_ACCESS_KEY_SECRET");
                }
                found.oss();
                return;
            }
            warnings.addAll(sameDisk(Path.of(vault.address().url().replaceFirst("^file://", "")), volumes));
        });
    }

    private static List<String> sameDisk(Path vault, List<FirstVolumes.Looked> volumes) throws IOException {
        Object fileSystem = Files.getFileStore(LocalDisk.nearestExisting(vault));
        for (FirstVolumes.Looked each : volumes) {
            if (Files.getFileStore(LocalDisk.nearestExisting(each.path())).equals(fileSystem)) {
                return List.of("the vault " + vault + " is on the same file system as the volume " + each.path()
                        + ": it is lost together with it. Is the NAS mounted?");
            }
        }
        return List.of();
    }
}
