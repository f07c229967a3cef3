package dev.holdfast.control.vault;

import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.vault.oss.OssCredentials;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What opens a bucket, as people give it: an access key, or the RAM role of the cloud instance that the appliance runs on. Never
 * printed.
 *
 * @param token of the security token service, for keys that expire
 * @param metadata another metadata service than the instance's own
 */
public record VaultCredentials(
        @Bound(characters = 200) @Nullable String accessKeyId,
        @Bound(characters = 200) @Nullable String accessKeySecret,
        @Bound(characters = 10_000) @Nullable String token,
        @Bound(characters = 200) @Nullable String ecsRole,
        @Nullable String metadata) {
    /**
     * Reads {@code NAME=VALUE} lines, or the environment variables of these names.
     *
     * @param file null for the environment
     * @return null where the environment has none
     */
    public static @Nullable VaultCredentials read(@Nullable Path file) throws IOException {
        OssCredentials found = file == null ? OssCredentials.of(System.getenv()) : OssCredentials.read(file);
        return switch (found) {
            case null -> null;
            case OssCredentials.Keys keys -> new VaultCredentials(keys.id(), keys.secret(), keys.token(), null, null);
            case OssCredentials.EcsRole role -> new VaultCredentials(null, null, null, role.role(), role.metadata());
        };
    }

    /** @throws IllegalArgumentException where neither a key nor a role is given */
    public OssCredentials oss() {
        if (ecsRole != null) {
            return new OssCredentials.EcsRole(ecsRole, metadata);
        }
        if (accessKeyId == null || accessKeySecret == null) {
            throw new PhrasedArgumentException(Phrase.of("vault.credentials-incomplete"));
        }
        return new OssCredentials.Keys(accessKeyId, accessKeySecret, token);
    }

    @Override
    public String toString() {
        return "credentials of a bucket";
    }
}
