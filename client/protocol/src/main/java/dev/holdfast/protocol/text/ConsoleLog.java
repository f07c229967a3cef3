package dev.holdfast.protocol.text;

import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What is logged to standard error, and so to the journal: rendered by {@link ForeignText}. */
public final class ConsoleLog extends Formatter {
    /** From now on the console's handlers of this process write so. */
    public static void install() {
        for (Handler each : Logger.getLogger("").getHandlers()) {
            if (each instanceof ConsoleHandler) {
                each.setFormatter(new ConsoleLog());
            }
        }
    }

    @Override
    public String format(LogRecord record) {
        StringBuilder lines = new StringBuilder();
        lines.append(record.getInstant())
                .append(' ')
                .append(record.getLevel().getName())
                .append(' ')
                .append(ForeignText.render(record.getLoggerName()))
                .append(": ")
                .append(ForeignText.render(formatMessage(record)))
                .append('\n');
        if (record.getThrown() != null) {
            ForeignText.trace(record.getThrown())
                    .forEach(line -> lines.append("    ").append(line).append('\n'));
        }
        return lines.toString();
    }
}
