package dev.holdfast.agent.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Questions to a person at a terminal. */
final class Questions {
    private final PrintWriter out;
    private final @Nullable Console console;

    /** @param allowed false where the output is for a program, and nobody is to be asked */
    Questions(PrintWriter out, boolean allowed) {
        this.out = out;
        this.console = allowed ? System.console() : null;
    }

    /** Whether a person can be asked. */
    boolean possible() {
        return console != null && console.isTerminal();
    }

    /** Only the whole word counts. */
    boolean confirm(String question) {
        String answer = ask(question);
        return answer != null && answer.strip().toLowerCase(Locale.ROOT).equals("yes");
    }

    /**
     * One of several, at least one. Enter takes the last.
     *
     * @throws IllegalArgumentException where nobody answers
     */
    int choose(String title, List<String> choices) {
        out.println(title);
        for (int i = 0; i < choices.size(); i++) {
            out.println("  " + (i + 1) + "  " + choices.get(i));
        }
        while (true) {
            String answer = ask("Number [" + choices.size() + "]: ");
            if (answer == null) {
                throw new IllegalArgumentException("nothing was chosen");
            }
            String text = answer.strip();
            if (text.isEmpty()) {
                return choices.size() - 1;
            }
            if (text.matches("[0-9]{1,6}")) {
                int number = Integer.parseInt(text);
                if (number >= 1 && number <= choices.size()) {
                    return number - 1;
                }
            }
            out.println("Give a number from 1 to " + choices.size() + ".");
        }
    }

    private @Nullable String ask(String question) {
        out.flush();
        return console == null ? null : console.readLine("%s", question);
    }
}
