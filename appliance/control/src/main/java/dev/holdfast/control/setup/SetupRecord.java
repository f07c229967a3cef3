package dev.holdfast.control.setup;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UserTable;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** How far the first setup got, and what of it was confirmed or put off. Safe for use by several threads. */
public final class SetupRecord {
    private static final String STATE = "setup";
    private static final String NAMES = "setup names";
    private static final String STEPS = "setup steps";
    private static final String CONFIRMED = "setup recovery key";
    private static final String GENERATED = "setup password";
    private static final String DISMISSED = "setup dismissed";
    private static final String UNFINISHED = "unfinished";
    private static final String FINISHED = "finished";

    private final ControlDb control;

    public SetupRecord(ControlDb control) {
        this.control = control;
    }

    /**
     * Notes that a setup began.
     *
     * @param names for the appliance's certificate, besides those of the machine
     */
    public void begin(List<String> names) throws IOException {
        write(NAMES, names);
        control.settings().set(STATE, UNFINISHED);
    }

    /** Whether a setup began and did not end. An appliance that {@code init} made has none. */
    public boolean unfinished() throws IOException {
        return control.settings().get(STATE).orElse("").equals(UNFINISHED);
    }

    /** Whether a setup began and ended. */
    public boolean finished() throws IOException {
        return control.settings().get(STATE).orElse("").equals(FINISHED);
    }

    public void finish() throws IOException {
        control.settings().set(STATE, FINISHED);
    }

    /** For the appliance's certificate, besides those of the machine and of the configuration. */
    public List<String> names() throws IOException {
        return read(NAMES);
    }

    /** Whether a step was carried out, or left out on purpose. */
    public boolean done(SetupStep step) throws IOException {
        return read(STEPS).contains(step.name());
    }

    public void finish(SetupStep step) throws IOException {
        add(STEPS, step.name());
    }

    /** Notes that somebody has the recovery key that opens the keyring. It does not count for a later key. */
    public void confirm(Keyring keyring) throws IOException {
        control.settings().set(CONFIRMED, keyring.slotOf(Credential.Kind.RECOVERY_KEY));
    }

    /** Whether somebody confirmed to have the recovery key that opens the keyring now. */
    public boolean confirmed(Keyring keyring) throws IOException {
        return control.settings().get(CONFIRMED).orElse("none").equals(keyring.slotOf(Credential.Kind.RECOVERY_KEY));
    }

    /** Notes that a user's password was made up, and lies in a file. */
    public void generated(UserTable.Row user) throws IOException {
        control.settings().set(GENERATED, user.name() + " " + login(user));
    }

    /** Whether a user's password is still the one that was made up. */
    public boolean hasGenerated(UserTable.Row user) throws IOException {
        return control.settings().get(GENERATED).orElse("").equals(user.name() + " " + login(user));
    }

    private static String login(UserTable.Row user) {
        return HexFormat.of().formatHex(HashAlgorithm.SHA_256.hash(user.login().getBytes(StandardCharsets.UTF_8)));
    }

    /** What somebody decided to leave open. */
    public List<String> dismissed() throws IOException {
        return read(DISMISSED);
    }

    public void dismiss(String point) throws IOException {
        add(DISMISSED, point);
    }

    private void add(String setting, String line) throws IOException {
        List<String> lines = new ArrayList<>(read(setting));
        if (!lines.contains(line)) {
            lines.add(line);
            write(setting, lines);
        }
    }

    private List<String> read(String setting) throws IOException {
        return control.settings()
                .get(setting)
                .map(text -> text.lines().toList())
                .orElse(List.of());
    }

    private void write(String setting, List<String> lines) throws IOException {
        control.settings().set(setting, String.join("\n", lines));
    }
}
