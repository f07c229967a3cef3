package dev.holdfast.protocol.cli;

/** The exit codes of all commands; documented in the README, relied on by scripts. */
public final class ExitCode {
    public static final int OK = 0;
    /** Completed with warnings; see the report. */
    public static final int WARNINGS = 1;

    public static final int USAGE = 2;
    /** Failed for another reason than those below. */
    public static final int FAILED = 3;
    /** The appliance cannot be reached, or the connection broke. */
    public static final int UNREACHABLE = 4;
    /** Refused: no valid certificate or token, a limit of the appliance reached, a wrong passphrase. */
    public static final int REFUSED = 5;
    /** No such snapshot, path or node. */
    public static final int NOT_FOUND = 6;
    /** Damage was found in stored data. */
    public static final int DAMAGED = 7;
    /** The data directory is used by another process. */
    public static final int IN_USE = 8;
    /** The process that read the output ended first; the code of a program that SIGPIPE ends. */
    public static final int READER_GONE = 128 + 13;

    private ExitCode() {}

    /**
     * Ends this process. A JVM that does not start ends with 1, as {@link #WARNINGS}; the launcher asks for another code
     * for these, in the system property {@code holdfast.warnings}, to tell the two apart, and ends with 1 itself.
     */
    public static void end(int code) {
        System.exit(code == WARNINGS ? Integer.getInteger("holdfast.warnings", WARNINGS) : code);
    }
}
