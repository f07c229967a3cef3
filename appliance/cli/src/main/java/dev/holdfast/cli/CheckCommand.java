package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.local.StoreMaintenance;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Verifies the store: containers, index, snapshots, and that everything snapshots refer to is there.",
            "Names each damaged file and the snapshots and paths it hurts. Exit code 7 when damage was found.",
            "The appliance must not be running.",
            "With --read-only, nothing is repaired or changed: not even what a crash left open is ended."
        })
final class CheckCommand extends LocalCommand<StoreMaintenance.Report> {
    private static final int HURTS_SHOWN = 20;

    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(names = "--read-data", description = "Also read, decrypt, decompress and rehash every chunk.")
    private boolean readData;

    @Mixin
    private final RescueOptions rescue = new RescueOptions();

    @Override
    StoreMaintenance.Report find() throws Exception {
        PrintWriter err = err();
        try (RescueOptions.Opened opened = rescue.open(data, err)) {
            return new StoreMaintenance(opened.directory(), credentials.files(), Output.progress(err)).check(readData);
        }
    }

    @Override
    int code(StoreMaintenance.Report report) {
        return report.findings().isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
    }

    /** In words. */
    private static String kind(String kind) {
        return switch (kind) {
            case "MISSING_CHUNK" -> "missing chunk";
            case "PAGE" -> "damaged list of files";
            case "CONTROL" -> "damaged control database";
            default -> "damaged " + kind.toLowerCase(Locale.ROOT);
        };
    }

    @Override
    void print(PrintWriter out, StoreMaintenance.Report report) {
        for (StoreMaintenance.Finding finding : report.findings()) {
            out.println(kind(finding.kind()) + ": " + finding.file());
            out.println("  " + finding.what());
            finding.hurts().stream()
                    .limit(HURTS_SHOWN)
                    .forEach(hurt -> out.println(
                            "  hurts " + hurt.path() + " in snapshot " + hurt.snapshot() + " of " + hurt.node()));
            if (finding.hurts().size() > HURTS_SHOWN) {
                out.println("  and " + (finding.hurts().size() - HURTS_SHOWN) + " more paths");
            }
        }
        out.println(
                (report.findings().isEmpty() ? "No damage" : report.findings().size() + " findings") + " in "
                        + report.containers() + " containers, " + report.chunks() + " chunks"
                        + (report.readData() ? " (all read and rehashed)" : "") + ", " + report.snapshots()
                        + " snapshots");
    }
}
