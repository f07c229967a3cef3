package dev.holdfast.control.db;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * What users answered to retention pauses: that it was an attack. An answer belongs to one pause, and ends with it. Safe for
 * use by several threads.
 */
public final class PauseAnswers {
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final String NAME = "attack.";

    private final Settings settings;

    public PauseAnswers(ControlDb control) {
        this.settings = control.settings();
    }

    /**
     * A user said that it was an attack.
     *
     * @param by who, as the audit log names him
     */
    public record Answer(String by, Instant at, String why) {}

    /** As it is stored; times are ms since 1970. */
    private record Stored(
            @JsonProperty long since,
            @JsonProperty String by,
            @JsonProperty long at,
            @JsonProperty String why) {}

    /** Empty where nobody has answered to this pause of a node. */
    public Optional<Answer> of(int node, Events.Pause pause) throws IOException {
        Optional<String> known = settings.get(NAME + node);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Stored stored = JSON.readValue(known.get(), Stored.class);
        return stored.since == pause.since().toEpochMilli()
                ? Optional.of(new Answer(stored.by, Instant.ofEpochMilli(stored.at), stored.why))
                : Optional.empty();
    }

    public void put(int node, Events.Pause pause, Answer answer) throws IOException {
        Stored stored = new Stored(pause.since().toEpochMilli(), answer.by, answer.at.toEpochMilli(), answer.why);
        settings.set(NAME + node, JSON.writeValueAsString(stored));
    }
}
