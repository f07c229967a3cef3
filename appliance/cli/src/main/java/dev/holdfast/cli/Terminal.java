package dev.holdfast.cli;

import java.io.Console;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A person at a terminal, who answers questions. */
interface Terminal {
    /**
     * Asks a question.
     *
     * @throws IOException where there is no further answer
     */
    String ask(String question) throws IOException;

    /** As {@link #ask}, without showing what is typed. */
    String secret(String question) throws IOException;

    /** Null where nobody is there. */
    static @Nullable Terminal ofProcess() {
        Console console = System.console();
        return console == null || !console.isTerminal() ? null : new OfConsole(console);
    }

    /** The terminal of this process. */
    record OfConsole(Console console) implements Terminal {
        @Override
        public String ask(String question) throws IOException {
            String typed = console.readLine("%s", question);
            if (typed == null) {
                throw ended();
            }
            return typed.strip();
        }

        @Override
        public String secret(String question) throws IOException {
            char[] typed = console.readPassword("%s", question);
            if (typed == null) {
                throw ended();
            }
            return new String(typed);
        }
    }

    static IOException ended() {
        return new IOException("the answers ended; rerun the command to resume the setup");
    }
}
