package dev.holdfast.protocol.support;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What the commands that write a support bundle have in common: their options, and how a bundle is listed or written. */
public final class BundleOptions {
    private static final int MOST_DAYS = 90;

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "3",
            description = "Of logs and the journal, the last days, 1 to 90. Default: ${DEFAULT-VALUE}.")
    private int days;

    @Option(names = "--with-file-names", description = "Leave in what names files, such as the paths of plans.")
    private boolean fileNames;

    @Option(names = "--dry-run", description = "Only list what would be in it.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /** @throws IllegalArgumentException where it is out of its limits */
    public int days() {
        if (days < 1 || days > MOST_DAYS) {
            throw new IllegalArgumentException("--days is from 1 to " + MOST_DAYS);
        }
        return days;
    }

    public boolean fileNames() {
        return fileNames;
    }

    /**
     * Lists or writes a bundle, and prints what is in it.
     *
     * @param noted told of a bundle that was written, before anything is printed
     */
    public void finish(Bundle bundle, Path output, PrintWriter out, Consumer<Bundle.Written> noted) throws IOException {
        if (dryRun) {
            print(out, bundle.list(), bundle.list());
            return;
        }
        Bundle.Written written = bundle.write(output);
        noted.accept(written);
        print(out, written, written.parts());
        if (!json) {
            out.println(written.file() + ": " + ByteText.of(written.bytes()));
        }
    }

    private void print(PrintWriter out, Object whole, List<Bundle.Listed> parts) throws IOException {
        if (json) {
            out.write(ForeignText.inJson(
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(whole)));
            out.println();
            return;
        }
        for (Bundle.Listed each : parts) {
            out.printf("%-24s %s%s%n", each.name(), each.what(), each.note().isEmpty() ? "" : "; " + each.note());
        }
    }
}
