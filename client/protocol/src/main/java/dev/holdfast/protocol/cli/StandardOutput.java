package dev.holdfast.protocol.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Standard output of a command that reports failures: a full disk or a reader that has ended ends the command, and
 * {@link #end} turns a success into a failure where the output was lost. A {@link PrintWriter} hides exceptions of its stream,
 * but not {@link LostException}, which is unchecked. Used by one thread at a time.
 */
public final class StandardOutput extends OutputStream {
    /** Something that was printed did not arrive. */
    public static final class LostException extends UncheckedIOException {
        private LostException(IOException cause) {
            super("standard output cannot be written: " + cause.getMessage(), cause);
        }
    }

    private final OutputStream out;
    private final PrintWriter writer = new PrintWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8), true);
    private volatile @Nullable LostException lost;

    /** The process's own standard output; never closed. */
    public StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out));
    }

    /** @param out not buffered */
    public StandardOutput(OutputStream out) {
        this.out = out;
    }

    /** For text; what is printed is flushed with every line. */
    public PrintWriter writer() {
        return writer;
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        LostException before = lost;
        if (before != null) {
            throw before;
        }
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            LostException failure = new LostException(e);
            lost = failure;
            throw failure;
        }
    }

    /**
     * Flushes what was printed and says so where it did not arrive.
     *
     * @param code what the command would end with
     * @param errors where to say it
     * @return {@code code}, or what {@link #tell} says where it is a success and output was lost
     */
    public int end(int code, PrintWriter errors) {
        try {
            writer.flush();
        } catch (LostException e) {
            // Reported below.
        }
        LostException failure = lost;
        return failure == null || code != ExitCode.OK && code != ExitCode.WARNINGS ? code : tell(failure, errors);
    }

    /**
     * Says that output was lost, unless the process that read it ended first.
     *
     * @return what the command ends with
     */
    public static int tell(LostException failure, PrintWriter errors) {
        if (String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe")) {
            return ExitCode.READER_GONE;
        }
        errors.println("holdfast: " + failure.getMessage());
        errors.flush();
        return ExitCode.FAILED;
    }
}
