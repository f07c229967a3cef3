package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.store.Store;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Verifies the store: containers, index, snapshots, and that everything snapshots refer to is there.",
            "Names each damaged file and the snapshots and paths it hurts. Exit code 7 when damage was found.",
            "The appliance must not be running."
        })
final class CheckCommand implements Callable<Integer> {
    private static final int HURTS_SHOWN = 20;

    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(names = "--read-data", description = "Also read, decrypt, decompress and rehash every chunk.")
    private boolean readData;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        DataDirectory directory = data.open();
        IndexRecovery.Progress progress = Output.recovery(err);
        Checker.Report report;
        try (AutoCloseable lock = directory.lock();
                Credential credential = credentials.read(directory);
                VaultKeys vault = directory.keyring().unlock(credential);
                Store store = new Store(directory.storeConfig(), vault, new LocalDisk(), progress)) {
            Objects.requireNonNull(lock);
            report = store.checker().run(readData, progress::step);
        }
        List<Finding> findings = new ArrayList<>(report.findings());
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            for (String fault : control.integrityFaults()) {
                findings.add(
                        new Finding(Finding.Kind.CONTROL, directory.controlDb().toString(), fault, List.of()));
            }
        } catch (IOException e) {
            findings.add(new Finding(
                    Finding.Kind.CONTROL, directory.controlDb().toString(), String.valueOf(e.getMessage()), List.of()));
        }
        report = new Checker.Report(
                report.containers(), report.chunks(), report.snapshots(), report.readData(), findings);
        if (json) {
            Output.json(out, report);
        } else {
            print(out, report);
        }
        return report.findings().isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
    }

    private static void print(PrintWriter out, Checker.Report report) {
        for (Finding finding : report.findings()) {
            out.println(finding.kind() + ": " + finding.file());
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
