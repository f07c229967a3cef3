package dev.holdfast.cli;

import dev.holdfast.control.audit.Anchor;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditLimits;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        description = {
            "Lists who read, changed or was refused what, the newest first; or verifies that the log is as it was written.",
            "",
            "A verification reads the whole log, in the database and in files, and compares it with the signed heads in",
            "DATA/audit/heads, in the appliance's logs and in the roots that the journals of its vaults know. It exits with 7",
            "where an entry was altered, removed or reordered, where the end was cut off, or where a file is missing.",
            "",
            "With one of the --keep options it sets how much of the log stays in the control database. What is more goes, once a",
            "day and where it is a tenth over the limits, to signed files DATA/audit/*.hfa, which a verification reads too."
        })
final class AuditCommand extends ControlCommand {
    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(names = "--limit", defaultValue = "100", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--verify", description = "Verify the log instead of listing it.")
    private boolean verify;

    @Option(
            names = "--heads",
            paramLabel = "FILE",
            description = "With --verify: a text that has heads too, such as an exported journal or a copy of"
                    + " DATA/audit/heads kept elsewhere. May be given several times.")
    private List<Path> heads = List.of();

    @Option(
            names = "--vaults",
            description = "With --verify: read the roots in the vaults themselves too. Needs the appliance's keys.")
    private boolean vaults;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--keep-days", paramLabel = "N", description = "1 to 10000; 400 where nobody set it.")
    private @Nullable Integer keepDays;

    @Option(
            names = "--keep-entries",
            paramLabel = "N",
            description = "1000 to 10000000 at most; 250000 where nobody set it.")
    private @Nullable Long keepEntries;

    @Option(
            names = "--keep-megabytes",
            paramLabel = "N",
            description = "1 to 4000 of text at most; 64 where nobody set it.")
    private @Nullable Integer keepMegabytes;

    @Override
    int run(DataDirectory directory, ControlDb control) throws Exception {
        if (keepDays != null || keepEntries != null || keepMegabytes != null) {
            return keep(control);
        }
        return verify ? verify(directory, control) : list(control);
    }

    private int list(ControlDb control) throws IOException {
        List<AuditEntry> entries = control.audit().newest(limit);
        if (json) {
            Output.json(out(), entries);
            return ExitCode.OK;
        }
        for (AuditEntry entry : entries) {
            out().printf(
                            "%s  %-24s %-24s %s  %s%n",
                            Output.time(entry.at()), entry.actor(), entry.action(), entry.object(), entry.outcome());
        }
        return ExitCode.OK;
    }

    private int verify(DataDirectory directory, ControlDb control) throws Exception {
        List<Anchor> anchors = new ArrayList<>(VaultAnchors.known(directory.root(), control));
        List<String> notes = List.of();
        if (vaults) {
            try (Credential credential = credentials.read(directory);
                    VaultKeys keys = directory.keyring().unlock(credential)) {
                VaultAnchors.InVaults read = VaultAnchors.read(control, keys);
                anchors.addAll(read.anchors());
                notes = read.notes();
            }
        }
        AuditReport report = AuditKeeper.verify(
                        control, directory.root(), Authority.loadCertificate(directory.keys()), heads, anchors)
                .noting(notes);
        if (json) {
            Output.json(out(), report);
        } else {
            print(out(), report);
        }
        if (!report.intact()) {
            return ExitCode.DAMAGED;
        }
        return report.notes().isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private static void print(PrintWriter out, AuditReport report) {
        report.findings().forEach(each -> out.println("BROKEN: " + each.message()));
        report.notes().forEach(each -> out.println("note: " + each));
        out.println(report.entries() + " entries up to " + report.last() + " read, " + report.segments()
                + " files among them; compared with " + report.anchors() + " anchors");
        if (!report.newestAnchor().isEmpty()) {
            out.println("newest: " + report.newestAnchor() + "; " + report.unanchored() + " entries are newer");
        }
        out.println(
                report.intact()
                        ? "The audit log is as it was written."
                        : "The audit log is NOT as it was written: "
                                + report.findings().size() + " findings.");
    }

    private int keep(ControlDb control) throws IOException {
        AuditLimits now = AuditLimits.load(control);
        AuditLimits wanted = new AuditLimits(
                keepDays == null ? now.days() : keepDays,
                keepEntries == null ? now.entries() : keepEntries,
                keepMegabytes == null ? now.bytes() : keepMegabytes * 1_000_000L);
        wanted.save(control);
        audit(control, "audit keep", wanted.toString(), "allowed");
        out().println("The control database keeps entries for " + wanted.days() + " days, at most " + wanted.entries()
                + " of them, at most " + ByteText.of(wanted.bytes()) + ".");
        return ExitCode.OK;
    }
}
