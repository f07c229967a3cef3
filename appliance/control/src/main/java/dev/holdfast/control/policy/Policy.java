package dev.holdfast.control.policy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * What is done for a node's snapshots.
 *
 * @param lockDays how long a new snapshot cannot be forgotten; 0 for not at all
 * @param compliance whether nobody, the administrator included, can shorten such a lock
 */
public record Policy(
        @JsonProperty(required = true) Retention keep,
        @JsonProperty(required = true) int lockDays,
        @JsonProperty(required = true) boolean compliance) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** For nodes without a policy: everything stays. */
    public static final Policy NONE = new Policy(Retention.ALL, 0, false);

    public static Policy parse(String json) throws IOException {
        return JSON.readValue(json, Policy.class);
    }

    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
