package dev.holdfast.agent.cli;

import dev.holdfast.agent.progress.Progress;
import dev.holdfast.protocol.text.ForeignText;
import java.io.PrintStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows how far an operation is: a line that renews itself on a terminal, else a plain line now and then. Standard error,
 * so that output can be piped.
 */
final class ProgressLine implements AutoCloseable {
    private static final int TERMINAL_MILLIS = 200;
    private static final int PLAIN_MILLIS = 10_000;

    private final PrintStream err = System.err;
    private final boolean terminal;
    private final Supplier<Progress> source;
    private final long began = System.nanoTime();
    private final @Nullable Thread thread;
    private volatile boolean closed;

    ProgressLine(boolean quiet, Supplier<Progress> source) {
        this.source = source;
        this.terminal = onTerminal();
        this.thread = quiet ? null : Thread.ofVirtual().start(this::run);
    }

    static boolean onTerminal() {
        return System.console() != null && System.console().isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    private void run() {
        try {
            while (!closed) {
                Thread.sleep(terminal ? TERMINAL_MILLIS : PLAIN_MILLIS);
                show();
            }
        } catch (InterruptedException e) {
            // Over.
        }
    }

    private synchronized void show() {
        if (closed) {
            return;
        }
        Progress now = source.get();
        long millis = (System.nanoTime() - began) / 1_000_000;
        StringBuilder line = new StringBuilder();
        if (now.total() > 0) {
            line.append(Math.min(100, now.done() * 100 / now.total())).append("%  ");
        }
        line.append(Output.bytes(now.done()));
        if (now.total() > 0) {
            line.append(" of ").append(Output.bytes(now.total()));
        }
        line.append("  ").append(Output.rate(now.done(), millis)).append("  ").append(now.text());
        if (now.total() > now.done() && now.done() > 0) {
            long left = (long) ((double) millis / now.done() * (now.total() - now.done()));
            line.append("  ").append(Output.duration(left)).append(" left");
        }
        if (terminal) {
            err.print("\r\033[K" + ForeignText.render(line));
            err.flush();
        } else {
            err.println(ForeignText.render(line));
        }
    }

    /** Prints a line between the renewals. */
    synchronized void note(String line) {
        err.println((terminal && thread != null ? "\r\033[K" : "") + ForeignText.render(line));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
            if (terminal) {
                err.print("\r\033[K");
                err.flush();
            }
        }
    }
}
