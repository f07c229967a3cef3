package dev.holdfast.control.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The appliance's log: a JSON object a line, in files that take turns. */
public final class ApplianceLog {
    private static final int FILE_BYTES = 16 << 20;
    private static final int FILES = 10;

    private ApplianceLog() {}

    /** From now on everything that is logged in this process goes there too. */
    public static void begin(Path directory, System.Logger.Level level) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        String pattern = directory.toString().replace("%", "%%") + "/appliance.log.%g";
        FileHandler handler = new FileHandler(pattern, FILE_BYTES, FILES, true);
        handler.setFormatter(new Lines());
        handler.setLevel(julLevel(level));
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        Logger own = Logger.getLogger("dev.holdfast");
        own.setLevel(julLevel(level));
        // The JDK keeps loggers by weak references, and with them their levels.
        KEPT.put("dev.holdfast", own);
        quietLibraries();
    }

    /** Lets libraries say only what may be wrong: what they begin with is nobody's business here. */
    public static void quietLibraries() {
        for (String library : List.of("io.javalin", "org.eclipse.jetty", "org.flywaydb")) {
            Logger quiet = Logger.getLogger(library);
            quiet.setLevel(Level.WARNING);
            KEPT.put(library, quiet);
        }
    }

    private static final Map<String, Logger> KEPT = new LinkedHashMap<>();

    private static Level julLevel(System.Logger.Level level) {
        return switch (level) {
            case ALL, TRACE -> Level.FINER;
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARNING -> Level.WARNING;
            case ERROR -> Level.SEVERE;
            case OFF -> Level.OFF;
        };
    }

    /** One record a line. */
    static final class Lines extends Formatter {
        private static final ObjectMapper JSON = new ObjectMapper();

        @Override
        public String format(LogRecord record) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("at", record.getInstant().toString());
            line.put("level", record.getLevel().getName());
            line.put("logger", String.valueOf(record.getLoggerName()));
            line.put("thread", record.getLongThreadID());
            line.put("message", formatMessage(record));
            Throwable thrown = record.getThrown();
            if (thrown != null) {
                line.put("error", String.join("\n", ForeignText.trace(thrown)));
            }
            try {
                return ForeignText.inJson(JSON.writeValueAsString(line)) + "\n";
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
