package dev.holdfast.protocol.cli;

import picocli.CommandLine.Option;

/** Options that the commands which write a support bundle have in common. */
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

    public boolean dryRun() {
        return dryRun;
    }

    public boolean json() {
        return json;
    }
}
