package dev.holdfast.vault.oss;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What opens a bucket. Never printed; as JSON only to be encrypted. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = OssCredentials.Keys.class, name = "keys"),
    @JsonSubTypes.Type(value = OssCredentials.EcsRole.class, name = "ecs-role")
})
public sealed interface OssCredentials {
    /**
     * An access key.
     *
     * @param token of the security token service, for keys that expire; null for lasting ones
     */
    record Keys(String id, String secret, @Nullable String token) implements OssCredentials {
        @Override
        public String toString() {
            return "access key " + (id.length() > 4 ? id.substring(0, 4) + "..." : "");
        }
    }

    /**
     * The RAM role of the cloud instance that this runs on; its keys are fetched, and fetched anew before they expire.
     *
     * @param metadata null for the instance's own metadata service
     */
    record EcsRole(String role, @Nullable String metadata) implements OssCredentials {}

    /**
     * Reads {@code NAME=VALUE} lines: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and, for temporary keys,
     * OSS_SESSION_TOKEN; or OSS_ECS_ROLE alone. {@code #} begins a comment.
     */
    static OssCredentials read(Path file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            String text = line.strip();
            int equals = text.indexOf('=');
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            if (equals < 0) {
                // Not the line itself: it may be the secret.
                throw new IOException(file + " has a line that is no NAME=VALUE");
            }
            values.put(
                    text.substring(0, equals).strip(),
                    text.substring(equals + 1).strip());
        }
        OssCredentials found = of(values);
        if (found == null) {
            throw new IOException(file + " has neither OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET nor OSS_ECS_ROLE");
        }
        return found;
    }

    /** As {@link #read}, from the environment; null where it has none. */
    static @Nullable OssCredentials of(Map<String, String> values) {
        String id = values.get("OSS_ACCESS_KEY_ID");
        String secret = values.get("OSS_ACCESS_KEY_SECRET");
        String role = values.get("OSS_ECS_ROLE");
        if (id != null && secret != null && !id.isEmpty() && !secret.isEmpty()) {
            return new Keys(id, secret, values.get("OSS_SESSION_TOKEN"));
        }
        return role == null || role.isEmpty() ? null : new EcsRole(role, values.get("OSS_ECS_METADATA"));
    }
}
