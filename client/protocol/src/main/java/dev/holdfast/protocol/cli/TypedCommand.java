package dev.holdfast.protocol.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * Commands of this product that messages tell people to run: with the option that says on what, and with each word quoted, so
 * that they can be typed into a shell. Words in capitals are for people to replace.
 */
public final class TypedCommand {
    /** How this process was started, which is how a person on this machine starts the product. */
    private static final String PROGRAM = System.getProperty("holdfast.command", "holdfast");

    private TypedCommand() {}

    /** The second name that the package of the appliance has for the product. */
    private static final String APPLIANCE = "holdfast-appliance";

    /** A command of the client on this machine that has its state in this directory. */
    public static String client(Path state, String... words) {
        return join(ShellWord.of(PROGRAM) + " --state " + ShellWord.of(absolute(state)), List.of(words));
    }

    /** A command of the appliance on this machine that has its data in this directory. */
    public static String appliance(Path data, String... words) {
        String program = isPackaged() ? "" : " appliance";
        return join(ShellWord.of(PROGRAM) + program, List.of(words)) + " --data " + ShellWord.of(absolute(data));
    }

    /** A command for another machine, of which nothing is known: options that depend on it are among the words. */
    public static String elsewhere(String... words) {
        return join("holdfast", List.of(words));
    }

    /** As {@link #elsewhere}, of an appliance that is installed as this one is. */
    public static String applianceElsewhere(String... words) {
        return join(isPackaged() ? APPLIANCE : "holdfast appliance", List.of(words));
    }

    private static boolean isPackaged() {
        return PROGRAM.endsWith(APPLIANCE);
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private static String join(String start, List<String> words) {
        StringBuilder typed = new StringBuilder(start);
        words.forEach(word -> typed.append(' ').append(ShellWord.of(word)));
        return typed.toString();
    }
}
