package dev.holdfast.control.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class ApplianceLogTest {
    @Test
    void librariesSayOnlyWhatMayBeWrong() {
        ApplianceLog.quietLibraries();
        for (String library : List.of("org.eclipse.jetty.server.Server", "io.javalin.Javalin", "org.flywaydb.core")) {
            Logger logger = Logger.getLogger(library);
            assertThat(logger.isLoggable(Level.INFO)).as(library).isFalse();
            assertThat(logger.isLoggable(Level.WARNING)).as(library).isTrue();
        }
        assertThat(Logger.getLogger("dev.holdfast.quiet").isLoggable(Level.INFO))
                .isTrue();
    }

    @Test
    void aRecordIsOneLineThatCommandsNoTerminalAndIsExact() throws Exception {
        String hostile = "node a\n{\"level\":\"INFO\"}\u001b[2J\u009b\u202e\u2028";
        LogRecord record = new LogRecord(Level.WARNING, hostile);
        record.setThrown(new IOException(hostile, new IllegalStateException(hostile)));
        String line = new ApplianceLog.Lines().format(record);
        assertThat(line).endsWith("\n");
        assertThat(line.strip().codePoints().noneMatch(ForeignText::hidden)).isTrue();
        JsonNode read = new ObjectMapper().readTree(line);
        assertThat(read.path("message").asText()).isEqualTo(hostile);
        assertThat(read.path("error").asText().lines().filter(each -> each.contains("node a")))
                .containsExactly(
                        "java.io.IOException: " + ForeignText.render(hostile),
                        "caused by: java.lang.IllegalStateException: " + ForeignText.render(hostile));
    }
}
