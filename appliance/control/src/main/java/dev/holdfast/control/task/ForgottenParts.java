package dev.holdfast.control.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Parts that an administrator wants forgotten, until {@link HardwareWatch} does so: it alone changes what is remembered of parts.
 * In the control database.
 */
public final class ForgottenParts {
    private static final String WANTED = "hardware.forget";
    private static final int MOST = 1000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private ForgottenParts() {}

    public static void add(ControlDb control, HardwareState.Known part) throws IOException {
        List<String> wanted = new ArrayList<>(load(control));
        if (!wanted.contains(part.title()) && wanted.size() < MOST) {
            wanted.add(part.title());
            control.settings().set(WANTED, JSON.writeValueAsString(wanted));
        }
    }

    /** Their titles. */
    static List<String> load(ControlDb control) throws IOException {
        String stored = control.settings().get(WANTED).orElse("");
        try {
            return stored.isEmpty() ? List.of() : JSON.readValue(stored, new TypeReference<List<String>>() {});
        } catch (JsonProcessingException e) {
            return List.of();
        }
    }

    /** Others may have been added since. */
    static void done(ControlDb control, List<String> titles) throws IOException {
        List<String> left = new ArrayList<>(load(control));
        left.removeAll(titles);
        control.settings().set(WANTED, JSON.writeValueAsString(left));
    }
}
