package dev.holdfast.cli;

import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.control.vault.VaultCredentials;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.VaultChecking;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Verifies every object of a vault, in all its copies, against the hashes that were stored with it.",
            "Needs credentials for the bucket, but no key. With --read-data and the recovery key it decrypts and"
                    + " rehashes every chunk as well. What lies in an archive class is counted and not read.",
            "Reading from class IA is charged by OSS, so what lies there is counted too unless --read-charged is given.",
            "Ends with 7 where something is damaged or missing, with 1 where something frozen or charged was not read."
        })
final class VaultCheckCommand implements Callable<Integer> {
    @Mixin
    private final VaultOptions vault = new VaultOptions();

    @Parameters(paramLabel = "URL", description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
    private String url = "";

    @Option(
            names = "--read-charged",
            description =
                    "Read also what lies in class IA of OSS, which charges for it; without, that is only counted, and no"
                            + " copy gives it for a repair.")
    private boolean readCharged;

    @Option(names = "--read-data", description = "Decrypt and rehash too; needs --recovery-key-file.")
    private boolean readData;

    @Option(names = "--recovery-key-file", paramLabel = "F", description = "File with the printed recovery key.")
    private @Nullable Path recoveryKeyFile;

    @Option(
            names = "--repair-from",
            paramLabel = "DIR",
            description =
                    "Store again what is damaged or missing: from its other copy in the vault, from the files in this"
                            + " appliance's data directory, or from the appliance's other vaults; needs"
                            + " --recovery-key-file. The appliance may be running.")
    private @Nullable Path repairFrom;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        VaultAddress address = vault.address(url);
        VaultChecking.Checked checked = new VaultChecking(address, credentials(), Output.progress(err))
                .check(
                        Actor.ADMINISTRATOR,
                        new VaultChecking.Wanted(readCharged, readData, recoveryKeyFile, repairFrom));
        VaultChecking.Report report = checked.report();
        if (json) {
            Output.json(out, report);
        } else {
            report.findings().forEach(out::println);
            out.println("root " + report.root() + ": " + report.objects() + " objects, " + Output.bytes(report.bytes())
                    + (readData ? ", " + report.chunks() + " chunks decrypted and rehashed" : "") + ": "
                    + result(report));
            repaired(out, checked);
            notRead(out, report);
        }
        if (!report.findings().isEmpty()) {
            return ExitCode.DAMAGED;
        }
        return report.frozen() + report.charged() > 0 ? ExitCode.WARNINGS : ExitCode.OK;
    }

    private @Nullable VaultCredentials credentials() throws IOException {
        return url.startsWith("oss:") ? vault.credentials() : null;
    }

    private static String result(VaultChecking.Report report) {
        if (!report.findings().isEmpty()) {
            return report.findings().size() + " DAMAGED OR MISSING";
        }
        return report.frozen() + report.charged() == 0
                ? "all as it was stored"
                : "all that was read is as it was stored";
    }

    private void repaired(PrintWriter out, VaultChecking.Checked checked) {
        if (checked.repaired() > 0) {
            out.println(checked.repaired() + " objects were stored again and checked");
        }
        if (repairFrom != null && checked.lost() > 0) {
            out.println(checked.lost()
                    + " objects that lead to others are lost. The appliance makes them anew with its next upload:"
                    + " " + TypedCommand.appliance(repairFrom, "vault", "upload", "--wait"));
        } else if (!checked.report().findings().isEmpty() && repairFrom == null) {
            out.println("Next: the same with --repair-from DIR, the appliance's data directory, and"
                    + " --recovery-key-file");
        }
    }

    private static void notRead(PrintWriter out, VaultChecking.Report report) {
        if (report.frozen() > 0) {
            out.println(report.frozen() + " objects are frozen in an archive class: they are there with the right"
                    + " size, and were not read");
        }
        if (report.charged() > 0) {
            out.println(report.charged() + " objects, " + Output.bytes(report.chargedBytes())
                    + ", in class IA are there with the right size, and were not read since that is charged"
                    + " (about " + report.chargedCost() + " by list prices, traffic not counted); --read-charged reads"
                    + " them");
        }
        if (report.unknown() > 0) {
            out.println(report.unknown()
                    + " objects that the root does not list: of older roots, of an upload under way, or of one that"
                    + " was cut off");
        }
    }
}
