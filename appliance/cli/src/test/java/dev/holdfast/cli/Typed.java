package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.cli.StandardOutput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Commands of the appliance, run in this process as if they were typed. */
final class Typed {
    private Typed() {}

    /** Runs a command that must end with a code; returns what it printed, messages too. */
    static String run(int code, String... words) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream err = System.err;
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            int ended = ApplianceMain.run(new StandardOutput(printed), words);
            String text = printed.toString(StandardCharsets.UTF_8);
            assertThat(ended).as("%s: %s", Arrays.asList(words), text).isEqualTo(code);
            return text;
        } finally {
            System.setErr(err);
        }
    }
}
